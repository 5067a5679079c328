// A list of any length in `jit_control`, as rows `<name>#<n>` of at most 300 KB and a head row with their number: a row
// of DynamoDB holds 400 KB. The head is written last and names a generation, so that a half-written list is never read.

import type { Key, Row, StoreReader, Write } from './store.ts';

const CHUNK_BYTES_MAX = 300_000;

/** The writes, to be carried out one after the other in this order. `generation` differs from that of any list before. */
export function chunkedListWrites(
  key: Key,
  generation: number,
  head: Row,
  items: readonly unknown[],
): readonly Write[] {
  const chunks = chunksOf(items);
  const rows = chunks.map((chunk, n) => ({ name: `${key.name}#${n}`, generation, items: chunk }));
  return [...rows, { ...head, name: key.name, generation, chunks: chunks.length }].map((row) => ({
    kind: 'put',
    table: 'control',
    row,
  }));
}

function chunksOf(items: readonly unknown[]): readonly (readonly unknown[])[] {
  const chunks: unknown[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > CHUNK_BYTES_MAX) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(item);
    bytes += size;
  }
  return chunks;
}

/**
 * The head and all items; undefined where there is none yet, or while a new one is being written. With `evenTorn`, a list
 * that is being written, or whose writer died, is answered as it lies there: parts of the old one and of the new one.
 */
export async function readChunkedList(
  store: Pick<StoreReader, 'get' | 'getMany'>,
  key: Key,
  options: { readonly evenTorn?: boolean } = {},
): Promise<{ readonly head: Row; readonly items: readonly unknown[] } | undefined> {
  const head = await store.get('control', key);
  if (head === undefined || typeof head.chunks !== 'number') return undefined;
  const keys = Array.from({ length: head.chunks }, (_, n) => ({ name: `${key.name}#${n}` }));
  const rows = keys.length === 0 ? [] : await store.getMany('control', keys);
  const chunks = new Map(rows.map((row) => [row.name, row]));
  const ordered = keys.map((chunkKey) => chunks.get(chunkKey.name));
  const isWhole = ordered.every((row) => row !== undefined && row.generation === head.generation);
  if (!isWhole && options.evenTorn !== true) return undefined;
  return { head, items: ordered.flatMap((row) => (Array.isArray(row?.items) ? row.items : [])) };
}
