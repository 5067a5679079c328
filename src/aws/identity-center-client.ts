// The SDK clients of IAM Identity Center and Identity Store. They never retry: a retry inside the SDK would spend the
// organisation's shared quota behind the back of the call budget.

import { IdentitystoreClient, type IdentitystoreClientConfig } from '@aws-sdk/client-identitystore';
import { type ListPermissionSetsCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { inSpan } from '../trace.ts';
import { ANSWER_MAX_BYTES, type ClientLimits, createBoundedClient } from './bounded-client.ts';
import type { DateHook } from './bounded-handler.ts';
import type { ReadCommand } from './read-live.ts';
import type { WriteCommand } from './write-live.ts';

export type IdentityCenterClientOptions = {
  readonly region: string;
  /** Where the services answer, if not at AWS. The SDK's `AWS_ENDPOINT_URL_<SERVICE>` variables work as well. */
  readonly endpoints?: { readonly ssoAdmin?: string; readonly identityStore?: string };
  /** The SDK's own chain unless given. */
  readonly credentials?: NonNullable<IdentitystoreClientConfig['credentials']>;
  /** 10 s for a whole answer unless given. */
  readonly limits?: Partial<ClientLimits>;
  /** Hears the date of every answer. */
  readonly dates?: DateHook;
};

export type IdentityCenterClients = {
  readonly ssoAdmin: SSOAdminClient;
  readonly identityStore: IdentitystoreClient;
};

/** A time-out throws `TimeoutError`, which leaves open whether AWS acted. Answers normally come within half a second. */
const LIMITS: ClientLimits = {
  connectMs: 2_000,
  attemptMs: 10_000,
  attemptsMax: 1,
  callMs: 10_000,
  answerMaxBytes: ANSWER_MAX_BYTES,
};

export function createIdentityCenterClients({
  region,
  endpoints = {},
  credentials,
  limits = {},
  dates,
}: IdentityCenterClientOptions): IdentityCenterClients {
  const shared = { region, ...(credentials === undefined ? {} : { credentials }) };
  const bounds = { ...LIMITS, ...limits, attemptsMax: 1 };
  return {
    ssoAdmin: createBoundedClient(
      SSOAdminClient,
      { ...shared, ...endpoint(endpoints.ssoAdmin) },
      bounds,
      dates,
    ),
    identityStore: createBoundedClient(
      IdentitystoreClient,
      { ...shared, ...endpoint(endpoints.identityStore) },
      bounds,
      dates,
    ),
  };
}

/** What reader and writer send through. A reader is given it as a function of read commands, and can only read. */
export function sendThrough(
  client: Pick<SSOAdminClient, 'send'>,
): (command: ReadCommand | WriteCommand) => Promise<unknown> {
  // `send` is overloaded once for every command and takes no union of them: any one of them stands for all.
  return (command) =>
    inSpan(command.constructor.name.replace(/Command$/, ''), {}, () =>
      client.send(command as ListPermissionSetsCommand),
    );
}

function endpoint(url: string | undefined): { endpoint?: string } {
  return url === undefined ? {} : { endpoint: url };
}
