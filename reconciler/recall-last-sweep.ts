// What the last sweep found and only a person can change: whoever leads next knows it from the start, and says it. The next
// sweep says it anew; in a large organisation that takes an hour.

import { readChunkedList } from '../src/chunked-list.ts';
import { DriftItem, WithheldItem } from '../src/drift.ts';
import { publishedKey } from '../src/published-state.ts';
import type { StoreReader } from '../src/store.ts';
import type { DriftBoard } from './drift-board.ts';

export type RecallDeps = {
  readonly store: Pick<StoreReader, 'get' | 'getMany'>;
  readonly board: Pick<DriftBoard, 'putForeign' | 'putWithheld'>;
};

export async function recallLastSweep({ store, board }: RecallDeps): Promise<void> {
  const withheld = await readChunkedList(store, publishedKey('withheld', 'enforce'));
  const drift = await readChunkedList(store, publishedKey('drift', 'enforce'));
  const found = drift?.items.flatMap((item) => DriftItem.safeParse(item).data ?? []) ?? [];
  board.putWithheld(withheld?.items.flatMap((item) => WithheldItem.safeParse(item).data ?? []) ?? []);
  board.putForeign(found.filter(({ kind }) => kind === 'foreign'));
}
