import { expect, test } from 'vitest';
import {
  emptyLedger,
  isMalformedLedger,
  ledgerWrite,
  parseLedgerRow,
  withWaitingEntry,
} from '../../src/ledger.ts';
import { mendLedger, recordMend, salvageLedger, salvageLies } from '../../src/mend-ledger.ts';
import { soundLedger } from '../../src/sound-ledger.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';
import { POLICY, written } from '../plan-builders.ts';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const ASSIGNMENT = {
  accountId: '111111111111',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333',
  principalId: '11111111-1111-4111-8111-111111111111',
};

/** A row with two requests that wait. */
function soundRow(): Row {
  const read = emptyLedger(ASSIGNMENT, NOW);
  const first = withWaitingEntry(read, { requestId: 'first', untilMs: NOW + 60_000, nowMs: NOW });
  const write = ledgerWrite(
    read,
    withWaitingEntry(first, { requestId: 'second', untilMs: NOW + 60_000, nowMs: NOW }),
  );
  if (write.kind !== 'put') throw new Error('a ledger is put');
  return write.row;
}

function salvaged(row: Row) {
  const read = parseLedgerRow(row);
  const saved = isMalformedLedger(read) ? salvageLedger(read) : undefined;
  if (saved === undefined) throw new Error('there is nothing to mend, or nothing to save');
  return saved;
}

test('an entry that cannot be read leaves the others as they are', () => {
  const row = soundRow();
  const { ledger, lost } = salvaged({
    ...row,
    entries: { ...Object(row.entries), second: { phase: 'WHAT' } },
  });
  expect(lost).toEqual(['second']);
  expect(ledger.entries).toEqual({ first: { phase: 'WAITING', until: NOW + 60_000, minutes: 1 } });
});

test.each([
  ['CREATE', 'CREATING'],
  ['DELETE', 'DELETING'],
])('an operation that is a %s says that the stage is %s', (kind, stage) => {
  const op = { kind, id: 'op-1', claimed_at: '2026-01-15T11:59:59.000Z', looks: 0 };
  expect(salvaged({ ...soundRow(), stage: 'WHAT', op }).ledger).toMatchObject({ stage, op: { id: 'op-1' } });
});

test('a row whose key names no assignment cannot be mended', () => {
  const read = parseLedgerRow({ ...soundRow(), assignment_id: 'nobody', stage: 'WHAT' });
  expect(isMalformedLedger(read) && salvageLedger(read)).toBeUndefined();
});

test.each([
  ['stage', 'WHAT'],
  ['version', 'WHAT'],
  ['version', undefined],
])('a row with a spoilt %s (%s) is mended only as it was read', async (attribute, value) => {
  const store = createModelStore();
  const spoilt = Object.fromEntries(
    Object.entries({ ...soundRow(), [attribute]: value }).filter(([, each]) => each !== undefined),
  );
  const { writes } = mendLedger(salvaged(spoilt), new Map(), NOW);
  store.load(
    'assignments',
    [soundRow()].map((row) => ({ ...row, version: 7 })),
  );
  expect(await store.transact(writes)).toMatchObject({ outcome: 'refused' });
  store.load('assignments', [spoilt]);
  expect(await store.transact(writes)).toEqual({ outcome: 'written' });
  const [mended = {}] = store.dump('assignments');
  expect(isMalformedLedger(parseLedgerRow(mended))).toBe(false);
});

/** The row with the instants that a hand typed into it, as it lies in the table, and what is believed of it. */
function lying(typed: Row) {
  const row = { ...soundRow(), ...typed };
  const ledger = parseLedgerRow(row);
  if (isMalformedLedger(ledger)) throw new Error('it can be understood');
  return { row, saved: salvageLies(soundLedger(ledger, NOW, POLICY), row) };
}

const FAR = '2099-01-01T00:00:00.000Z';

test('a row that sleeps for years is mended as it was read, with all its entries, and looked at now', async () => {
  const { row, saved } = lying({ due_at: FAR });
  const change = mendLedger(saved, new Map(), NOW);
  expect(change).toMatchObject({ rule: 'ledger-mended', next: { due_at: NOW } });
  expect(Object.keys(change.next?.entries ?? {})).toEqual(['first', 'second']);
  const store = createModelStore();
  store.load('assignments', [row]);
  expect(await store.transact(change.writes)).toEqual({ outcome: 'written' });
});

test('an end that no grant can have is what the audit says, and else bounded', () => {
  const entries = { first: { phase: 'GRANTED', until: FAR }, second: { phase: 'GRANTED', until: FAR } };
  const { saved } = lying({ entries });
  expect(saved.lost).toEqual(['first', 'second']);
  const known = { phase: 'GRANTED' as const, until: NOW + 60_000 };
  const { next } = mendLedger(saved, new Map([['first', known]]), NOW);
  expect(next?.entries.first).toEqual(known);
  expect(next?.entries.second?.until).toBeLessThanOrEqual(NOW + 168 * 3_600_000 + POLICY.skewMs);
});

test('a mend whose event cannot be written goes on the row alone, which owes the event', () => {
  const change = mendLedger(lying({ due_at: FAR }).saved, new Map(), NOW);
  expect(written(change)).toEqual(['ledger', 'event assignment HAND_EDIT']);
  expect(change.alone?.writes.map(({ table }) => table)).toEqual(['assignments']);
  const mended = change.alone?.next;
  if (mended === undefined) throw new Error('it has to go alone');
  expect(mended.mended).toMatch(/due_at/);
  const record = recordMend(mended, NOW);
  expect(written(record)).toEqual(['ledger', 'event assignment HAND_EDIT']);
  expect(record?.next?.mended).toBeUndefined();
  expect(record?.next && recordMend(record.next, NOW)).toBeUndefined();
});
