// Time that moves only when a test says so, or when everything waits for it. Nothing sleeps and nothing is timed.

import type { Clock } from '../src/clock.ts';

type Sleeper = { readonly dueMs: number; readonly wake: () => void };

export type VirtualClock = Clock & {
  /** Lets `durationMs` pass, waking sleepers in order and letting each run before the next. */
  advance(durationMs: number): Promise<void>;
  /** Lets time pass as far as is needed for `work` to finish; throws when nothing would ever wake it. */
  run<T>(work: Promise<T>, options?: { readonly maxMs?: number }): Promise<T>;
  /** A clock of another process on the same time line, whose wall clock is off by `skewMs`. */
  skewed(skewMs: number): Clock;
};

/** How often the event loop turns while time passes: each turn costs more than all that a sleeper does. */
const WAKES_PER_TURN = 256;

/** How many sleep now: where it rises and rises, somebody forgets a timer. */
export type Sleeping = { sleeping(): number };

export function createVirtualClock(startMs = Date.parse('2026-01-15T12:00:00Z')): VirtualClock & Sleeping {
  let elapsedMs = 0;
  /** In the order of their waking. */
  const sleepers: Sleeper[] = [];
  let wakes = 0;

  const alarm = (durationMs: number, ring: () => void): (() => void) => {
    const dueMs = elapsedMs + Math.max(0, durationMs);
    const sleeper: Sleeper = { dueMs, wake: ring };
    const before = sleepers.findLastIndex((other) => other.dueMs <= dueMs);
    sleepers.splice(before + 1, 0, sleeper);
    return () => {
      const at = sleepers.indexOf(sleeper);
      if (at >= 0) sleepers.splice(at, 1);
    };
  };

  const sleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const rise = () => {
        cancel();
        signal?.removeEventListener('abort', rise);
        resolve();
      };
      const cancel = alarm(durationMs, rise);
      signal?.addEventListener('abort', rise, { once: true });
    });

  const wakeNext = (untilMs: number): boolean => {
    const sleeper = sleepers[0];
    if (sleeper === undefined || sleeper.dueMs > untilMs) return false;
    sleepers.shift();
    elapsedMs = Math.max(elapsedMs, sleeper.dueMs);
    sleeper.wake();
    return true;
  };

  const settle = (): Promise<void> => {
    wakes += 1;
    return wakes % WAKES_PER_TURN === 0 ? turn() : drain();
  };

  const clockWith = (skewMs: number): Clock => ({
    nowMs: () => startMs + elapsedMs + skewMs,
    elapsedMs: () => elapsedMs,
    sleep,
    alarm,
  });

  return {
    ...clockWith(0),
    skewed: clockWith,
    sleeping: () => sleepers.length,
    async advance(durationMs) {
      const untilMs = elapsedMs + durationMs;
      await turn();
      while (wakeNext(untilMs)) await settle();
      elapsedMs = untilMs;
    },
    async run(work, { maxMs = 24 * 3_600_000 } = {}) {
      let done = false;
      const finished = work.finally(() => {
        done = true;
      });
      finished.catch(() => undefined);
      const untilMs = elapsedMs + maxMs;
      await turn();
      while (!done) {
        const woke = wakeNext(untilMs);
        await (woke ? settle() : turn());
        if (!woke && !done) throw new Error(`nothing wakes the work within ${maxMs} ms of virtual time`);
      }
      return finished;
    },
  };
}

/** Lets everything run that is ready to run: promises, however deep their chains. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** As `drain`, and lets the event loop turn: sockets need that, and the time limit of a test that never ends. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
