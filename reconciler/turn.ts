// One turn of something that may take long: a run of an assignment, a time of a loop, a pass. It lasts for as long as it
// moves. One that stands still for its limit is abandoned as lost: whoever waits for it goes on, another may begin, and
// whatever it still wakes up to, it may not act any more. What it had claimed is in the ledger.

import type { MonotonicClock, Timer } from '../src/clock.ts';
import { timedOut } from '../src/time-limit.ts';
import { beforeAlarm } from '../src/within.ts';

/** No answer: one of undefined is an answer. */
const STILL = Symbol('still');

export type Turn = {
  /** Aborted when nothing new is to be begun: it was abandoned, or told to end. */
  readonly ended: AbortSignal;
  isAbandoned(): boolean;
  /**
   * A step across a port: it moves when it begins and when it ends. `isQueued` says whether it still waits for its
   * place, which is no standing still. Rejects where the turn was abandoned, and does nothing.
   */
  step<T>(work: () => Promise<T>, isQueued?: () => boolean): Promise<T>;
};

export type TurnUnderWay<T> = {
  /** Rejects with a TimeoutError where it was abandoned. */
  readonly done: Promise<T>;
  /** Tells it to end at its next step. */
  end(): void;
};

export type TurnOptions = {
  readonly clock: MonotonicClock & Timer;
  /** The longest that it may stand still. */
  readonly limitMs: number;
  /** What it is about, as in "could not … ". */
  readonly action: string;
};

export function beginTurn<T>(options: TurnOptions, act: (turn: Turn) => Promise<T>): TurnUnderWay<T> {
  const { clock, limitMs, action } = options;
  const ending = new AbortController();
  const queued = new Set<() => boolean>();
  let movedMs = clock.elapsedMs();
  let abandoned = false;

  const turn: Turn = {
    // Most turns never ask for it, and it costs as much as all else of a turn.
    get ended() {
      return ending.signal;
    },
    isAbandoned: () => abandoned,
    async step(work, isQueued = () => false) {
      if (abandoned) throw timedOut(action, limitMs);
      movedMs = clock.elapsedMs();
      // Each step by itself, also where two of them wait for the same thing.
      const waits = () => isQueued();
      queued.add(waits);
      try {
        return await work();
      } finally {
        queued.delete(waits);
        movedMs = clock.elapsedMs();
      }
    },
  };
  const stillForMs = (): number => {
    if ([...queued].some((waits) => waits())) movedMs = clock.elapsedMs();
    return clock.elapsedMs() - movedMs;
  };
  /** Rings when it has stood still for its limit. Answers how to cancel that. */
  const onStandingStill = (ring: () => void): (() => void) => {
    const look = () => {
      const leftMs = limitMs - stillForMs();
      if (leftMs <= 0) return ring();
      cancel = clock.alarm(leftMs, look);
    };
    let cancel = clock.alarm(limitMs, look);
    return () => cancel();
  };
  const run = async (): Promise<T> => {
    const answer = await beforeAlarm(act(turn), onStandingStill, STILL);
    if (answer !== STILL) return answer;
    abandoned = true;
    ending.abort();
    throw timedOut(action, limitMs);
  };
  return { done: run(), end: () => ending.abort() };
}
