// A rest that somebody may cut short: between two times of something that is done again and again.

import type { Timer } from './clock.ts';

export type Nap = {
  /** Resolves after `durationMs`, or when it is woken. One at a time. */
  rest(durationMs: number): Promise<void>;
  /** Harmless where nobody rests: it is not remembered. */
  wake(): void;
};

export function createNap(timer: Timer): Nap {
  let wake: () => void = () => undefined;
  return {
    rest: (durationMs) =>
      new Promise((resolve) => {
        const cancel = timer.alarm(durationMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      }),
    wake: () => wake(),
  };
}
