// The API as a Lambda function. Fits the parts together once for each process; everything else is the application.

import { randomUUID } from 'node:crypto';
import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createBoundedClient, EDGE_LIMITS } from '../src/aws/bounded-client.ts';
import { type CloudWatchSender, SEND_INTERVAL_MS } from '../src/aws/cloudwatch.ts';
import { createDirectory } from '../src/aws/directory.ts';
import { CALL_LIMITS, createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { watchCallerKeys } from '../src/aws/key-source.ts';
import { openCloudWatch } from '../src/aws/open-cloudwatch.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import type { MonotonicClock } from '../src/clock.ts';
import { type ApiConfig, parseApiConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { CloudWatchMetricsOfApi, createMetrics } from '../src/metrics.ts';
import { apiSettingsOf } from './api-settings-of.ts';
import { createApp } from './app.ts';
import { foreignTables } from './foreign-tables.ts';
import { createLambdaHandler } from './lambda-handler.ts';
import { createTableNudge } from './table-nudge.ts';

let handle: Promise<(event: unknown) => Promise<object>> | undefined;

/** The function's entry point. */
export async function handler(event: unknown): Promise<object> {
  handle ??= fitTogether();
  try {
    return await (await handle)(event);
  } catch (error) {
    // What could not be fitted together (a secret that does not answer) is tried anew by the next event.
    handle = undefined;
    throw error;
  }
}

async function fitTogether(): Promise<(event: unknown) => Promise<object>> {
  const parsed = parseApiConfig(process.env);
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  const { config } = parsed;
  const clock = systemClock;
  const region = config.awsRegion;
  const log = createLog({ level: config.logLevel, destination: process.stdout, clock });
  const client = createDocumentClient({ region, limits: CALL_LIMITS });
  const store = createDynamoDbStore({ client, tableNames: config.tables });
  const problems = await foreignTables(store, config, log);
  if (problems.length > 0) throw new Error(problems.join(' '));
  const nudges = createTableNudge({ store, clock, log, ...reconcilerCall(config) });
  const metrics = createMetrics();
  const app = createApp({
    store,
    clock,
    log,
    metrics,
    keys: await watchCallerKeys(config, {
      secrets: createBoundedClient(SecretsManagerClient, { region }, EDGE_LIMITS),
      clock,
      onProblem: (problem) => log.error('signing keys', { problem }),
    }),
    directory: createDirectory({
      client: createBoundedClient(IdentitystoreClient, { region }, EDGE_LIMITS),
      identityStoreId: config.identityStoreId,
    }),
    nudge: nudges.nudge,
    newId: randomUUID,
    settings: apiSettingsOf(config),
  });
  const names = CloudWatchMetricsOfApi;
  const cloudWatch = openCloudWatch(config, { registry: metrics.registry, names, clock, log });
  const report = cloudWatch === undefined ? {} : { report: reporter(cloudWatch, clock) };
  return createLambdaHandler({ app, timer: clock, ...nudges, ...report });
}

/** Only who was refused waits for it, and not more often than metrics are sent elsewhere. */
function reporter(cloudWatch: CloudWatchSender, clock: MonotonicClock): () => Promise<void> {
  let triedMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.elapsedMs() - triedMs < SEND_INTERVAL_MS || !(await cloudWatch.hasCounted())) return;
    triedMs = clock.elapsedMs();
    await cloudWatch.send();
  };
}

/** Starts the reconciler at once where it is a function too: its schedule is a minute apart. */
function reconcilerCall(config: ApiConfig): { readonly wake?: () => Promise<void> } {
  const { reconcilerFunctionName: FunctionName } = config;
  if (FunctionName === undefined) return {};
  const client = createBoundedClient(LambdaClient, { region: config.awsRegion }, EDGE_LIMITS);
  return {
    wake: async () => {
      await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    },
  };
}
