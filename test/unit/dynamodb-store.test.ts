// How failures of DynamoDB become outcomes and errors: what a real server cannot be made to answer on demand.

import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, test } from 'vitest';
import { createDynamoDbStore, type TableNames } from '../../src/aws/dynamodb-store.ts';
import type { Row, Table, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { createTestClient } from '../test-tables.ts';

const names = Object.entries(TableDefinitions).map(([table, { defaultName }]) => [
  table as Table,
  defaultName,
]);
const tableNames = Object.fromEntries(names) as TableNames;

const one: Write[] = [{ kind: 'put', table: 'requests', row: { request_id: 'r' } }];
const two: Write[] = [
  ...one,
  { kind: 'put', table: 'audit', row: { request_id: 'r', event_time_event_id: 'e' } },
];

const metadata = (attempts = 1) => ({ message: 'from the test', $metadata: { attempts } });
const canceled = (...codes: (string | undefined)[]) =>
  new TransactionCanceledException({
    ...metadata(),
    CancellationReasons: codes.map((Code) => (Code === undefined ? {} : { Code })),
  });

function createStore() {
  const client = createTestClient('http://127.0.0.1:9');
  return { aws: mockClient(client), store: createDynamoDbStore({ client, tableNames, retryDelayMs: 0 }) };
}

describe('a transaction', () => {
  test.each([
    [['ConditionalCheckFailed', 'None'], [0]],
    [['None', 'ConditionalCheckFailed'], [1]],
    [
      ['ConditionalCheckFailed', 'ConditionalCheckFailed'],
      [0, 1],
    ],
    [['TransactionConflict', 'ConditionalCheckFailed'], [1]],
    [['ConditionalCheckFailed', 'ThrottlingError'], [0]],
    [['TransactionConflict', 'None'], []],
    [['TransactionConflict', undefined], []],
  ])('transact() answers refused for the reasons %j, failed %j', async (codes, failed) => {
    const { aws, store } = createStore();
    aws.on(TransactWriteCommand).rejects(canceled(...codes));
    expect(await store.transact(two)).toEqual({ outcome: 'refused', failed });
  });

  test.each([
    [['ThrottlingError', 'None']],
    [['ProvisionedThroughputExceeded', 'None']],
    [['ValidationError', 'None']],
    [['ItemCollectionSizeLimitExceeded', 'None']],
    [['TransactionConflict', 'ThrottlingError']],
    [['None', 'None']],
    [[]],
  ])('transact() throws for the reasons %j', async (codes) => {
    const { aws, store } = createStore();
    const cause = canceled(...codes);
    aws.on(TransactWriteCommand).rejects(cause);
    const thrown = await store.transact(two).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(StoreError);
    expect(thrown).toMatchObject({ action: 'write jit_requests, jit_audit', cause });
  });

  test('transact() tries again after a conflict, under the same token', async () => {
    const { aws, store } = createStore();
    aws.on(TransactWriteCommand).rejectsOnce(canceled('None', 'TransactionConflict')).resolves({});
    expect(await store.transact(two)).toEqual({ outcome: 'written' });
    const tokens = aws
      .commandCalls(TransactWriteCommand)
      .map((call) => call.args[0].input.ClientRequestToken);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    await store.transact(two);
    expect(aws.commandCalls(TransactWriteCommand)[2]?.args[0].input.ClientRequestToken).not.toBe(tokens[0]);
  });

  test('transact() answers the condition that turns out to fail after a conflict', async () => {
    const { aws, store } = createStore();
    const conflict = canceled('TransactionConflict', 'None');
    aws.on(TransactWriteCommand).rejectsOnce(conflict).rejects(canceled('ConditionalCheckFailed', 'None'));
    expect(await store.transact(two)).toEqual({ outcome: 'refused', failed: [0] });
  });

  test('transact() gives up after four conflicts', async () => {
    const { aws, store } = createStore();
    aws.on(TransactWriteCommand).rejects(canceled('TransactionConflict', 'None'));
    await store.transact(two);
    expect(aws.commandCalls(TransactWriteCommand)).toHaveLength(4);
  });

  test('transact() waits for its own earlier attempt, and throws if that does not end', async () => {
    const { aws, store } = createStore();
    const inProgress = new TransactionInProgressException(metadata());
    aws.on(TransactWriteCommand).rejectsOnce(inProgress).resolvesOnce({}).rejects(inProgress);
    expect(await store.transact(two)).toEqual({ outcome: 'written' });
    await expect(store.transact(two)).rejects.toThrow(StoreError);
  });
});

describe('a lone write', () => {
  test('transact() answers refused for a condition that failed', async () => {
    const { aws, store } = createStore();
    aws.on(PutCommand).rejects(new ConditionalCheckFailedException(metadata()));
    expect(await store.transact(one)).toEqual({ outcome: 'refused', failed: [0] });
  });

  test('transact() throws for a condition that failed on a second attempt: the first may have written', async () => {
    const { aws, store } = createStore();
    aws.on(PutCommand).rejects(new ConditionalCheckFailedException(metadata(2)));
    await expect(store.transact(one)).rejects.toThrow(StoreError);
  });

  test('transact() tries again after a conflict, then answers refused', async () => {
    const { aws, store } = createStore();
    const conflict = new TransactionConflictException(metadata());
    aws.on(PutCommand).rejectsOnce(conflict).resolvesOnce({}).rejects(conflict);
    expect(await store.transact(one)).toEqual({ outcome: 'written' });
    expect(await store.transact(one)).toEqual({ outcome: 'refused', failed: [] });
  });

  test('transact() throws for a conflict on a second attempt', async () => {
    const { aws, store } = createStore();
    aws.on(PutCommand).rejects(new TransactionConflictException(metadata(2)));
    await expect(store.transact(one)).rejects.toThrow(StoreError);
  });

  test('transact() throws for throttling, with the action and the cause, and without trying again', async () => {
    const { aws, store } = createStore();
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    aws.on(PutCommand).rejects(cause);
    const thrown = await store.transact(one).catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      name: 'StoreError',
      message: 'could not write jit_requests: ThrottlingException: slow down',
      cause,
    });
    expect(aws.commandCalls(PutCommand)).toHaveLength(1);
  });
});

describe('reading', () => {
  const keys = Array.from({ length: 3 }, (_, index) => ({ request_id: String(index) }));

  test('getMany() asks again for what was not processed', async () => {
    const { aws, store } = createStore();
    const unprocessed = { jit_requests: { Keys: keys.slice(1) } };
    aws
      .on(BatchGetCommand)
      .resolvesOnce({ Responses: { jit_requests: keys.slice(0, 1) }, UnprocessedKeys: unprocessed })
      .resolvesOnce({ UnprocessedKeys: unprocessed })
      .resolves({ Responses: { jit_requests: keys.slice(1) }, UnprocessedKeys: {} });
    expect(await store.getMany('requests', keys)).toEqual(keys);
  });

  test('getMany() reads in halves what is too large for one answer, and throws where one row is', async () => {
    const { aws, store } = createStore();
    const keys = ['1', '2', '3', '4', '5'].map((request_id) => ({ request_id }));
    let limit = 2;
    aws
      .on(BatchGetCommand)
      .callsFake(({ RequestItems }: { RequestItems: Record<string, { Keys: Row[] }> }) => {
        const asked = RequestItems.jit_requests?.Keys ?? [];
        if (asked.length > limit)
          throw Object.assign(new Error('too large'), { name: 'AnswerTooLargeError' });
        return { Responses: { jit_requests: asked } };
      });
    expect(await store.getMany('requests', keys)).toEqual(keys);
    limit = 0;
    await expect(store.getMany('requests', keys)).rejects.toThrow(/read jit_requests: .*too large/);
  });

  test('getMany() throws when keys stay unprocessed, rather than leave rows out', async () => {
    const { aws, store } = createStore();
    aws.on(BatchGetCommand).resolves({ UnprocessedKeys: { jit_requests: { Keys: keys } } });
    await expect(store.getMany('requests', keys)).rejects.toThrow(/read jit_requests: .*3 keys/);
  });

  test('get() and query() throw with the action and the cause', async () => {
    const { aws, store } = createStore();
    const cause = new Error('no network');
    aws.on(GetCommand).rejects(cause).on(QueryCommand).rejects(cause);
    const partition = { attribute: 'status', value: 'PENDING' };
    await expect(store.get('requests', { request_id: 'r' })).rejects.toMatchObject({
      action: 'read jit_requests',
      cause,
    });
    await expect(
      store.query({ table: 'requests', index: 'gsi_status_due', partition }),
    ).rejects.toMatchObject({ action: 'query jit_requests by gsi_status_due', cause });
  });
});
