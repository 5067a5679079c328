// The ledger's row: the same after a round trip, and read strictly, because a misread one could take access away.

import { expect, it } from 'vitest';
import {
  emptyLedger,
  isMalformedLedger,
  isUnwritten,
  type Ledger,
  ledgerDelete,
  ledgerWrite,
  parseLedgerRow,
  withWaitingEntry,
} from '../../src/ledger.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import { ASSIGNMENT, aView, HOUR, MINUTE, NOW } from '../plan-builders.ts';

const FULL: Ledger = {
  ...aView({ stage: 'DELETING', entries: { a: 'ENDED', b: 'WAITING' } }).ledger,
  op: { kind: 'DELETE', id: 'operation-1', claimed_at: NOW + 1, not_found_since: NOW + 2, looks: 3 },
  unresolved: [{ id: 'create-1', not_found_since: NOW + 3 }],
  attempts: 4,
  trying_since: NOW + 4,
  last_error: { kind: 'conflict', message: 'because', at: NOW + 5 },
  absent_since: NOW + 6,
  sighting: {
    first_seen: NOW + 7,
    held: 'first sweep',
    explained_by: 'old',
    released: { by: 'cleo', until: NOW + 8 },
  },
  watch_until: NOW + 9,
  delete_unanswered: true,
  requested: NOW + 10,
  deleted: NOW + 11,
  confirmed_absent: NOW + 12,
  delete_id: 'operation-0',
};

async function stored(ledger: Ledger, store: ModelStore = createModelStore()): Promise<Row> {
  await store.transact([ledgerWrite({ ...ledger, version: 0 }, ledger)]);
  const row = await store.get('assignments', { assignment_id: ledger.assignment_id });
  if (row === undefined) throw new Error('nothing was written');
  return row;
}

it('parseLedgerRow() reads back everything that ledgerWrite() wrote, to the millisecond', async () => {
  expect(parseLedgerRow(await stored(FULL))).toEqual({ ...FULL, version: 1 });
});

it('ledgerWrite() puts a row with work into the index of what is due, and no other', async () => {
  expect(await stored(FULL)).toMatchObject({ shard: 'all', due_at: '2026-01-15T12:00:00.000Z' });
  const resting = await stored({ ...FULL, due_at: undefined });
  expect(resting).not.toHaveProperty('shard');
  expect(resting).not.toHaveProperty('due_at');
});

it('ledgerWrite() names the pair, so that the sweep finds the row', async () => {
  expect((await stored(FULL)).pair).toBe(`${ASSIGNMENT.accountId}#${ASSIGNMENT.permissionSetArn}`);
});

it('ledgerWrite() is refused once anybody wrote since, also where there was no row', async () => {
  const store = createModelStore();
  const empty = emptyLedger(ASSIGNMENT, NOW);
  const next = withWaitingEntry(empty, { requestId: 'a', untilMs: NOW + HOUR, nowMs: NOW });
  expect((await store.transact([ledgerWrite(empty, next)])).outcome).toBe('written');
  expect((await store.transact([ledgerWrite(empty, next)])).outcome).toBe('refused');
  expect((await store.transact([ledgerWrite({ ...empty, version: NOW + 2 }, next)])).outcome).toBe('refused');
  expect((await store.transact([ledgerWrite({ ...empty, version: NOW + 1 }, next)])).outcome).toBe('written');
});

it('ledgerWrite() of a row that was dropped and made again does not meet an older version', async () => {
  const store = createModelStore();
  const first = emptyLedger(ASSIGNMENT, NOW);
  await store.transact([ledgerWrite(first, first)]);
  const paused = { ...first, version: NOW + 1 };
  await store.transact([ledgerDelete(paused)]);
  const second = emptyLedger(ASSIGNMENT, NOW + MINUTE);
  await store.transact([ledgerWrite(second, second)]);
  expect((await store.transact([ledgerWrite(paused, paused)])).outcome).toBe('refused');
});

it('emptyLedger() is one that has no row yet', () => {
  expect(isUnwritten(emptyLedger(ASSIGNMENT, NOW))).toBe(true);
  expect(isUnwritten(FULL)).toBe(false);
});

it('withWaitingEntry() makes the row due now, and never later than it was', () => {
  const added = { requestId: 'c', untilMs: NOW + HOUR, nowMs: NOW };
  expect(withWaitingEntry({ ...FULL, due_at: NOW + HOUR }, added).due_at).toBe(NOW);
  expect(withWaitingEntry({ ...FULL, due_at: undefined }, added).due_at).toBe(NOW);
  expect(withWaitingEntry({ ...FULL, due_at: NOW - HOUR }, added).due_at).toBe(NOW - HOUR);
  expect(Object.keys(withWaitingEntry(FULL, added).entries)).toEqual(['a', 'b', 'c']);
});

const MALFORMED: readonly (readonly [string, Row])[] = [
  ['an unknown stage', { stage: 'SLEEPING' }],
  ['a version that is no number', { version: '7' }],
  ['a phase that does not exist', { entries: { a: { phase: 'KEPT', until: '2026-01-15T12:00:00.000Z' } } }],
  ['an end that is no instant', { entries: { a: { phase: 'GRANTED', until: 'soon' } } }],
  ['entries that are a list', { entries: [] }],
  ['no entries', { entries: undefined }],
  ['an operation without a claim', { op: { kind: 'DELETE' } }],
  ['attempts below nothing', { attempts: -1 }],
  ['a key that is no assignment', { assignment_id: 'jit#everything' }],
];

it.each(MALFORMED)('parseLedgerRow() reports %s, by its key', async (_what, change) => {
  const row = { ...(await stored(FULL)), ...change };
  const read = parseLedgerRow(row);
  expect(isMalformedLedger(read)).toBe(true);
  expect(read.assignment_id).toBe(row.assignment_id);
});

it('parseLedgerRow() ignores attributes that it does not know', async () => {
  expect(parseLedgerRow({ ...(await stored(FULL)), note: 'by hand' })).toEqual({ ...FULL, version: 1 });
});
