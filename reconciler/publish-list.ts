// Puts a list where the API reads it, the head last, so that a half-written one is never read.

import { chunkedListWrites } from '../src/chunked-list.ts';
import { type PublishedName, publishedKey } from '../src/published-state.ts';
import type { Row, StoreWriter } from '../src/store.ts';

export async function publishList(
  store: StoreWriter,
  published: { readonly name: PublishedName; readonly mode: 'observe' | 'enforce'; readonly nowMs: number },
  head: Row,
  items: readonly unknown[],
): Promise<void> {
  const key = publishedKey(published.name, published.mode);
  for (const write of chunkedListWrites(key, published.nowMs, head, items)) await store.transact([write]);
}
