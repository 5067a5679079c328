// Nudges to the leader through the tables, written in the background. Losing one costs a tick, so nothing ever waits
// for it or fails with it.

import type { Timer, WallClock } from '../src/clock.ts';
import type { Log } from '../src/log.ts';
import { NUDGES_KEY, type Nudge, nudgesWrite } from '../src/nudge.ts';
import type { Store } from '../src/store.ts';
import { withTimeLimit } from '../src/time-limit.ts';
import type { SendNudges } from './api-deps.ts';

type NewNudge = Omit<Nudge, 'at'>;

export type TableNudge = {
  readonly nudge: SendNudges;
  /** Resolves once nothing is on its way any more; for a process that is about to stop. Never rejects. */
  readonly settled: () => Promise<void>;
};

const ATTEMPTS_MAX = 5;
/** One that hangs must not hold back those that come after it. */
const BATCH_MAX_MS = 10_000;

/** What comes while a write is under way goes with the next one: a flood of revokes is a few writes of one row. */
export function createTableNudge(deps: {
  readonly store: Pick<Store, 'get' | 'transact'>;
  readonly clock: WallClock & Timer;
  readonly log: Log;
  /** Another way to wake the reconciler, once for each batch. May reject. */
  readonly wake?: () => Promise<void>;
}): TableNudge {
  let waiting: NewNudge[] = [];
  let running: Promise<void> | undefined;

  const inTime = (action: string, work: () => Promise<void>) =>
    withTimeLimit(deps.clock, BATCH_MAX_MS, action, work);

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const sent = await Promise.allSettled([
        inTime('write the nudges', () => writeNudges(deps, batch)),
        deps.wake && inTime('wake the reconciler', deps.wake),
      ]);
      for (const result of sent)
        if (result.status === 'rejected') deps.log.warn('a nudge was lost', { error: result.reason });
    }
    running = undefined;
  }

  return {
    nudge: (nudges) => {
      waiting.push(...nudges);
      running ??= sendAll();
    },
    settled: () => running ?? Promise.resolve(),
  };
}

async function writeNudges(
  { store, clock }: { readonly store: Pick<Store, 'get' | 'transact'>; readonly clock: WallClock },
  batch: readonly NewNudge[],
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const read = await store.get('control', NUDGES_KEY);
    const { outcome } = await store.transact([nudgesWrite(read, batch, clock.nowMs())]);
    if (outcome === 'written') return;
  }
  throw new Error('others kept writing the nudges');
}
