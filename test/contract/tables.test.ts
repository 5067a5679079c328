// Creating and checking the tables, on DynamoDB Local.

import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, test } from 'vitest';
import { describeTableProblems } from '../../src/aws/check-tables.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { StoreError } from '../../src/store-error.ts';
import { createTestClient, createTestTables, needsTables, uniqueTableNames } from '../test-tables.ts';

describe('tables', needsTables(), () => {
  test('createTables() creates them all, twice and twice at once', async () => {
    const client = createTestClient(inject('dynamoDbEndpoint'));
    const tableNames = uniqueTableNames();
    const missing = await describeTableProblems({ client, tableNames });
    expect(missing).toHaveLength(7);
    expect(missing).toContain(`Table ${tableNames.requests} does not exist.`);
    await Promise.all([createTables({ client, tableNames }), createTables({ client, tableNames })]);
    await createTables({ client, tableNames });
    expect(await describeTableProblems({ client, tableNames })).toEqual([]);
  });

  test('createTables() enables time to live where it is defined', async () => {
    const { client, tableNames } = await createTestTables();
    const timeToLive = async (TableName: string) =>
      (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
    expect(await timeToLive(tableNames.nonces)).toMatchObject({
      AttributeName: 'expires_at',
      TimeToLiveStatus: 'ENABLED',
    });
    expect(await timeToLive(tableNames.control)).toMatchObject({
      AttributeName: 'expires_at',
      TimeToLiveStatus: 'ENABLED',
    });
    expect((await timeToLive(tableNames.audit))?.TimeToLiveStatus).toBe('DISABLED');
  });

  test('describeTableProblems() names what is missing or has another key', async () => {
    const { client, tableNames } = await createTestTables();
    await client.send(
      new UpdateTableCommand({
        TableName: tableNames.requests,
        GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'gsi_status_due' } }],
      }),
    );
    await client.send(new DeleteTableCommand({ TableName: tableNames.outbox }));
    await client.send(new DeleteTableCommand({ TableName: tableNames.assignments }));
    await client.send(
      new CreateTableCommand({
        TableName: tableNames.assignments,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['assignment_id', 'shard', 'due_at', 'pair'].map((AttributeName) => ({
          AttributeName,
          AttributeType: AttributeName === 'due_at' ? 'N' : 'S',
        })),
        KeySchema: [
          { AttributeName: 'assignment_id', KeyType: 'HASH' },
          { AttributeName: 'pair', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'gsi_due',
            KeySchema: [
              { AttributeName: 'shard', KeyType: 'HASH' },
              { AttributeName: 'due_at', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
    const { assignments, outbox, requests } = tableNames;
    expect((await describeTableProblems({ client, tableNames })).sort()).toEqual(
      [
        `Index gsi_status_due of table ${requests} does not exist.`,
        `Table ${outbox} does not exist.`,
        `Table ${assignments} has the key (assignment_id HASH S, pair RANGE S) instead of (assignment_id HASH S).`,
        `Index gsi_due of table ${assignments} has the key (shard HASH S, due_at RANGE N) instead of (shard HASH S, due_at RANGE S).`,
        `Index gsi_due of table ${assignments} does not project all attributes.`,
        `Index gsi_pair of table ${assignments} does not exist.`,
      ].sort(),
    );
  });

  test('describeTableProblems() throws where the tables cannot be read', async () => {
    const client = createTestClient('http://127.0.0.1:9');
    await expect(describeTableProblems({ client, tableNames: uniqueTableNames() })).rejects.toThrow(
      StoreError,
    );
  });
});

describe('createDocumentClient()', needsTables(), () => {
  test('reads a number that JavaScript cannot hold, rather than lose the page it is on', async () => {
    const { client, store, tableNames } = await createTestTables();
    const { ExecuteStatementCommand } = await import('@aws-sdk/client-dynamodb');
    const Statement = `INSERT INTO "${tableNames.control}" VALUE {'name': 'typed', 'until': 99999999999999999999}`;
    await client.send(new ExecuteStatementCommand({ Statement }));
    // It is no JavaScript number, and goes back as it lies there.
    expect(String((await store.get('control', { name: 'typed' }))?.until)).toBe('99999999999999999999');
  });
});
