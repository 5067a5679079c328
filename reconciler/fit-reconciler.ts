// Fits the reconciler together for a process: checks that the tables are right and ours, and opens the doors to AWS and
// to the plugin. Nothing runs yet.

import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pRetry from 'p-retry';
import { createBoundedClient, EDGE_LIMITS } from '../src/aws/bounded-client.ts';
import { describeTableProblems } from '../src/aws/check-tables.ts';
import { createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { createIdentityCenterClients, sendThrough } from '../src/aws/identity-center-client.ts';
import { watchCallbackSecret } from '../src/aws/key-source.ts';
import { identityCenterOf } from '../src/aws/open-identity-center.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import type { ReconcilerConfig } from '../src/config.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import { problemsAtStart } from './check-start.ts';
import { countCalls } from './count-calls.ts';
import { listLiveOutOfScope } from './live-out-of-scope.ts';
import { sendNotification } from './send-notification.ts';
import { newObserverRole, type Role, type StartDeps } from './start-reconciler.ts';
import { watchClock } from './watch-clock.ts';

// About two minutes: tables that come up together with this process, and no longer than somebody would watch.
const REACH_TABLES = { retries: 9, pauseMs: 1_000, pauseMaxMs: 20_000 };
const SECRET_RETRIES = 3;

export type FittedReconciler = { readonly deps: StartDeps; readonly role: Role };

/** Undefined, with the reasons in the log, where it must not start. Rejects where it cannot. */
export async function fitReconciler(
  config: ReconcilerConfig,
  log: Log,
  metrics: Metrics,
): Promise<FittedReconciler | undefined> {
  const watch = watchClock(systemClock, config.clockSkewMs);
  const { clock, state: clockState } = watch;
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
  for (const problem of problems) log.error('the process does not start', { problem });
  if (problems.length > 0) return undefined;
  const { ssoAdmin } = createIdentityCenterClients({
    region: config.awsRegion,
    dates: watch.listenTo('Identity Center'),
  });
  const effects = { send: sendThrough(ssoAdmin), clock, onCall: countCalls(metrics) };
  const openIdentityCenter = identityCenterOf(config, effects);
  const deps = { config, store, clock, clockState, metrics, log, openIdentityCenter };
  const role = await roleOf(deps);
  void tellOutOfScope(deps);
  return { deps, role };
}

async function roleOf(deps: StartDeps): Promise<Role> {
  const { config, clock, log } = deps;
  if (config.reconcileMode === 'observe') return newObserverRole(deps);
  const effects = {
    secrets: createBoundedClient(SecretsManagerClient, { region: config.awsRegion }, EDGE_LIMITS),
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
