// The two clocks and the timer that effects may hold. Decisions never see these: they are handed `now` as data.

/** Wall-clock time, epoch milliseconds. May jump, and differs between processes by up to `CLOCK_SKEW_MS`. */
export type WallClock = { nowMs(): number };

/** Time since an arbitrary start, milliseconds. Never runs backwards; may stand still while a process is paused. */
export type MonotonicClock = { elapsedMs(): number };

export type Timer = {
  /** Waits. Resolves early, without error, when `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Rings once, after `durationMs`; what it answers cancels that, and is harmless later. For limits: one is set at every
   * call and is hardly ever met, and a signal to end a sleep by costs many times as much.
   */
  alarm(durationMs: number, ring: () => void): () => void;
};

export type Clock = WallClock & MonotonicClock & Timer;
