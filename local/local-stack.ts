// Everything in one process, with DynamoDB Local as its child: the stand-ins, the tables, the loop and the API. What is
// tried here is the path of a deployment: the real SDK, over HTTP, against stand-ins for AWS and the plugin.

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createAdminApp } from '../api/admin-app.ts';
import { apiSettingsOf } from '../api/api-settings-of.ts';
import { createApp } from '../api/app.ts';
import { createTableNudge } from '../api/table-nudge.ts';
import type { Reconciler } from '../reconciler/run-forever.ts';
import { watchClock } from '../reconciler/watch-clock.ts';
import { createTables } from '../src/aws/create-tables.ts';
import { createDirectory } from '../src/aws/directory.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import type { Clock } from '../src/clock.ts';
import { claimDeployment } from '../src/deployment.ts';
import type { Log } from '../src/log.ts';
import { createMetrics, type Metrics } from '../src/metrics.ts';
import type { NotificationBody } from '../src/notification.ts';
import { type KeySets, parseKeySets } from '../src/signing-keys.ts';
import type { Store } from '../src/store.ts';
import { startDynamoDbLocal } from './dynamodb.ts';
import { DEMO_ORGANISATION } from './identity-center/demo-organisation.ts';
import { startIdentityCenterServer } from './identity-center/http-server.ts';
import { listen } from './listen.ts';
import type { LocalConfig } from './local-config.ts';
import { LocalKeys } from './local-keys.ts';
import { openLocalAws } from './open-local-aws.ts';
import { createRunningParts, type RunningParts } from './running-parts.ts';
import { seedDemo } from './seed-demo.ts';
import { type LocalReconcilerParts, startLocalReconciler } from './start-local-reconciler.ts';
import { startWebhook } from './webhook.ts';

export type LocalStackOptions = {
  readonly config: LocalConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** What a channel would see, as it comes. */
  readonly onMessage: (text: string, notification: NotificationBody) => void;
  /** A part that everything rests on ended by itself. */
  readonly onFailure: (why: string) => void;
  /** Where tables are kept already. Without it DynamoDB Local is started, and ended with the rest. */
  readonly dynamoDb?: string;
  /** Gives up starting: what was started is stopped, and `startLocalStack` rejects. */
  readonly signal?: AbortSignal;
};

export type LocalUrls = {
  readonly api: string;
  readonly admin: string;
  readonly dynamoDb: string;
  readonly identityCenter: string;
  /** Where notifications go: the stand-in's address, or a real Mattermost's. */
  readonly webhook: string;
};

export type LocalStack = {
  readonly urls: LocalUrls;
  /** Ends everything within ten seconds, once: the API, the loop, the webhook, Identity Center, DynamoDB. */
  stop(): Promise<void>;
};

const FIRST_SWEEP_WITHIN_MS = 120_000;

/** Resolves once all answers, old data is taken over and one sweep is complete. Rejects with nothing left running. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const running = createRunningParts((message, fields) => options.log.warn(message, fields));
  try {
    const urls = await startAll(options, running);
    return { urls, stop: running.stopAll };
  } catch (error) {
    await running.stopAll();
    throw error;
  }
}

/** Each part stands on those before it, so ending them backwards leaves none without what it needs. */
async function startAll(options: LocalStackOptions, running: RunningParts): Promise<LocalUrls> {
  const { config, clock, log, signal } = options;
  const dynamoDb = options.dynamoDb ?? (await startDynamoDb(options, running));
  signal?.throwIfAborted();
  const identityCenter = await startIdentityCenter(options, running);
  const webhook = await startPlugin(options, running);
  const watch = watchClock(clock, config.app.clockSkewMs);
  const aws = openLocalAws({ dynamoDb, identityCenter }, watch);
  running.add({ name: 'the SDK clients', withinMs: 200, stop: aws.close });
  await createTables({ client: aws.documents, tableNames: config.app.tables });
  const store = createDynamoDbStore({ client: aws.documents, tableNames: config.app.tables });
  await claimTables(store, options);
  await seedDemo(store, clock.nowMs());
  signal?.throwIfAborted();
  const metrics = createMetrics();
  const needs = { store, metrics, send: aws.send, clock: watch.clock, clockState: watch.state };
  const reconciler = startReconciler(options, needs, running);
  const directory = createDirectory({
    client: aws.identityStore,
    identityStoreId: config.app.identityStoreId,
  });
  const api = await startApi(options, { store, metrics, directory, reconciler }, running);
  const admin = await startAdmin(options, { store, metrics, reconciler }, running);
  await untilSwept(reconciler, options);
  log.info('local mode is ready', { api, admin });
  return { api, admin, dynamoDb, identityCenter, webhook };
}

async function startDynamoDb({ config, onFailure }: LocalStackOptions, running: RunningParts) {
  const { dataDir, dynamoDbPort: port } = config;
  const folder = dataDir === undefined ? undefined : path.join(dataDir, 'dynamodb');
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const onExit = (tail: string) => onFailure(`DynamoDB Local ended by itself. It printed:\n${tail}`);
  const local = await startDynamoDbLocal({
    port,
    onExit,
    ...(folder === undefined ? {} : { dataDir: folder }),
  });
  running.add({ name: 'DynamoDB Local', withinMs: 2_500, stop: local.stop });
  return local.endpoint;
}

async function startIdentityCenter({ config, clock }: LocalStackOptions, running: RunningParts) {
  const server = await startIdentityCenterServer({
    host: '127.0.0.1',
    port: config.identityCenterPort,
    clock,
    random: Math.random,
    organisation: DEMO_ORGANISATION,
    settings: { operationMs: config.operationMs },
    ...(config.dataDir === undefined
      ? {}
      : { snapshotFile: path.join(config.dataDir, 'identity-center.json') }),
  });
  running.add({ name: 'the Identity Center stand-in', withinMs: 300, stop: server.close });
  return server.url;
}

async function startPlugin({ config, clock, log, onMessage }: LocalStackOptions, running: RunningParts) {
  if (config.webhookPort === undefined) return config.app.webhook.url;
  const webhook = await startWebhook({
    port: config.webhookPort,
    clock,
    onMessage,
    onRefusal: (reason) => log.warn('the webhook stand-in refused a notification', { reason }),
  });
  running.add({ name: 'the webhook stand-in', withinMs: 300, stop: webhook.close });
  return webhook.url;
}

function startReconciler(
  { config, log }: LocalStackOptions,
  needs: Pick<LocalReconcilerParts, 'store' | 'metrics' | 'send' | 'clock' | 'clockState'>,
  running: RunningParts,
): Reconciler {
  const reconciler = startLocalReconciler({ config: config.app, log, ...needs });
  running.add({ name: 'the reconciler', withinMs: 4_000, stop: async () => void (await reconciler.stop()) });
  return reconciler;
}

type Serving = {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly reconciler: Pick<Reconciler, 'nudge' | 'isHealthy'>;
};

async function startApi(
  { config, clock, log }: LocalStackOptions,
  parts: Serving & { readonly directory: ReturnType<typeof createDirectory> },
  running: RunningParts,
): Promise<string> {
  const { store, metrics, directory, reconciler } = parts;
  const throughTable = createTableNudge({ store, clock, log });
  const keys = localKeys();
  const app = createApp({
    ...{ store, clock, log, metrics, directory },
    keys: async () => keys,
    newId: randomUUID,
    settings: apiSettingsOf(config.app),
    nudge: (nudges) => {
      reconciler.nudge(nudges);
      // Right after a start the loop may not lead yet, and hears nothing; the table keeps what was said.
      throughTable.nudge(nudges);
    },
  });
  running.add({ name: 'nudges', withinMs: 500, stop: throughTable.settled });
  const api = await listen(app, config.app.api);
  running.add({ name: 'the API', withinMs: 2_500, stop: api.close });
  return api.url;
}

function localKeys(): KeySets {
  const { plugin, ops } = LocalKeys;
  const parsed = parseKeySets({
    plugin: JSON.stringify({ [plugin.id]: plugin.secret }),
    ops: JSON.stringify({ [ops.id]: ops.secret }),
  });
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  return parsed.value;
}

async function startAdmin(
  { config }: LocalStackOptions,
  { store, metrics, reconciler }: Serving,
  running: RunningParts,
): Promise<string> {
  const isReady = async () => {
    await store.get('control', { name: 'ready' });
    return reconciler.isHealthy();
  };
  const admin = await listen(createAdminApp({ isReady, registry: metrics.registry }), config.app.admin);
  running.add({ name: 'health and metrics', withinMs: 2_500, stop: admin.close });
  return admin.url;
}

/** Kept tables of another organisation are refused here as in a deployment. */
async function claimTables(store: Store, { config: { app } }: LocalStackOptions): Promise<void> {
  const deployment = { instanceArn: app.instanceArn, requestsTable: app.tables.requests };
  const problems = await claimDeployment(store, deployment);
  if (problems.length > 0) throw new Error(problems.join(' '));
}

async function untilSwept(
  reconciler: Pick<Reconciler, 'hasSwept'>,
  { clock, signal }: LocalStackOptions,
): Promise<void> {
  const deadlineMs = clock.elapsedMs() + FIRST_SWEEP_WITHIN_MS;
  while (!reconciler.hasSwept()) {
    signal?.throwIfAborted();
    if (clock.elapsedMs() > deadlineMs)
      throw new Error(`the first sweep was not complete within ${FIRST_SWEEP_WITHIN_MS / 1000} s`);
    await clock.sleep(50, signal);
  }
}
