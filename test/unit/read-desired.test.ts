// What is desired of one assignment, read so that what cannot be read or believed is said, and holds up no ending.

import { expect, it } from 'vitest';
import { readDesired } from '../../reconciler/read-desired.ts';
import { assignmentId } from '../../src/assignment.ts';
import type { Ledger } from '../../src/ledger.ts';
import { ledgerWrite } from '../../src/ledger.ts';
import type { Row, Table } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { toDueAt, toTimestamp } from '../../src/timestamp.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import { ASSIGNMENT, aRow, aView, both, HOUR, MINUTE, NOW, POLICY } from '../plan-builders.ts';

const OTHER = { ...ASSIGNMENT, accountId: '222222222222' };
const HOLD: Row = {
  name: `principal#${ASSIGNMENT.principalId}`,
  version: 3,
  principal_id: ASSIGNMENT.principalId,
  frozen: true,
  actor_email: 'cleo@example.com',
  reason: 'left the company',
};

function stored(ledger: Ledger): Row {
  const write = ledgerWrite({ ...ledger, version: ledger.version - 1 }, ledger);
  if (write.kind !== 'put') throw new Error('a ledger is put');
  return write.row;
}

const granted = aView({ entries: { a: 'GRANTED' }, ledger: { due_at: NOW + HOUR } }).ledger;

function storeWith(
  ledger: readonly Row[] = [stored(granted)],
  requests: readonly Row[] = [aRow('a', both('GRANTED'))],
) {
  const store = createModelStore();
  store.load('assignments', ledger);
  store.load('requests', requests);
  store.load('control', [HOLD]);
  return store;
}

function deny(store: ModelStore, ...tables: readonly Table[]): void {
  store.hooks.onRead = ({ table }) => {
    if (tables.includes(table)) throw new StoreError(`read ${table}`, { cause: new Error('denied') });
  };
}

const read = (store: ModelStore, requestIds: readonly string[] = []) =>
  readDesired(store, ASSIGNMENT, { requestIds, nowMs: NOW, policy: POLICY });

const approved = (id: string, assignment = ASSIGNMENT): Row => ({
  request_id: id,
  event_time_event_id: `${toTimestamp(NOW - MINUTE)}#000002`,
  event_type: 'APPROVED',
  event_time: toTimestamp(NOW - MINUTE),
  details: { assignment_id: assignmentId(assignment), end_time: toTimestamp(NOW + HOUR) },
});

it('reads the ledger, its requests and the word on the person', async () => {
  const desired = await read(storeWith());
  expect(desired).toMatchObject({ ledger: { version: granted.version }, hold: { frozen: true } });
  expect('requests' in desired && [...desired.requests.keys()]).toEqual(['a']);
  expect(desired).not.toHaveProperty('unread');
});

it.each<[Table, string]>([
  ['requests', 'requests'],
  ['control', 'hold'],
])('says why %s could not be read, and hands on what the ledger says', async (table, part) => {
  const store = storeWith();
  deny(store, table);
  expect(await read(store)).toMatchObject({
    ledger: { entries: { a: { phase: 'GRANTED' } } },
    unread: { [part]: expect.stringContaining(`read ${table}`) },
  });
});

it('says why the audit could not be asked about what the ledger should have an entry for', async () => {
  const store = storeWith([]);
  deny(store, 'audit');
  const desired = await read(store, ['a']);
  expect(desired).toMatchObject({ unread: { audit: expect.stringContaining('read audit') } });
  expect(Object.keys(Object('unread' in desired ? desired.unread : {}))).toEqual(['audit']);
});

it('has to read the ledger', async () => {
  const store = storeWith();
  deny(store, 'assignments');
  await expect(read(store)).rejects.toThrow(StoreError);
});

it('does not take a bug for an outage', async () => {
  const store = storeWith();
  store.hooks.onRead = ({ table }) => {
    if (table === 'requests') throw new TypeError('a bug');
  };
  await expect(read(store)).rejects.toThrow(TypeError);
});

it('asks the audit about a request without an entry: what it lost, and what it was approved for', async () => {
  const rows = ['lost', 'moved', 'never'].map((id) => aRow(id, both('APPROVED')));
  const store = storeWith([stored(granted)], rows);
  store.load('audit', [approved('lost'), approved('moved', OTHER)]);
  const desired = await read(store, ['lost', 'moved', 'never']);
  if ('unreadable' in desired) throw new Error('it can be read');
  expect([...(desired.audited ?? [])]).toEqual([['lost', expect.objectContaining({ phase: 'WAITING' })]]);
  expect([...(desired.elsewhere ?? [])]).toEqual([['moved', OTHER]]);
});

it('asks the audit about nobody who has an entry, is settled, or was never answered', async () => {
  const rows = [
    aRow('a', both('GRANTED')),
    aRow('settled', { ...both('EXPIRED'), due_at: undefined }),
    aRow('pending', both('PENDING')),
  ];
  const store = storeWith([stored(granted)], rows);
  deny(store, 'audit');
  expect(await read(store, ['settled', 'pending'])).not.toHaveProperty('unread');
});

it('asks the audit about a grant that a hand took out of the index', async () => {
  const store = storeWith([], [aRow('a', { ...both('GRANTED'), due_at: undefined })]);
  const approval = approved('a');
  store.load('audit', [
    { ...approval, event_id: '000002-APPROVED' },
    {
      ...approval,
      event_type: 'GRANTED',
      event_id: '000003-GRANTED',
      event_time_event_id: `${toTimestamp(NOW)}#000003`,
    },
  ]);
  const until = NOW + HOUR;
  expect(await read(store, ['a'])).toMatchObject({
    audited: new Map([['a', { phase: 'GRANTED', until, minutes: 61 }]]),
  });
});

it('a row that lies is mended from what the audit knows before anything is decided by it', async () => {
  const far = '2099-01-01T00:00:00.000Z';
  const entries = { a: { phase: 'GRANTED', until: far } };
  const store = storeWith([{ ...stored(granted), entries, due_at: far }]);
  store.load('audit', [
    approved('a'),
    { ...approved('a'), event_type: 'GRANTED', event_time_event_id: `${toTimestamp(NOW)}#000003` },
  ]);
  const desired = await read(store);
  expect(desired).toMatchObject({ unreadable: expect.stringContaining('entries.a.until') });
  const mend = 'unreadable' in desired ? desired.mend : undefined;
  expect(mend?.salvaged).toMatchObject({ lost: ['a'], ledger: { due_at: NOW } });
  expect(mend?.audited.get('a')).toMatchObject({ phase: 'GRANTED', until: NOW + HOUR });
});

it('a row that lies is mended although the audit cannot be asked: it ends at its bound', async () => {
  const store = storeWith([{ ...stored(granted), due_at: toDueAt(NOW + 48 * HOUR) }]);
  deny(store, 'audit', 'requests', 'control');
  expect(await read(store)).toMatchObject({
    unreadable: expect.stringContaining('due_at'),
    mend: { salvaged: { ledger: { due_at: NOW } } },
  });
});

it('nothing that is not written can lie', async () => {
  const desired = await read(storeWith([], []));
  expect(desired).toMatchObject({ ledger: { entries: {}, version: -NOW } });
});
