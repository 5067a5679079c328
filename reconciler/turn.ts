// One turn of something that may take long: a run of an assignment, a time of a loop, a pass. It lasts for as long as it
// moves. One that stands still for its limit is abandoned as lost: whoever waits for it goes on, another may begin, and
// whatever it still wakes up to, it may not act any more. What it had claimed is in the ledger.

import type { MonotonicClock, Timer } from '../src/clock.ts';
import { timedOut } from '../src/time-limit.ts';

/** Without a reason an error is made, with its stack, that nobody reads. */
const OVER = 'over';

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
  const over = new AbortController();
  const queued = new Set<() => boolean>();
  let movedMs = clock.elapsedMs();
  let abandoned = false;

  const turn: Turn = {
    ended: ending.signal,
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
  const standsStill = async (): Promise<void> => {
    for (let leftMs = limitMs; leftMs > 0 && !over.signal.aborted; leftMs = limitMs - stillForMs())
      await clock.sleep(leftMs, over.signal);
  };
  const run = async (): Promise<T> => {
    const acted = act(turn).then((answer) => ({ answer }));
    const still = standsStill().then(() => undefined);
    try {
      const first = await Promise.race([acted, still]);
      if (first !== undefined) return first.answer;
      abandoned = true;
      ending.abort();
      throw timedOut(action, limitMs);
    } finally {
      over.abort(OVER);
    }
  };
  return { done: run(), end: () => ending.abort() };
}
