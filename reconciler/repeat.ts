// Does something again and again, from the start of one time to the start of the next, and at once when poked. It knows
// nothing of what it does; a failure is reported and the next time comes all the same, also after a time that stands still.

import type { MonotonicClock, Timer } from '../src/clock.ts';
import { createNap } from '../src/nap.ts';
import { isTimeout } from '../src/time-limit.ts';
import { beginTurn, type Turn, type TurnUnderWay } from './turn.ts';

export type Repeated = {
  /** Do it now, or once more right after the time that is under way. */
  poke(): void;
  /** Resolves when it has stopped, after the time that was under way. */
  readonly stopped: Promise<void>;
  /** How many times came to an end, or to a failure that was answered: all but those that only time ended. */
  readonly ended: () => number;
  /**
   * Since when, milliseconds, no time has come to an end: each was abandoned, or failed because an answer never came. 0
   * while the last one did, and while one goes on that takes long and moves.
   */
  readonly stalledForMs: () => number;
};

export type RepeatOptions = {
  readonly clock: MonotonicClock & Timer;
  readonly intervalMs: () => number;
  /** A time that stands still for so long is abandoned: see `beginTurn`. */
  readonly limitMs: number;
  /** What it is, as in "could not … ". */
  readonly action: string;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
};

export function repeat(options: RepeatOptions, act: (turn: Turn) => Promise<void>): Repeated {
  const { clock, intervalMs, limitMs, signal, onError } = options;
  let isPoked = false;
  const nap = createNap(clock);
  let current: TurnUnderWay<void> | undefined;
  let startedMs = clock.elapsedMs();
  let stalledSinceMs: number | undefined;
  let ended = 0;
  const poke = (): void => {
    isPoked = true;
    nap.wake();
  };
  signal.addEventListener(
    'abort',
    () => {
      poke();
      current?.end();
    },
    { once: true },
  );

  const takeTurn = async (): Promise<void> => {
    startedMs = clock.elapsedMs();
    try {
      current = beginTurn(options, act);
      await current.done;
      stalledSinceMs = undefined;
    } catch (error) {
      stalledSinceMs = isTimeout(error) ? (stalledSinceMs ?? startedMs) : undefined;
      onError(error);
    }
    if (stalledSinceMs === undefined) ended += 1;
    current = undefined;
  };
  const loop = async (): Promise<void> => {
    // Behind everything that is being set up, so that loops may poke each other.
    await Promise.resolve();
    while (!signal.aborted) {
      isPoked = false;
      await takeTurn();
      const restMs = Math.max(0, startedMs + intervalMs() - clock.elapsedMs());
      if (!isPoked) await nap.rest(restMs);
    }
  };
  return {
    poke,
    stopped: loop(),
    ended: () => ended,
    stalledForMs() {
      const nowMs = clock.elapsedMs();
      // It would have been abandoned if it did not move.
      const isLong = current !== undefined && nowMs - startedMs > limitMs;
      return stalledSinceMs === undefined || isLong ? 0 : nowMs - stalledSinceMs;
    },
  };
}
