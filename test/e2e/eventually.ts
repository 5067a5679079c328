// Waiting for the world in tests: asks again and again, and says what it was waiting for when time is up.

import { setTimeout as delay } from 'node:timers/promises';

/** How many times as long as it should take: `npm test` must hold on any machine, what measures processes need not. */
export const PATIENCE = Number(process.env.PATIENCE ?? 5);

/** The first value that `look` finds; rejects with `what` after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  {
    withinMs = 25_000 * PATIENCE,
    everyMs = 100,
  }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await delay(everyMs);
  }
}
