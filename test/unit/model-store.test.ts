// What the model can do beyond a store: faults and stale reads, for the simulations.

import { expect, test } from 'vitest';
import type { Query, Write } from '../../src/store.ts';
import { createModelStore, type ModelRead } from '../model-store.ts';

const put = (request_id: string, due_at: string): Write => ({
  kind: 'put',
  table: 'requests',
  row: { request_id, status: 'PENDING', due_at },
});
const due: Query = {
  table: 'requests',
  index: 'gsi_status_due',
  partition: { attribute: 'status', value: 'PENDING' },
};

test('createModelStore() onBeforeWrite that throws leaves everything as it was', async () => {
  const store = createModelStore();
  store.hooks.onBeforeWrite = () => {
    throw new Error('lost request');
  };
  await expect(store.transact([put('a', '1')])).rejects.toThrow('lost request');
  expect(store.dump('requests')).toEqual([]);
});

test('createModelStore() onAfterWrite that throws has written', async () => {
  const store = createModelStore();
  store.hooks.onAfterWrite = () => {
    throw new Error('lost response');
  };
  await expect(store.transact([put('a', '1')])).rejects.toThrow('lost response');
  expect(store.dump('requests')).toHaveLength(1);
});

test('createModelStore() onRead sees every read and can make it fail', async () => {
  const kinds: ModelRead['kind'][] = [];
  const store = createModelStore({ hooks: { onRead: ({ kind }) => void kinds.push(kind) } });
  await store.get('requests', { request_id: 'a' });
  await store.getMany('requests', []);
  await store.query(due);
  await store.scan('requests', {});
  expect(kinds).toEqual(['get', 'getMany', 'query', 'scan']);
  store.hooks.onRead = () => Promise.reject(new Error('no network'));
  await expect(store.query(due)).rejects.toThrow('no network');
});

test('createModelStore() answers reads that are not consistent as they were before the lag', async () => {
  let nowMs = 0;
  let lagMs = 0;
  const clock = { nowMs: () => nowMs };
  const store = createModelStore({ indexLag: { clock, lagMs: () => lagMs, maxLagMs: 1_000 } });
  const found = async () => (await store.query(due)).rows.map((row) => `${row.request_id}${row.due_at}`);
  for (const [atMs, writes] of [
    [100, [put('a', '1'), put('b', '2')]],
    [200, [put('a', '3'), { kind: 'delete', table: 'requests', key: { request_id: 'b' } }]],
    [300, [put('c', '0'), put('a', '4')]],
  ] as [number, Write[]][]) {
    nowMs = atMs;
    await store.transact(writes);
  }
  const seen: Record<number, string[]> = {};
  for (lagMs of [0, 1, 100, 101, 200, 201]) seen[lagMs] = await found();
  expect(seen).toEqual({
    0: ['c0', 'a4'],
    1: ['a3'],
    100: ['a3'],
    101: ['a1', 'b2'],
    200: ['a1', 'b2'],
    201: [],
  });
  lagMs = 101;
  expect((await store.scan('requests', {})).rows.map((row) => row.due_at)).toEqual(['1', '2']);
  expect(await store.get('requests', { request_id: 'b' })).toBeUndefined();
  expect(await store.getMany('requests', [{ request_id: 'a' }])).toMatchObject([{ due_at: '4' }]);
});

test('createModelStore() forgets what is older than the greatest lag', async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs };
  const store = createModelStore({ indexLag: { clock, lagMs: () => 5_000, maxLagMs: 10 } });
  for (; nowMs < 1_000; nowMs++) await store.transact([put('a', String(nowMs).padStart(4, '0'))]);
  nowMs = 1_000;
  expect((await store.query(due)).rows).toMatchObject([{ due_at: '0990' }]);
});

test('dump() and load() carry rows over, sorted by key', () => {
  const [from, to] = [createModelStore(), createModelStore()];
  from.load('config', [
    { channel_id: 'b', account_id: '1', approver_mm_user_ids: new Set(['x']) },
    { channel_id: 'a', account_id: '2' },
  ]);
  to.load('config', from.dump('config'));
  expect(to.dump('config')).toEqual([
    { channel_id: 'a', account_id: '2' },
    { channel_id: 'b', account_id: '1', approver_mm_user_ids: new Set(['x']) },
  ]);
  expect(() => to.load('requests', [{ request_id: 'r', status: 1 }])).toThrow('type mismatch');
});

test('transact() does not let a row that was read be changed', async () => {
  const store = createModelStore();
  await store.transact([{ kind: 'put', table: 'requests', row: { request_id: 'r', map: { a: [1] } } }]);
  const row = (await store.get('requests', { request_id: 'r' })) as { map: { a: number[] } };
  expect(() => row.map.a.push(2)).toThrow(TypeError);
});
