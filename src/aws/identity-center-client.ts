// The SDK clients of IAM Identity Center and Identity Store. They never retry: a retry inside the SDK would spend the
// organisation's shared quota behind the back of the call budget.

import { IdentitystoreClient, type IdentitystoreClientConfig } from '@aws-sdk/client-identitystore';
import { type ListPermissionSetsCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { inSpan } from '../trace.ts';
import type { ReadCommand } from './read-live.ts';
import type { WriteCommand } from './write-live.ts';

export type IdentityCenterClientOptions = {
  readonly region: string;
  /** Where the services answer, if not at AWS. The SDK's `AWS_ENDPOINT_URL_<SERVICE>` variables work as well. */
  readonly endpoints?: { readonly ssoAdmin?: string; readonly identityStore?: string };
  /** The SDK's own chain unless given. */
  readonly credentials?: NonNullable<IdentitystoreClientConfig['credentials']>;
  /** 2 s to connect and 10 s for an answer unless given. */
  readonly timeouts?: { readonly connectMs?: number; readonly requestMs?: number };
};

export type IdentityCenterClients = {
  readonly ssoAdmin: SSOAdminClient;
  readonly identityStore: IdentitystoreClient;
};

/** A time-out throws `TimeoutError`, which leaves open whether AWS acted. Answers normally come within half a second. */
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;

export function createIdentityCenterClients({
  region,
  endpoints = {},
  credentials,
  timeouts = {},
}: IdentityCenterClientOptions): IdentityCenterClients {
  const shared = {
    region,
    maxAttempts: 1,
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      connectionTimeout: timeouts.connectMs ?? CONNECT_TIMEOUT_MS,
      requestTimeout: timeouts.requestMs ?? REQUEST_TIMEOUT_MS,
      // Without this the SDK only warns, and the call hangs on.
      throwOnRequestTimeout: true,
    },
  };
  return {
    ssoAdmin: new SSOAdminClient({ ...shared, ...endpoint(endpoints.ssoAdmin) }),
    identityStore: new IdentitystoreClient({ ...shared, ...endpoint(endpoints.identityStore) }),
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
