// What is due, and how little has to be read to know it.

import { expect, it } from 'vitest';
import { findWork } from '../../reconciler/find-work.ts';
import type { Row } from '../../src/store.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { aRow, both, MINUTE, NOW, POLICY } from '../plan-builders.ts';

const DUE = toDueAt(NOW - MINUTE);
const LATER = toDueAt(NOW + MINUTE);

/** By request id, and whether every tick finds it. */
const ROWS: readonly (readonly [string, Row, 'every tick' | 'the minute' | 'nobody'])[] = [
  ['approved', { ...both('APPROVED'), due_at: LATER }, 'every tick'],
  ['revoked', { ...both('REVOKED'), due_at: LATER }, 'every tick'],
  ['granted and due', { ...both('GRANTED'), due_at: DUE }, 'every tick'],
  ['granted', { ...both('GRANTED'), due_at: LATER }, 'nobody'],
  ['pending and due', { ...both('PENDING'), due_at: DUE }, 'the minute'],
  ['pending', { ...both('PENDING'), due_at: LATER }, 'nobody'],
  ['typed', { status: 'REVOKD', audited_status: 'GRANTED', due_at: LATER }, 'the minute'],
  ['signed', { ...both('GRANTED'), revoked_by: 'cleo', due_at: LATER }, 'the minute'],
  ['settled', { ...both('REVOKED'), due_at: undefined }, 'nobody'],
];

async function found(rare: boolean) {
  const store = createModelStore();
  store.load(
    'requests',
    ROWS.map(([id, row], n) => {
      const account = { account_id: String(111111111111 + n), assignment_id: undefined };
      return aRow(id, { ...account, ...row });
    }),
  );
  let reads = 0;
  store.hooks.onRead = () => {
    reads += 1;
  };
  const { defaultPermissionSetArn } = POLICY;
  const work = await findWork(store, { nowMs: NOW, requestIds: [], rare, defaultPermissionSetArn });
  return {
    reads,
    unsettled: work.unsettled,
    ids: work.assignments.flatMap(({ requestIds }) => requestIds).sort(),
  };
}

const foundBy = (...who: readonly string[]) =>
  ROWS.flatMap(([id, , by]) => (who.includes(by) ? [id] : [])).sort();

it('findWork() finds in every tick what is approved, revoked, or granted and due, in four reads', async () => {
  const { ids, reads, unsettled } = await found(false);
  expect(ids).toEqual(foundBy('every tick'));
  expect(reads).toBe(4);
  expect(unsettled).toBeUndefined();
});

it('findWork() finds that and all else by the minute, in two reads', async () => {
  const { ids, reads, unsettled } = await found(true);
  expect(ids).toEqual(foundBy('every tick', 'the minute'));
  expect(reads).toBe(2);
  expect([...(unsettled?.values() ?? [])].filter((row) => row.audited_status === 'GRANTED')).toHaveLength(4);
});
