// Hands out the pairs that are listed between those of a long sweep. What it remembers is only a reason to look: losing
// it loses the pairs whose ledger row has gone within the last day.

import { parseAssignmentId } from '../src/assignment.ts';
import type { MonotonicClock } from '../src/clock.ts';
import { beginRound, isRoundDue, NO_HOT_PAIRS, takeHotPair, whenSweepBegins } from '../src/hot-pairs.ts';
import type { Log } from '../src/log.ts';
import { type StoreReader, scanAll } from '../src/store.ts';
import type { Pair } from './identity-center.ts';

export type HotRounds = {
  /** `swept` is how many pairs the sweep lists. */
  beginSweep(swept: number): void;
  /** The hot pair whose turn it is, or none. */
  next(): Promise<Pair | undefined>;
};

/** A round begins as often as so many sweeps of a small organisation: a sweep that is shorter has none. */
const SWEEPS_PER_ROUND = 5;

export function createHotRounds(deps: {
  readonly store: Pick<StoreReader, 'scan'>;
  readonly clock: MonotonicClock;
  readonly sweepIntervalMs: number;
  readonly log: Log;
}): HotRounds {
  const { store, clock, log } = deps;
  const intervalMs = SWEEPS_PER_ROUND * deps.sweepIntervalMs;
  let hot = NO_HOT_PAIRS;
  let swept = 0;
  return {
    beginSweep(count) {
      swept = count;
      hot = whenSweepBegins(hot, clock.elapsedMs(), intervalMs);
    },
    async next() {
      const nowMs = clock.elapsedMs();
      if (isRoundDue(hot, nowMs, intervalMs))
        hot = beginRound(hot, await pairsOfLedger(store, log), { nowMs, swept });
      const taken = takeHotPair(hot);
      hot = taken.hot;
      return taken.pair;
    },
  };
}

/** A table that does not answer holds up no sweep: the next round asks again. */
async function pairsOfLedger(store: Pick<StoreReader, 'scan'>, log: Log): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  try {
    for await (const { assignment_id } of scanAll(store, 'assignments')) {
      const assignment = parseAssignmentId(String(assignment_id));
      if (assignment === undefined) continue;
      const { accountId, permissionSetArn } = assignment;
      pairs.push({ accountId, permissionSetArn });
    }
    return pairs;
  } catch (error) {
    log.warn('which pairs are to be listed more often could not be read', { error });
    return [];
  }
}
