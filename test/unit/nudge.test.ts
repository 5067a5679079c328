// The row of recent nudges: bounded, never a blocker, and never overwritten unseen.

import { expect, it } from 'vitest';
import { NUDGES_KEY, nudgesWrite, parseNudgesRow } from '../../src/nudge.ts';
import type { Row } from '../../src/store.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { MINUTE, NOW } from '../plan-builders.ts';

async function said(ids: readonly string[], nowMs = NOW, store = createModelStore()) {
  const read = await store.get('control', NUDGES_KEY);
  const nudges = ids.map((request_id) => ({ request_id }));
  const { outcome } = await store.transact([nudgesWrite(read, nudges, nowMs)]);
  const row = parseNudgesRow(await store.get('control', NUDGES_KEY));
  return { store, outcome, row, ids: row?.recent.map(({ request_id }) => request_id) };
}

it('nudgesWrite() adds to what was said before, under a new version', async () => {
  const { store, row } = await said(['a']);
  expect(row).toMatchObject({ version: 1, recent: [{ at: toDueAt(NOW), request_id: 'a' }] });
  expect(await said(['b'], NOW + 1, store)).toMatchObject({ ids: ['a', 'b'], row: { version: 2 } });
});

it('nudgesWrite() forgets what is older than two minutes', async () => {
  const { store } = await said(['old']);
  expect((await said(['new'], NOW + 2 * MINUTE, store)).ids).toEqual(['new']);
});

it('nudgesWrite() keeps the newest 200', async () => {
  const many = Array.from({ length: 250 }, (_, n) => `r${n}`);
  expect((await said(many)).ids).toEqual(many.slice(50));
});

it('nudgesWrite() is refused where another process added one since', async () => {
  const { store } = await said(['a']);
  expect(await store.transact([nudgesWrite(undefined, [{ request_id: 'b' }], NOW)])).toMatchObject({
    outcome: 'refused',
  });
});

const SPOILED: readonly Row[] = [{}, { version: 'seven' }, { version: 7 }, { version: 7, recent: 'none' }];
it.each(SPOILED)('nudgesWrite() begins anew where the row cannot be read: %j', async (spoiled) => {
  const store = createModelStore();
  store.load('control', [{ ...NUDGES_KEY, ...spoiled }]);
  expect(await said(['a'], NOW, store)).toMatchObject({ outcome: 'written', ids: ['a'] });
});
