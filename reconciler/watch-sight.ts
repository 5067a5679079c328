// Looks around before a granted access is taken for missing: are others in no list either? What is missing is rare, so the
// ledger is read for it, and a few others are looked at.

import { type Assignment, pairId } from '../src/assignment.ts';
import type { MonotonicClock } from '../src/clock.ts';
import type { BrakeLimits } from '../src/guard.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import { lostSight } from '../src/lost-sight.ts';
import { type StoreReader, scanAll } from '../src/store.ts';
import type { LiveReader } from './identity-center.ts';

type Deps = {
  readonly store: StoreReader;
  readonly live: Pick<LiveReader, 'listPair'>;
  readonly clock: MonotonicClock;
  readonly limits: BrakeLimits;
};

/** Answers why nothing may be taken for missing now; undefined where it may. Throws StoreError. */
export type WatchSight = () => Promise<string | undefined>;

const OTHERS_ASKED_MAX = 3;
/** Where much is in no list, each of them asks: one reading of the ledger answers all that ask in the same moments. */
const SIGHT_STANDS_MS = 5_000;

export function createWatchSight(deps: Deps): WatchSight {
  let looked: { readonly atMs: number; readonly answer: Promise<string | undefined> } | undefined;
  return () => {
    const nowMs = deps.clock.elapsedMs();
    if (looked !== undefined && nowMs - looked.atMs < SIGHT_STANDS_MS) return looked.answer;
    const answer = lookAround(deps);
    looked = { atMs: nowMs, answer };
    answer.catch(() => {
      if (looked?.answer === answer) looked = undefined;
    });
    return answer;
  };
}

/** Whoever asks has been absent from a list before, and so is one of those that are counted as absent. */
async function lookAround({ store, live, limits }: Deps): Promise<string | undefined> {
  let granted = 0;
  let absent = 0;
  let lost = 0;
  const others = new Map<string, Assignment>();
  for await (const row of scanAll(store, 'assignments')) {
    const ledger = parseLedgerRow(row);
    if (isMalformedLedger(ledger) || !isGranted(ledger)) continue;
    granted += 1;
    if (ledger.lost_sight !== undefined) lost += 1;
    if (ledger.absent_since !== undefined || ledger.lost_sight !== undefined) absent += 1;
    else others.set(pairId(ledger.assignment), ledger.assignment);
  }
  const asked = [...others.values()].slice(0, OTHERS_ASKED_MAX);
  const shown = await Promise.all(asked.map((other) => isShown(live, other)));
  const seen = { asked: asked.length, shown: shown.filter(Boolean).length };
  // Others whose list does not show them are absent too, though no row says so yet.
  return lostSight({ granted, absent: absent + seen.asked - seen.shown, lost, ...seen }, limits);
}

/**
 * By the ledger alone: the copies of a scan are good enough to count by. Past its end it is live until its Delete, and it
 * is granted also while it is made once more for another request.
 */
function isGranted({ stage, entries }: Ledger): boolean {
  const isEnding = stage === 'DELETING' || stage === 'DELETED';
  return !isEnding && Object.values(entries).some(({ phase }) => phase === 'GRANTED');
}

async function isShown(live: Deps['live'], { principalId, ...pair }: Assignment): Promise<boolean> {
  const list = await live.listPair(pair, 'sweep');
  return (
    list.kind === 'listed' &&
    list.principals.some((each) => each.principalType === 'USER' && each.principalId === principalId)
  );
}
