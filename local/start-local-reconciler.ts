// The loop, fitted together as a deployment's is; only the addresses differ, and the key is a local one.

import { randomUUID } from 'node:crypto';
import { countCalls } from '../reconciler/count-calls.ts';
import type { Reconciler } from '../reconciler/run-forever.ts';
import { sendNotification } from '../reconciler/send-notification.ts';
import {
  newObserverRole,
  type Role,
  type StartDeps,
  startReconciler,
} from '../reconciler/start-reconciler.ts';
import { identityCenterOf } from '../src/aws/open-identity-center.ts';
import type { Clock } from '../src/clock.ts';
import type { Config } from '../src/config.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { Store } from '../src/store.ts';
import { LocalKeys } from './local-keys.ts';
import type { openLocalAws } from './open-local-aws.ts';

export type LocalReconcilerParts = {
  readonly config: Config;
  readonly store: Store;
  readonly send: ReturnType<typeof openLocalAws>['send'];
  readonly clock: Clock;
  readonly clockState: StartDeps['clockState'];
  readonly metrics: Metrics;
  readonly log: Log;
};

/** Enforces or observes, as the configuration says. */
export function startLocalReconciler(parts: LocalReconcilerParts): Reconciler {
  const { config, store, clock, clockState, metrics, log, send } = parts;
  const openBudgeted = identityCenterOf(config, { send, clock, onCall: countCalls(metrics) });
  const deps = { config, store, clock, clockState, metrics, log, openIdentityCenter: openBudgeted };
  return startReconciler(deps, roleOf(parts), { holder: `local ${randomUUID()}`, random: Math.random });
}

function roleOf({ config, store, clock }: LocalReconcilerParts): Role {
  if (config.reconcileMode === 'observe') return newObserverRole({ store, clock });
  const secret = async () => LocalKeys.callback.secret;
  const sending = { target: config.webhook, secret, clock, newNonce: randomUUID, fetch };
  return { mode: 'enforce', send: (body, givingUp) => sendNotification(sending, body, givingUp) };
}
