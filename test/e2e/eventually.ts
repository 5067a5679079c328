// Waiting for the world in tests: asks again and again, and says what it was waiting for when time is up.

import { setTimeout as delay } from 'node:timers/promises';

/** The first value that `look` finds; rejects with `what`, and what was seen last, after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  { withinMs = 15_000, everyMs = 100 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await delay(everyMs);
  }
}
