// A list that outgrows a row: written in parts, read whole or not at all.

import { expect, it } from 'vitest';
import { chunkedListWrites, readChunkedList } from '../../src/chunked-list.ts';
import { createModelStore } from '../model-store.ts';

const KEY = { name: 'drift' };
const items = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, n) => ({ n, text: 'x'.repeat(bytes) }));

async function publish(
  store: ReturnType<typeof createModelStore>,
  generation: number,
  list: readonly unknown[],
) {
  for (const write of chunkedListWrites(KEY, generation, { at: `at ${generation}` }, list)) {
    await store.transact([write]);
  }
}

it('readChunkedList() of nothing is undefined', async () => {
  expect(await readChunkedList(createModelStore(), KEY)).toBeUndefined();
});

it.each([0, 1, 7, 100])(
  'readChunkedList() gives back %i items in their order, with the head',
  async (count) => {
    const store = createModelStore();
    const list = items(count, 20_000);
    await publish(store, 1, list);
    const read = await readChunkedList(store, KEY);
    expect(read?.items).toEqual(list);
    expect(read?.head).toMatchObject({ name: 'drift', at: 'at 1' });
  },
);

it('chunkedListWrites() fits each part into a row, with room to spare', () => {
  const writes = chunkedListWrites(KEY, 1, {}, items(100, 20_000));
  const sizes = writes.map((write) => JSON.stringify(write.kind === 'put' ? write.row : {}).length);
  expect(Math.max(...sizes)).toBeLessThan(310_000);
  expect(writes.length).toBeLessThan(10);
});

it('chunkedListWrites() counts bytes, not characters', () => {
  const writes = chunkedListWrites(
    KEY,
    1,
    {},
    Array.from({ length: 20 }, () => 'サ'.repeat(10_000)),
  );
  const sizes = writes.map((write) =>
    Buffer.byteLength(JSON.stringify(write.kind === 'put' ? write.row : {})),
  );
  expect(Math.max(...sizes)).toBeLessThan(310_000);
});

it('chunkedListWrites() writes the head last', () => {
  const names = chunkedListWrites(KEY, 1, {}, items(3, 200_000)).map(
    (write) => write.kind === 'put' && write.row.name,
  );
  expect(names).toEqual(['drift#0', 'drift#1', 'drift#2', 'drift']);
});

it('readChunkedList() never reads a list that is half written', async () => {
  const store = createModelStore();
  await publish(store, 1, items(3, 200_000));
  const [first] = chunkedListWrites(KEY, 2, {}, items(2, 200_000));
  if (first !== undefined) await store.transact([first]);
  expect(await readChunkedList(store, KEY)).toBeUndefined();
});

it('readChunkedList() reads a shorter list that took the place of a longer one', async () => {
  const store = createModelStore();
  await publish(store, 1, items(3, 200_000));
  await publish(store, 2, items(1, 10));
  expect((await readChunkedList(store, KEY))?.items).toEqual(items(1, 10));
});
