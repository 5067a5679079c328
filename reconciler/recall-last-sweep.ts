// What the last sweep found and only a person can change: whoever leads next knows it from the start, and says it. The next
// sweep says it anew; in a large organisation that takes an hour.

import { readChunkedList } from '../src/chunked-list.ts';
import { DriftItem, WithheldItem } from '../src/drift.ts';
import type { Metrics } from '../src/metrics.ts';
import { CoverageHead, publishedKey } from '../src/published-state.ts';
import type { StoreReader } from '../src/store.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import type { DriftBoard } from './drift-board.ts';

export type RecallDeps = {
  readonly store: Pick<StoreReader, 'get' | 'getMany'>;
  readonly board: Pick<DriftBoard, 'putForeign' | 'putUnread' | 'putWithheld'>;
  readonly metrics: Pick<Metrics, 'lastFullSweepTimestampSeconds' | 'sweepUnreadPairs'>;
};

export async function recallLastSweep({ store, board, metrics }: RecallDeps): Promise<void> {
  const coverage = CoverageHead.safeParse(await store.get('control', publishedKey('coverage', 'enforce')));
  const completedMs = parseTimestamp(coverage.data?.completed_at);
  // Else every restart would look as if nothing had ever been swept.
  if (completedMs !== undefined) metrics.lastFullSweepTimestampSeconds.set(completedMs / 1000);
  metrics.sweepUnreadPairs.set(coverage.data?.unread ?? 0);
  const withheld = await readChunkedList(store, publishedKey('withheld', 'enforce'));
  const drift = await readChunkedList(store, publishedKey('drift', 'enforce'));
  const found = drift?.items.flatMap((item) => DriftItem.safeParse(item).data ?? []) ?? [];
  board.putWithheld(withheld?.items.flatMap((item) => WithheldItem.safeParse(item).data ?? []) ?? []);
  board.putForeign(found.filter(({ kind }) => kind === 'foreign'));
  board.putUnread(found.filter(({ kind }) => kind === 'unread'));
}
