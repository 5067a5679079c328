// Patience with an end: what is only a courtesy must not hold up an answer, or an end, that somebody waits for.

import type { Timer } from './clock.ts';

/** Without a reason an error is made, with its stack, that nobody reads. */
const IN_TIME = 'in time';

/** What `work` resolves to; undefined where it takes longer than `patienceMs`. The work itself goes on unheard. */
export async function within<T>(timer: Timer, patienceMs: number, work: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const late = timer.sleep(patienceMs, stop.signal).then(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort(IN_TIME);
  }
}
