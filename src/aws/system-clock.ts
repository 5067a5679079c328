// The clocks of this process. Only an entry point may hold it; everything below is handed one.

import type { Clock } from '../clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep,
  alarm(durationMs, ring) {
    const timer = setTimeout(ring, durationMs);
    return () => clearTimeout(timer);
  },
};

// Not the one of `node:timers/promises`: when it is woken early it makes an error, with its stack, that nobody reads, and
// every courtesy in time is woken early (docs/decisions/0019).
function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, durationMs);
    signal?.addEventListener('abort', wake);
  });
}
