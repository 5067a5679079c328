// Fits the API together for a process that stays, and makes it listen. Health, signals and what else runs in the process
// are not its business.

import { randomUUID } from 'node:crypto';
import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createBoundedClient, EDGE_LIMITS } from '../src/aws/bounded-client.ts';
import { createDirectory } from '../src/aws/directory.ts';
import { CALL_LIMITS, createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { watchCallerKeys } from '../src/aws/key-source.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import type { ApiConfig } from '../src/config.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { SendNudges } from './api-deps.ts';
import { apiSettingsOf } from './api-settings-of.ts';
import { createApp } from './app.ts';
import { foreignTables } from './foreign-tables.ts';
import { listen } from './listen.ts';
import { createTableNudge } from './table-nudge.ts';

export type RunningApi = {
  /**
   * Ready means that the table of requests answers: a revoke needs no other, so whatever else is away, a process that
   * can still take access away must be reached. May throw, which means no.
   */
  isReady(): Promise<boolean>;
  /** Takes no more calls, and resolves when nothing is being answered and no nudge is on its way. */
  stop(): Promise<void>;
};

export type StartApiDeps = {
  readonly log: Log;
  readonly metrics: Metrics;
  /** A reconciler in this process, which hears sooner than through the tables. */
  readonly hear?: SendNudges;
};

/** Listens when it resolves. Rejects where it must not start, or cannot. */
export async function startApi(config: ApiConfig, { log, metrics, hear }: StartApiDeps): Promise<RunningApi> {
  const clock = systemClock;
  const region = config.awsRegion;
  const client = createDocumentClient({ region, limits: CALL_LIMITS });
  const store = createDynamoDbStore({ client, tableNames: config.tables });
  const nudges = createTableNudge({ store, clock, log });
  const app = createApp({
    ...{ store, clock, log, metrics },
    keys: await watchCallerKeys(config, {
      secrets: createBoundedClient(SecretsManagerClient, { region }, EDGE_LIMITS),
      clock,
      onProblem: (problem) => log.error('signing keys', { problem }),
    }),
    directory: createDirectory({
      client: createBoundedClient(IdentitystoreClient, { region }, EDGE_LIMITS),
      identityStoreId: config.identityStoreId,
    }),
    nudge: (told) => {
      hear?.(told);
      // Also beside a loop of our own: it need not be the one that leads.
      nudges.nudge(told);
    },
    newId: randomUUID,
    settings: apiSettingsOf(config),
  });
  const foreign = await foreignTables(store, config, log);
  if (foreign.length > 0) throw new Error(foreign.join(' '));
  const listening = await listen(app, config.api);
  return {
    isReady: async () => {
      await store.get('requests', { request_id: 'ready' });
      return true;
    },
    stop: async () => {
      await listening.close();
      await nudges.settled();
    },
  };
}
