// Does something again and again, from the start of one time to the start of the next, and at once when poked. It knows
// nothing of what it does; a failure is reported and the next time comes all the same.

import type { MonotonicClock, Timer } from '../src/clock.ts';

export type Repeated = {
  /** Do it now, or once more right after the time that is under way. */
  poke(): void;
  /** Resolves when it has stopped, after the time that was under way. */
  readonly stopped: Promise<void>;
};

export function repeat(
  options: {
    readonly clock: MonotonicClock & Timer;
    readonly intervalMs: () => number;
    readonly signal: AbortSignal;
    readonly onError: (error: unknown) => void;
  },
  act: () => Promise<void>,
): Repeated {
  const { clock, intervalMs, signal, onError } = options;
  let rest = new AbortController();
  signal.addEventListener('abort', () => rest.abort(), { once: true });

  const loop = async (): Promise<void> => {
    // Behind everything that is being set up, so that loops may poke each other.
    await Promise.resolve();
    while (!signal.aborted) {
      if (rest.signal.aborted) rest = new AbortController();
      const startedMs = clock.elapsedMs();
      try {
        await act();
      } catch (error) {
        onError(error);
      }
      const restMs = Math.max(0, startedMs + intervalMs() - clock.elapsedMs());
      if (!rest.signal.aborted) await clock.sleep(restMs, rest.signal);
    }
  };
  return { poke: () => rest.abort(), stopped: loop() };
}
