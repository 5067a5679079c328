// The reconciler as a process of its own: reads the configuration, checks that the tables are right and ours, fits the
// parts together, and stops gracefully.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import closeWithGrace from 'close-with-grace';
import pRetry from 'p-retry';
import { describeTableProblems } from '../src/aws/check-tables.ts';
import { createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { createIdentityCenterClients, sendThrough } from '../src/aws/identity-center-client.ts';
import { watchCallbackSecret } from '../src/aws/key-source.ts';
import { logOutput } from '../src/aws/log-output.ts';
import { identityCenterOf } from '../src/aws/open-identity-center.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { describeConfig, parseReconcilerConfig, type ReconcilerConfig } from '../src/config.ts';
import { createLog, type Log } from '../src/log.ts';
import { createMetrics, type Metrics } from '../src/metrics.ts';
import { problemsAtStart } from './check-start.ts';
import { countCalls } from './count-calls.ts';
import { listenForHealth } from './health.ts';
import { listLiveOutOfScope } from './live-out-of-scope.ts';
import type { Reconciler } from './run-forever.ts';
import { sendNotification } from './send-notification.ts';
import { newObserverRole, type Role, type StartDeps, startReconciler } from './start-reconciler.ts';

const STOP_TIMEOUT_MS = 10_000;
// About two minutes: tables that come up together with this process, and no longer than somebody would watch.
const REACH_TABLES = { retries: 9, pauseMs: 1_000, pauseMaxMs: 20_000 };
const SECRET_RETRIES = 3;

async function main(): Promise<void> {
  const parsed = parseReconcilerConfig(process.env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: logOutput(), clock: systemClock });
  const metrics = createMetrics();
  let reconciler: Reconciler | undefined;
  const health = await listenForHealth(config.admin, {
    // While it starts it is alive, and of no use to anybody yet.
    isHealthy: () => reconciler?.isHealthy() ?? true,
    isReady: () => reconciler?.isHealthy() ?? false,
    registry: metrics.registry,
  });
  // An end without anything left to do is one that refused to start: it keeps its exit code.
  const grace: closeWithGrace.Options = { delay: STOP_TIMEOUT_MS, logger: false, skip: ['beforeExit'] };
  closeWithGrace(grace, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    else log.info('the process stops', { signal });
    await reconciler?.stop();
    await health.close();
  });
  log.info('the reconciler starts', { config: describeConfig(config) });
  reconciler = await start(config, log, metrics).catch((error: unknown) => {
    log.error('the process does not start', { error });
    return undefined;
  });
  if (reconciler !== undefined) return;
  process.exitCode = 1;
  await health.close();
}

/** Undefined, with the reasons in the log, where it must not start. */
async function start(config: ReconcilerConfig, log: Log, metrics: Metrics): Promise<Reconciler | undefined> {
  const clock = systemClock;
  const client = createDocumentClient({ region: config.awsRegion });
  const store = createDynamoDbStore({ client, tableNames: config.tables });
  const problems = await problemsAtStart({
    tableProblems: () => describeTableProblems({ client, tableNames: config.tables }),
    store,
    deployment: { instanceArn: config.instanceArn, requestsTable: config.tables.requests },
    mode: config.reconcileMode,
    onRetry: (error) => log.warn('the tables cannot be reached yet', { error }),
    ...REACH_TABLES,
  });
  for (const problem of problems) log.error('the process does not start', { problem });
  if (problems.length > 0) return undefined;
  const { ssoAdmin } = createIdentityCenterClients({ region: config.awsRegion });
  const effects = { send: sendThrough(ssoAdmin), clock, onCall: countCalls(metrics) };
  const openIdentityCenter = identityCenterOf(config, effects);
  const deps = { config, store, clock, metrics, log, openIdentityCenter };
  const role = await roleOf(deps);
  void tellOutOfScope(deps);
  return startReconciler(deps, role, { holder: `${hostname()} ${randomUUID()}`, random: Math.random });
}

async function roleOf(deps: StartDeps): Promise<Role> {
  const { config, clock, log } = deps;
  if (config.reconcileMode === 'observe') return newObserverRole(deps);
  const effects = {
    secrets: new SecretsManagerClient({ region: config.awsRegion }),
    clock,
    onProblem: (problem: string) => log.error('callback secret', { problem }),
  };
  const watched = { callbackKeys: config.callbackKeys, keyId: config.webhook.keyId };
  const secret = await pRetry(() => watchCallbackSecret(watched, effects), {
    retries: SECRET_RETRIES,
    onFailedAttempt: ({ error }) => log.warn('the callback secret cannot be read yet', { error }),
  });
  const sending = { target: config.webhook, secret, clock, newNonce: randomUUID, fetch };
  return { mode: 'enforce', send: (body, givingUp) => sendNotification(sending, body, givingUp) };
}

/** Nothing waits for it: it is for people to know, and the loop meets the same rows again. */
async function tellOutOfScope({ store, config, log }: StartDeps): Promise<void> {
  try {
    const found = await listLiveOutOfScope(store, config.scope);
    if (found.count > 0) log.warn('stuck: out of scope', found);
  } catch (error) {
    log.warn('what is out of scope could not be listed', { error });
  }
}

await main();
