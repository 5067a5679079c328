// Which pairs are listed more often than a long sweep comes by: those of which the ledger has a row, or had one within the
// last day. Where access comes and goes, a hand slips soonest, and a missing grant hurts. Pure.

import { pairId } from './assignment.ts';

type Pair = { readonly accountId: string; readonly permissionSetArn: string };

/** Instants are milliseconds of one monotonic clock. */
export type HotPairs = {
  /** By pair id, when the ledger was last seen to have a row of it. */
  readonly seen: ReadonlyMap<string, { readonly pair: Pair; readonly atMs: number }>;
  /** Each hot pair once; `next` is the position of the one to list. */
  readonly round: { readonly begunMs: number; readonly pairs: readonly Pair[]; readonly next: number };
  /** When the sweep began that is under way; undefined before the first. */
  readonly sweepBegunMs?: number;
};

const HOT_FOR_MS = 24 * 3_600_000;

/**
 * Every fourth list at most is one of a hot pair. Where more than a tenth of all pairs are hot, that would hold up the
 * whole sweep, which lists them anyway, for little.
 */
const PAIRS_PER_HOT_MIN = 10;

export const NO_HOT_PAIRS: HotPairs = { seen: new Map(), round: { begunMs: 0, pairs: [], next: 0 } };

/**
 * A sweep begins, and lists everything. After one that was short the first round is due an interval from now, if the
 * sweep takes that long at all; after a long one the rounds go on as they were.
 */
export function whenSweepBegins(hot: HotPairs, nowMs: number, intervalMs: number): HotPairs {
  const wasLong = hot.sweepBegunMs !== undefined && nowMs - hot.sweepBegunMs >= intervalMs;
  const round = wasLong ? hot.round : { begunMs: nowMs, pairs: [], next: 0 };
  return { ...hot, round, sweepBegunMs: nowMs };
}

/** Whether the ledger is to be read for another round. `intervalMs` is from the start of one to the start of the next. */
export function isRoundDue({ round }: HotPairs, nowMs: number, intervalMs: number): boolean {
  return round.next >= round.pairs.length && nowMs - round.begunMs >= intervalMs;
}

/** `ofLedger` are the pairs of its rows, each any number of times; `swept` is how many pairs a whole sweep lists. */
export function beginRound(
  hot: HotPairs,
  ofLedger: readonly Pair[],
  { nowMs, swept }: { readonly nowMs: number; readonly swept: number },
): HotPairs {
  const lately = [...hot.seen].filter(([, { atMs }]) => nowMs - atMs < HOT_FOR_MS);
  const now = ofLedger.map((pair) => [pairId(pair), { pair, atMs: nowMs }] as const);
  const seen = new Map([...lately, ...now]);
  const isWorthIt = seen.size * PAIRS_PER_HOT_MIN <= swept;
  const pairs = isWorthIt ? [...seen.values()].map(({ pair }) => pair) : [];
  return { ...hot, seen, round: { begunMs: nowMs, pairs, next: 0 } };
}

/** The next pair of the round; undefined when it is over. */
export function takeHotPair(hot: HotPairs): { readonly pair: Pair | undefined; readonly hot: HotPairs } {
  const { round } = hot;
  const pair = round.pairs[round.next];
  return pair === undefined
    ? { pair, hot }
    : { pair, hot: { ...hot, round: { ...round, next: round.next + 1 } } };
}
