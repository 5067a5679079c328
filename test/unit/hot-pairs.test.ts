// Which pairs are listed out of their turn, and when: seldom enough that the whole sweep goes on.

import { expect, it } from 'vitest';
import {
  beginRound,
  type HotPairs,
  isRoundDue,
  NO_HOT_PAIRS,
  takeHotPair,
  whenSweepBegins,
} from '../../src/hot-pairs.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const INTERVAL_MS = 5 * MINUTE;
const PERMISSION_SET = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333';
const pair = (n: number) => ({
  accountId: String(500_000_000_000 + n),
  permissionSetArn: PERMISSION_SET,
});
const pairs = (count: number) => Array.from({ length: count }, (_, n) => pair(n));

/** All that is left of the round, in order. */
function rest(hot: HotPairs): readonly unknown[] {
  const taken = takeHotPair(hot);
  return taken.pair === undefined ? [] : [taken.pair, ...rest(taken.hot)];
}

it('beginRound() lists each pair of the ledger once, however many rows it has', () => {
  const hot = beginRound(NO_HOT_PAIRS, [pair(1), pair(2), pair(1)], { nowMs: 0, swept: 100 });
  expect(rest(hot)).toEqual([pair(1), pair(2)]);
});

it('beginRound() goes on listing what had a row within the last day, and no longer', () => {
  const before = beginRound(NO_HOT_PAIRS, [pair(1)], { nowMs: 0, swept: 100 });
  const within = beginRound(before, [pair(2)], { nowMs: 24 * HOUR - 1, swept: 100 });
  expect(rest(within)).toEqual([pair(1), pair(2)]);
  const after = beginRound(within, [], { nowMs: 24 * HOUR, swept: 100 });
  expect(rest(after)).toEqual([pair(2)]);
  expect(rest(beginRound(after, [], { nowMs: 48 * HOUR, swept: 100 }))).toEqual([]);
});

it('beginRound() counts the day from the last row that was seen', () => {
  const first = beginRound(NO_HOT_PAIRS, [pair(1)], { nowMs: 0, swept: 100 });
  const again = beginRound(first, [pair(1)], { nowMs: 20 * HOUR, swept: 100 });
  expect(rest(beginRound(again, [], { nowMs: 43 * HOUR, swept: 100 }))).toEqual([pair(1)]);
});

it.each([
  [10, 100, 10],
  [11, 100, 0],
  [1, 10, 1],
  [1, 9, 0],
])('beginRound() of %i hot pairs among %i lists %i', (hot, swept, listed) => {
  expect(rest(beginRound(NO_HOT_PAIRS, pairs(hot), { nowMs: 0, swept }))).toHaveLength(listed);
});

it('isRoundDue() only when the one before is over, and an interval after it began', () => {
  const begun = beginRound(NO_HOT_PAIRS, [pair(1)], { nowMs: 0, swept: 100 });
  expect(isRoundDue(begun, INTERVAL_MS, INTERVAL_MS)).toBe(false);
  const over = takeHotPair(begun).hot;
  expect(isRoundDue(over, INTERVAL_MS - 1, INTERVAL_MS)).toBe(false);
  expect(isRoundDue(over, INTERVAL_MS, INTERVAL_MS)).toBe(true);
});

it('a sweep that is shorter than the interval has no round', () => {
  let hot = NO_HOT_PAIRS;
  for (let nowMs = 0; nowMs < HOUR; nowMs += MINUTE) {
    hot = whenSweepBegins(hot, nowMs, INTERVAL_MS);
    expect(isRoundDue(hot, nowMs + MINUTE - 1, INTERVAL_MS)).toBe(false);
  }
});

it('a sweep that takes longer has one after an interval, and the rounds go on into the next sweep', () => {
  const first = whenSweepBegins(NO_HOT_PAIRS, HOUR, INTERVAL_MS);
  expect(isRoundDue(first, HOUR + INTERVAL_MS - 1, INTERVAL_MS)).toBe(false);
  expect(isRoundDue(first, HOUR + INTERVAL_MS, INTERVAL_MS)).toBe(true);
  const begun = beginRound(first, pairs(9), { nowMs: HOUR + INTERVAL_MS, swept: 100 });
  const next = whenSweepBegins(takeHotPair(begun).hot, HOUR + 2 * INTERVAL_MS, INTERVAL_MS);
  expect(rest(next)).toEqual(pairs(9).slice(1));
});

it('a short sweep after a long one ends the round', () => {
  const begun = beginRound(whenSweepBegins(NO_HOT_PAIRS, 0, INTERVAL_MS), pairs(9), {
    nowMs: INTERVAL_MS,
    swept: 100,
  });
  const second = whenSweepBegins(begun, 2 * INTERVAL_MS, INTERVAL_MS);
  expect(rest(whenSweepBegins(second, 2 * INTERVAL_MS + MINUTE, INTERVAL_MS))).toEqual([]);
});
