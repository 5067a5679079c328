// Patience with an end: what is only a courtesy must not hold up an answer, or an end, that somebody waits for.

import type { Timer } from './clock.ts';

/** What `work` resolves to; undefined where it takes longer than `patienceMs`. The work itself goes on unheard. */
export function within<T>(timer: Timer, patienceMs: number, work: Promise<T>): Promise<T | undefined> {
  return beforeAlarm(work, (ring) => timer.alarm(patienceMs, ring), undefined);
}

/**
 * What `work` resolves to, or `late` where an alarm rings before. `set` is told what to call when it rings, and answers
 * how to cancel it.
 */
export function beforeAlarm<T, L>(
  work: Promise<T>,
  set: (ring: () => void) => () => void,
  late: L,
): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const cancel = set(() => resolve(late));
    work.then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
