// Time that moves only when a test says so, or when everything waits for it. Nothing sleeps and nothing is timed.

import type { Clock } from '../src/clock.ts';

type Sleeper = { readonly dueMs: number; readonly order: number; readonly wake: () => void };

export type VirtualClock = Clock & {
  /** Lets `durationMs` pass, waking sleepers in order and letting each run before the next. */
  advance(durationMs: number): Promise<void>;
  /** Lets time pass as far as is needed for `work` to finish; throws when nothing would ever wake it. */
  run<T>(work: Promise<T>, options?: { readonly maxMs?: number }): Promise<T>;
  /** A clock of another process on the same time line, whose wall clock is off by `skewMs`. */
  skewed(skewMs: number): Clock;
};

export function createVirtualClock(startMs = Date.parse('2026-01-15T12:00:00Z')): VirtualClock {
  let elapsedMs = 0;
  let order = 0;
  const sleepers = new Set<Sleeper>();

  const sleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      order += 1;
      const sleeper: Sleeper = { dueMs: elapsedMs + Math.max(0, durationMs), order, wake: resolve };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', () => sleepers.delete(sleeper) && resolve(), { once: true });
    });

  const next = (): Sleeper | undefined =>
    [...sleepers].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];

  const wakeNext = async (untilMs: number): Promise<boolean> => {
    await settle();
    const sleeper = next();
    if (sleeper === undefined || sleeper.dueMs > untilMs) return false;
    sleepers.delete(sleeper);
    elapsedMs = Math.max(elapsedMs, sleeper.dueMs);
    sleeper.wake();
    return true;
  };

  const clockWith = (skewMs: number): Clock => ({
    nowMs: () => startMs + elapsedMs + skewMs,
    elapsedMs: () => elapsedMs,
    sleep,
  });

  return {
    ...clockWith(0),
    skewed: clockWith,
    async advance(durationMs) {
      const untilMs = elapsedMs + durationMs;
      while (await wakeNext(untilMs));
      elapsedMs = untilMs;
    },
    async run(work, { maxMs = 24 * 3_600_000 } = {}) {
      let done = false;
      const finished = work.finally(() => {
        done = true;
      });
      finished.catch(() => undefined);
      const untilMs = elapsedMs + maxMs;
      await settle();
      while (!done) {
        const woke = await wakeNext(untilMs);
        await settle();
        if (!woke && !done) throw new Error(`nothing wakes the work within ${maxMs} ms of virtual time`);
      }
      return finished;
    },
  };
}

/** Lets everything run that is ready to run: promises, however deep their chains. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
