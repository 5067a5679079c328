// A clock that stands still until a test moves it, so that minutes pass in no time.

import type { Clock } from '../../src/clock.ts';

export type VirtualClock = Clock & {
  /** Lets time pass and wakes the sleepers whose time has come. */
  advance(durationMs: number): void;
};

/** With `jumps`, a sleep moves time itself and returns at once: for doors that are across a socket. */
export function createVirtualClock(startMs: number, { jumps = false } = {}): VirtualClock {
  let nowMs = startMs;
  let sleepers: { untilMs: number; wake: () => void }[] = [];
  const advance = (durationMs: number) => {
    nowMs += durationMs;
    const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs);
    sleepers = sleepers.filter((sleeper) => !due.includes(sleeper));
    for (const { wake } of due) wake();
  };
  const alarm = (durationMs: number, wake: () => void) => {
    const sleeper = { untilMs: nowMs + durationMs, wake };
    sleepers.push(sleeper);
    return () => {
      sleepers = sleepers.filter((other) => other !== sleeper);
    };
  };
  return {
    nowMs: () => nowMs,
    elapsedMs: () => nowMs - startMs,
    sleep(durationMs) {
      if (jumps) advance(durationMs);
      if (jumps) return Promise.resolve();
      return new Promise((wake) => alarm(durationMs, wake));
    },
    alarm,
    advance,
  };
}
