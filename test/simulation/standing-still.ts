// The clocks of one process: its wall clock is off, it may stand still for a while, and its monotonic clock may stand
// still with it. Whatever it waits for is over only when it moves again.

import type { Clock } from '../../src/clock.ts';

const LOOK_MS = 2_000;

export type ProcessClock = Clock & {
  /** Stands still from now on for so long. `clockStops`: its monotonic clock does not notice. */
  standStill(durationMs: number, clockStops: boolean): void;
  isStandingStill(): boolean;
  /** It moves again at once. */
  wakeUp(): void;
  /** Resolves when it moves. */
  moves(): Promise<void>;
  /** It was started or stood still since this instant of the true monotonic clock, so nobody can expect it to know the time. */
  stoodStillSince(elapsedMs: number): boolean;
};

/** `skewMs` is asked anew each time: the clock of a machine may jump. */
export function createProcessClock(base: Clock, skewMs: () => number): ProcessClock {
  let untilMs = Number.NEGATIVE_INFINITY;
  let stoppedFromMs: number | undefined;
  let lostMs = 0;

  /** What the monotonic clock has missed by now. */
  const missedMs = (): number => {
    if (stoppedFromMs === undefined) return lostMs;
    return lostMs + Math.min(base.elapsedMs(), untilMs) - stoppedFromMs;
  };
  const isStandingStill = () => base.elapsedMs() < untilMs;
  // It may be woken early, so it looks now and then.
  const moves = async (): Promise<void> => {
    while (isStandingStill()) await base.sleep(Math.min(LOOK_MS, untilMs - base.elapsedMs()));
  };

  return {
    // Whole milliseconds, as from the system.
    nowMs: () => Math.floor(base.nowMs()) + skewMs(),
    elapsedMs: () => base.elapsedMs() - missedMs(),
    async sleep(durationMs, signal) {
      await base.sleep(durationMs, signal);
      if (isStandingStill()) await moves();
    },
    alarm(durationMs, ring) {
      let isOff = false;
      const ringAwake = () => {
        if (isOff) return;
        if (isStandingStill()) void moves().then(ringAwake);
        else ring();
      };
      const cancel = base.alarm(durationMs, ringAwake);
      return () => {
        isOff = true;
        cancel();
      };
    },
    standStill(durationMs, clockStops) {
      lostMs = missedMs();
      stoppedFromMs = clockStops ? base.elapsedMs() : undefined;
      untilMs = Math.max(untilMs, base.elapsedMs() + durationMs);
    },
    isStandingStill,
    wakeUp() {
      lostMs = missedMs();
      stoppedFromMs = undefined;
      untilMs = Math.min(untilMs, base.elapsedMs());
    },
    moves,
    stoodStillSince: (elapsedMs) => untilMs > elapsedMs,
  };
}
