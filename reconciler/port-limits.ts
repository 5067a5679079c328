// The ports of a reconciler, each answer with a time limit: whatever hangs below them, nothing above waits without an end.
// Identity Center has its own where it is opened.

import { withStoreLimit } from '../src/limited-store.ts';
import { isTimeout, withTimeLimit } from '../src/time-limit.ts';
import type { ReconcilerDeps } from './run-forever.ts';

/** Three attempts at 5 s each are made below it: what takes longer never comes. */
export const STORE_ANSWER_MAX_MS = 20_000;
/** An attempt ends after 10 s by itself. */
const SEND_ANSWER_MAX_MS = 12_000;
/** So much of a lease one call about it may take: one that hangs must not cost the lease, there is time for another. */
const PART_OF_LEASE = 1 / 3;

export function withPortLimits(deps: ReconcilerDeps): ReconcilerDeps {
  const { clock, send } = deps;
  return {
    ...deps,
    store: withStoreLimit(deps.store, clock, STORE_ANSWER_MAX_MS),
    async send(body, givingUp) {
      try {
        return await withTimeLimit(clock, SEND_ANSWER_MAX_MS, 'send a notification', () =>
          send(body, givingUp),
        );
      } catch (error) {
        if (!isTimeout(error) || !(error instanceof Error)) throw error;
        return { kind: 'unreachable', why: error.message };
      }
    },
  };
}

/**
 * The table as the lease is kept through it: the beats come more often than a table may take to answer. `onEnd` is told
 * whenever a call comes to an end by itself, however late: where none does any more, it is this process that hangs.
 */
export function storeOfLease(
  { store, clock, leaseDurationMs }: Pick<ReconcilerDeps, 'store' | 'clock' | 'leaseDurationMs'>,
  onEnd: () => void,
): ReconcilerDeps['store'] {
  const told: ReconcilerDeps['store'] = {
    ...store,
    get: (...args) => store.get(...args).finally(onEnd),
    transact: (writes) => store.transact(writes).finally(onEnd),
  };
  return withStoreLimit(told, clock, leaseDurationMs * PART_OF_LEASE);
}
