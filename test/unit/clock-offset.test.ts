import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { watchClock } from '../../reconciler/watch-clock.ts';
import {
  agreementOf,
  clockOffsetMs,
  type Reading,
  type TimeNote,
  timeNote,
  withNote,
  wrongBeyondMs,
} from '../../src/clock-offset.ts';
import { HOUR, MINUTE, SECOND } from '../world.ts';

const TRUE_MS = Date.parse('2026-01-15T12:00:00Z');

/** An answer of AWS as a process hears it whose wall clock is `aheadMs` ahead, so long after the beginning of all. */
type Heard = {
  readonly atMs: number;
  readonly tookMs?: number;
  readonly source?: string;
  readonly lieMs?: number;
};

function note(aheadMs: number, { atMs, tookMs = 0, source = 'tables', lieMs = 0 }: Heard): TimeNote {
  const nowMs = TRUE_MS + atMs + aheadMs;
  // Answered half-way.
  const dateMs = Math.floor((TRUE_MS + atMs - tookMs / 2 + lieMs) / SECOND) * SECOND;
  const noted = timeNote(
    source,
    { dateMs, sentMs: nowMs - tookMs, receivedMs: nowMs },
    reading(aheadMs, atMs),
  );
  if (noted === undefined) throw new Error('it says nothing');
  return noted;
}

const reading = (aheadMs: number, atMs: number): Reading => ({
  nowMs: TRUE_MS + atMs + aheadMs,
  elapsedMs: atMs,
});

function offset(notes: readonly TimeNote[], now: Reading): number | undefined {
  const agreement = agreementOf(notes);
  return agreement === undefined ? undefined : clockOffsetMs(agreement, now);
}

describe('one answer after another', () => {
  test.each([
    ['nothing', [], undefined],
    ['two of one source', [{ atMs: 0 }, { atMs: 700 }], undefined],
    ['two of two sources', [{ atMs: 0 }, { atMs: 700, source: 'aws' }], 5 * HOUR],
    ['three of one source', [{ atMs: 0 }, { atMs: 700 }, { atMs: 1_400 }], 5 * HOUR],
    ['an odd one among three', [{ atMs: 0 }, { atMs: 700 }, { atMs: 1_400, lieMs: HOUR }], undefined],
    [
      'an odd one among four',
      [{ atMs: 0 }, { atMs: 700, lieMs: HOUR }, { atMs: 1_400 }, { atMs: 2_100 }],
      5 * HOUR,
    ],
    [
      'two that disagree with two of another source',
      [
        { atMs: 0 },
        { atMs: 700 },
        { atMs: 0, source: 'aws', lieMs: HOUR },
        { atMs: 9, source: 'aws', lieMs: HOUR },
      ],
      undefined,
    ],
  ] as const)('%s', (_what, heard, known) => {
    const notes = heard.map((each) => note(5 * HOUR, each));
    const said = offset(notes, reading(5 * HOUR, 3_000));
    if (known === undefined) expect(said).toBeUndefined();
    else expect(Math.abs(Number(said) - known)).toBeLessThan(SECOND);
  });

  test('a slow answer says less, and nothing wrong', () => {
    const notes = [0, 1, 2].map((n) => note(0, { atMs: n * 20_000, tookMs: 15_000 }));
    expect(offset(notes, reading(0, 60_000))).toBe(0);
  });

  test('an answer during which the clock was set back says nothing', () => {
    const answer = { dateMs: TRUE_MS, sentMs: TRUE_MS + 50, receivedMs: TRUE_MS };
    expect(timeNote('tables', answer, reading(0, 0))).toBeUndefined();
  });

  test('a clock that may be right is never said to be off', () => {
    const aheadMs = fc.integer({ min: -10 * HOUR, max: 10 * HOUR });
    const heard = fc.array(fc.record({ atMs: fc.nat(5 * MINUTE), tookMs: fc.nat(20 * SECOND) }), {
      minLength: 3,
      maxLength: 12,
    });
    fc.assert(
      fc.property(aheadMs, heard, (ahead, answers) => {
        const inOrder = answers.toSorted((a, b) => a.atMs - b.atMs).map((each) => note(ahead, each));
        const said = offset(inOrder, reading(ahead, 5 * MINUTE));
        // At the least so far, and on the right side.
        expect(Math.abs(said ?? 0)).toBeLessThanOrEqual(Math.abs(ahead));
        expect((said ?? 0) * ahead).toBeGreaterThanOrEqual(0);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('clocks that jump', () => {
  const before = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => note(0, { atMs: n * SECOND }));

  test('a wall clock that was set is known to be wrong before anything answers', () => {
    expect(Math.abs(Number(offset(before, reading(HOUR, 9_000))) - HOUR)).toBeLessThanOrEqual(SECOND);
  });

  test('after a pause that the monotonic clock missed, three answers decide against eight', () => {
    const paused = (atMs: number): TimeNote => {
      const nowMs = TRUE_MS + atMs + 50 * SECOND;
      const dateMs = Math.floor(nowMs / SECOND) * SECOND;
      const noted = timeNote(
        'tables',
        { dateMs, sentMs: nowMs, receivedMs: nowMs },
        { nowMs, elapsedMs: atMs },
      );
      if (noted === undefined) throw new Error('it says nothing');
      return noted;
    };
    const [first, second, third] = [9_000, 10_000, 11_000].map(paused);
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few');
    const now = { nowMs: TRUE_MS + 62 * SECOND, elapsedMs: 12 * SECOND };
    expect(offset([...before, first, second], now)).toBeGreaterThan(40 * SECOND);
    expect(offset([...before, first, second, third], now)).toBe(0);
  });

  test('what is old is forgotten, and of each source some are kept', () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      note(0, { atMs: n * SECOND, source: n % 2 === 0 ? 'a' : 'b' }),
    );
    const kept = many.reduce<readonly TimeNote[]>(withNote, []);
    expect(kept.map(({ source }) => source).filter((source) => source === 'a')).toHaveLength(8);
    expect(kept).toHaveLength(16);
    expect(withNote(kept, note(0, { atMs: HOUR }))).toHaveLength(1);
  });
});

describe('watchClock()', () => {
  function watched(clockSkewMs: number) {
    const time = { atMs: 0, aheadMs: 0 };
    const own = {
      nowMs: () => TRUE_MS + time.atMs + time.aheadMs,
      elapsedMs: () => time.atMs,
      sleep: async () => undefined,
      alarm: () => () => undefined,
    };
    const watch = watchClock(own, clockSkewMs);
    const door = watch.listenTo('tables');
    const answer = (lieMs = 0) => {
      time.atMs += SECOND;
      const nowMs = own.nowMs();
      door.onDate({ dateMs: TRUE_MS + time.atMs + lieMs, sentMs: nowMs, receivedMs: nowMs });
    };
    return { time, watch, answer, now: () => watch.clock.nowMs() };
  }

  test('is unmeasured, and as the clock says, while too little is known', () => {
    const { watch, time, answer, now } = watched(30_000);
    time.aheadMs = HOUR;
    answer();
    answer();
    expect(watch.state()).toEqual({ offsetMs: undefined, answers: 0, isWrong: false });
    expect(now()).toBe(TRUE_MS + 2 * SECOND + HOUR);
  });

  test.each([
    [29_000, false],
    [-29_000, false],
    [32_000, true],
    [-32_000, true],
  ])('%i ms ahead is wrong where 30 s are allowed: %s', (aheadMs, isWrong) => {
    const { watch, time, answer, now } = watched(30_000);
    time.aheadMs = aheadMs;
    for (let n = 0; n < 4; n += 1) answer();
    expect(watch.state().isWrong).toBe(isWrong);
    const trueMs = TRUE_MS + time.atMs;
    if (isWrong) expect(Math.abs(now() - trueMs)).toBeLessThanOrEqual(SECOND);
    else expect(now()).toBe(trueMs + aheadMs);
  });

  test('stays wrong while answers disagree, and is right as soon as it is set right', () => {
    const { watch, time, answer } = watched(30_000);
    time.aheadMs = HOUR;
    for (let n = 0; n < 8; n += 1) answer();
    const { wrongSinceMs } = watch.state();
    for (let n = 0; n < 4; n += 1) answer(HOUR);
    expect(watch.state()).toMatchObject({ isWrong: true, wrongSinceMs });
    time.aheadMs = 0;
    expect(watch.state().isWrong).toBe(false);
    expect(watch.state().wrongSinceMs).toBeUndefined();
  });

  test('never calls less than five seconds wrong: answers are exact to the second', () => {
    expect(wrongBeyondMs(0)).toBe(5_000);
    expect(wrongBeyondMs(30_000)).toBe(30_000);
  });
});
