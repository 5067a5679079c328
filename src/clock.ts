// The two clocks and the timer that effects may hold. Decisions never see these: they are handed `now` as data.

/** Wall-clock time, epoch milliseconds. May jump, and differs between processes by up to `CLOCK_SKEW_MS`. */
export type WallClock = { nowMs(): number };

/** Time since an arbitrary start, milliseconds. Never runs backwards; may stand still while a process is paused. */
export type MonotonicClock = { elapsedMs(): number };

/** Waits. Resolves early, without error, when `signal` aborts. */
export type Timer = { sleep(durationMs: number, signal?: AbortSignal): Promise<void> };

export type Clock = WallClock & MonotonicClock & Timer;
