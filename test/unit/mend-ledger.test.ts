import { expect, test } from 'vitest';
import {
  emptyLedger,
  isMalformedLedger,
  ledgerWrite,
  parseLedgerRow,
  withWaitingEntry,
} from '../../src/ledger.ts';
import { mendLedger, salvageLedger } from '../../src/mend-ledger.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';

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
