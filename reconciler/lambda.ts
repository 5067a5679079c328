// The reconciler as a function that is started every minute, and by the API in between. Clients, keys and what an
// observer remembers outlive an invocation; the loop does not, because a frozen one must never be thought to lead.

import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createBoundedClient, EDGE_LIMITS } from '../src/aws/bounded-client.ts';
import { describeTableProblems } from '../src/aws/check-tables.ts';
import { createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { createIdentityCenterClients, sendThrough } from '../src/aws/identity-center-client.ts';
import { watchCallbackSecret } from '../src/aws/key-source.ts';
import { openCloudWatch } from '../src/aws/open-cloudwatch.ts';
import { identityCenterOf } from '../src/aws/open-identity-center.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { parseReconcilerConfig, type ReconcilerConfig } from '../src/config.ts';
import { createLog, type Log } from '../src/log.ts';
import { CloudWatchMetricsOfReconciler, createMetrics } from '../src/metrics.ts';
import type { StoreReader } from '../src/store.ts';
import { problemsAtStart } from './check-start.ts';
import { countCalls } from './count-calls.ts';
import { listLiveOutOfScope } from './live-out-of-scope.ts';
import { runWithin, type Within } from './run-within.ts';
import { sendNotification } from './send-notification.ts';
import { newObserverRole, type Role, type StartDeps, startReconciler } from './start-reconciler.ts';
import { watchClock } from './watch-clock.ts';

// The next invocation is at most a minute away: that is the retry.
const REACH_TABLES = { retries: 1, pauseMs: 500, pauseMaxMs: 500 };

type Parts = { readonly deps: StartDeps; readonly role: Role };

let parts: Promise<Parts> | undefined;

/** The function's entry point. What the event holds is never looked at: it grants no authority and carries no state. */
export async function handler(
  _event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<Within> {
  const { deps, role } = await fittedTogether();
  const { store, clock, log } = deps;
  const holder = randomUUID();
  const running = startReconciler(deps, role, { holder, random: Math.random });
  const cloudWatch = openCloudWatch(deps.config, {
    ...{ registry: deps.metrics.registry, names: CloudWatchMetricsOfReconciler, clock, log },
  });
  cloudWatch?.start();
  let sent: Promise<void> | undefined;
  const stop = () => {
    // Beside the handing over: what a leader says is taken back when it ends, and a frozen process sends nothing.
    sent = cloudWatch?.stop();
    return running.stop();
  };
  const remainingMs = () => context.getRemainingTimeInMillis();
  const reconciler = { isLeading: running.isLeading, stop };
  const within = await runWithin({ reconciler, holder, store, clock, remainingMs });
  await sent;
  if (!within.stopped) log.warn('the loop did not stop in time, the next finds what it left', { holder });
  return within;
}

/** Once for each process; what failed is tried anew by the next event. */
async function fittedTogether(): Promise<Parts> {
  parts ??= fitTogether();
  try {
    return await parts;
  } catch (error) {
    parts = undefined;
    throw error;
  }
}

async function fitTogether(): Promise<Parts> {
  const parsed = parseReconcilerConfig(process.env);
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: process.stdout, clock: systemClock });
  const watch = watchClock(systemClock, config.clockSkewMs);
  const { clock, state: clockState } = watch;
  const metrics = createMetrics();
  const client = createDocumentClient({ region: config.awsRegion, dates: watch.listenTo('DynamoDB') });
  const store = createDynamoDbStore({ client, tableNames: config.tables });
  const problems = await problemsAtStart({
    tableProblems: () => describeTableProblems({ client, tableNames: config.tables }),
    store,
    deployment: { instanceArn: config.instanceArn, requestsTable: config.tables.requests },
    mode: config.reconcileMode,
    onRetry: (error) => log.warn('the tables cannot be reached yet', { error }),
    ...REACH_TABLES,
  });
  if (problems.length > 0) throw new Error(problems.join(' '));
  void tellOutOfScope(store, config, log);
  const { ssoAdmin } = createIdentityCenterClients({
    region: config.awsRegion,
    dates: watch.listenTo('Identity Center'),
  });
  const effects = { send: sendThrough(ssoAdmin), clock, onCall: countCalls(metrics) };
  const openIdentityCenter = identityCenterOf(config, effects);
  const deps = { config, store, clock, clockState, metrics, log, openIdentityCenter };
  return { deps, role: await roleOf(deps) };
}

/** For people to know, and no more: a ledger that cannot be read whole must not keep the loop from its work. */
async function tellOutOfScope(
  store: Pick<StoreReader, 'scan'>,
  { scope }: ReconcilerConfig,
  log: Log,
): Promise<void> {
  try {
    const found = await listLiveOutOfScope(store, scope);
    if (found.count > 0) log.warn('stuck: out of scope', found);
  } catch (error) {
    log.warn('what is out of scope could not be listed', { error });
  }
}

async function roleOf(deps: StartDeps): Promise<Role> {
  const { config, clock, log } = deps;
  if (config.reconcileMode === 'observe') return newObserverRole(deps);
  const secret = await watchCallbackSecret(
    { callbackKeys: config.callbackKeys, keyId: config.webhook.keyId },
    {
      secrets: createBoundedClient(SecretsManagerClient, { region: config.awsRegion }, EDGE_LIMITS),
      clock,
      onProblem: (problem) => log.error('callback secret', { problem }),
    },
  );
  const sending = { target: config.webhook, secret, clock, newNonce: randomUUID, fetch };
  return { mode: 'enforce', send: (body, givingUp) => sendNotification(sending, body, givingUp) };
}
