// The memory of our server over very many calls.

import { randomUUID } from 'node:crypto';
import type { Say } from '../bench.ts';
import { startContestant } from './contestant.ts';
import { sendSignedLoad } from './signed-load.ts';

export type HeapAt = { readonly calls: number; readonly heapBytes: number };

/** The heap after each `everyCalls`, collected. */
export async function watchMemory(
  { calls, everyCalls }: { readonly calls: number; readonly everyCalls: number },
  say: Say,
): Promise<readonly HeapAt[]> {
  const ours = await startContestant('ours');
  const heap: HeapAt[] = [];
  try {
    for (let done = everyCalls; done <= calls; done += everyCalls) {
      await sendSignedLoad({ url: ours.url, calls: everyCalls, nextId: randomUUID });
      const { heapBytes } = await ours.used();
      heap.push({ calls: done, heapBytes });
      say(`${done.toLocaleString('en')} calls: ${(heapBytes / 2 ** 20).toFixed(2)} MiB`);
    }
    return heap;
  } finally {
    await ours.end();
  }
}
