// The worlds judge what is asked of the store's port. Here the real store asks DynamoDB the same, and what arrives there
// is what was judged.

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import type { Query, Store, Write } from '../../src/store.ts';
import { createTestClient, needsTables, uniqueTableNames } from '../test-tables.ts';
import type { AwsCall } from './aws-call.ts';
import { callOfStore, type StoreOperation } from './calls-of-store.ts';
import { openRecordingDoor, type RecordingDoor } from './recording-door.ts';

const KEY = { name: 'pass#1' };
const NAMED = { attribute: 'name', value: 'pass#1' };
const DUE = { attribute: 'status', value: 'GRANTED' };
const WRITES: readonly Write[] = [
  { kind: 'put', table: 'control', row: { ...KEY, state: 'ASKED' } },
  {
    kind: 'update',
    table: 'requests',
    key: { request_id: 'r' },
    set: { status: 'DENIED' },
    remove: ['due_at'],
  },
  { kind: 'delete', table: 'control', key: { name: 'account#1' } },
  {
    kind: 'check',
    table: 'control',
    key: { name: 'principal#1' },
    onlyIf: [{ attribute: 'name', absent: true }],
  },
  { kind: 'put', table: 'audit', row: { request_id: 'r', event_time_event_id: 'e' } },
];
const QUERIES: readonly Query[] = [
  { table: 'control', partition: NAMED, consistent: true },
  {
    table: 'requests',
    index: 'gsi_status_due',
    partition: DUE,
    sort: { attribute: 'due_at', from: '1', to: '2' },
  },
];
const READS: readonly StoreOperation[] = [
  { kind: 'get', table: 'control', key: KEY },
  { kind: 'getMany', table: 'control', keys: [KEY, { name: 'pass#2' }, { name: 'brake' }] },
  { kind: 'getMany', table: 'requests', keys: [{ request_id: 'r' }, { request_id: 's' }] },
  { kind: 'scan', table: 'requests', index: 'gsi_status_due' },
  { kind: 'scan', table: 'assignments' },
  ...QUERIES.map((query): StoreOperation => ({ kind: 'query', query })),
];

describe('createDynamoDbStore() asks of AWS what its port is judged by', needsTables(), () => {
  const arrived: AwsCall[] = [];
  let door: RecordingDoor;
  let store: Store;
  beforeAll(async () => {
    const tableNames = uniqueTableNames();
    await createTables({ client: createTestClient(inject('dynamoDbEndpoint')), tableNames });
    door = await openRecordingDoor(inject('dynamoDbEndpoint'), (_caller, call) => arrived.push(call));
    store = createDynamoDbStore({ client: createTestClient(door.url), tableNames });
  });
  afterAll(() => door?.close());

  const asked = async (ask: () => Promise<unknown>) => {
    arrived.length = 0;
    await ask();
    // A policy's condition on attributes is for people with a command line: no part has one.
    return arrived.map(({ attributes: _, ...call }) => call);
  };

  test.each(READS)('for the read %j', async (operation) => {
    expect(await asked(() => read(store, operation))).toEqual([callOfStore(operation)]);
  });

  test.each(WRITES)('for the write %j by itself', async (write) => {
    expect(await asked(() => store.transact([write]))).toEqual([callOfStore({ kind: 'write', write })]);
  });

  test('for all of them in a transaction: one action for each, and none of its own', async () => {
    const each = WRITES.map((write) => callOfStore({ kind: 'write', write }));
    expect(await asked(() => store.transact(WRITES))).toEqual(each);
  });
});

function read(store: Store, operation: StoreOperation): Promise<unknown> {
  switch (operation.kind) {
    case 'get':
      return store.get(operation.table, operation.key);
    case 'getMany':
      return store.getMany(operation.table, operation.keys);
    case 'query':
      return store.query(operation.query);
    case 'scan':
      return store.scan(operation.table, operation.index === undefined ? {} : { index: operation.index });
    case 'write':
      return store.transact([operation.write]);
  }
}
