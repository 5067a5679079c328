// Creates the tables in local mode and in tests. A deployment's tables are made by its Terraform; nothing here ever
// changes or deletes a table that exists.

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type KeySchemaElement,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import pRetry from 'p-retry';
import type { Table } from '../store.ts';
import { type TableDefinition, TableDefinitions } from '../table-definitions.ts';
import type { DocumentClient, TableNames } from './dynamodb-store.ts';

/** Creates what is missing and waits until it can be used. May run again, and in several processes at once. */
export async function createTables(deps: {
  readonly client: DocumentClient;
  readonly tableNames: TableNames;
}): Promise<void> {
  const tables = Object.keys(TableDefinitions) as Table[];
  await Promise.all(
    tables.map((table) => createTable(deps.client, deps.tableNames[table], TableDefinitions[table])),
  );
}

async function createTable(client: DocumentClient, name: string, definition: TableDefinition): Promise<void> {
  try {
    await client.send(new CreateTableCommand(toCreateInput(name, definition)));
  } catch (error) {
    // It exists, or another process is creating it just now.
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await untilActive(client, name);
  if (definition.timeToLive !== undefined) await enableTimeToLive(client, name, definition.timeToLive);
}

function toCreateInput(name: string, definition: TableDefinition): CreateTableCommandInput {
  const keys = [definition, ...definition.indexes];
  const attributes = new Set(keys.flatMap(({ partition, sort }) => (sort ? [partition, sort] : [partition])));
  const indexes = definition.indexes.map((index) => ({
    IndexName: index.name,
    KeySchema: toKeySchema(index),
    Projection: { ProjectionType: 'ALL' as const },
  }));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((attribute) => ({
      AttributeName: attribute,
      AttributeType: 'S',
    })),
    KeySchema: toKeySchema(definition),
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
  };
}

function toKeySchema(key: { readonly partition: string; readonly sort?: string }): KeySchemaElement[] {
  const partition = { AttributeName: key.partition, KeyType: 'HASH' as const };
  return key.sort === undefined
    ? [partition]
    : [partition, { AttributeName: key.sort, KeyType: 'RANGE' as const }];
}

async function untilActive(client: DocumentClient, name: string): Promise<void> {
  const look = async () => {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const indexes = table?.GlobalSecondaryIndexes ?? [];
    const statuses = [table?.TableStatus, ...indexes.map((index) => index.IndexStatus)];
    if (!statuses.every((status) => status === 'ACTIVE')) throw new Error(`${name} is not active yet`);
  };
  // About a minute in all. DescribeTable is eventually consistent and may not know a table just created.
  await pRetry(look, { retries: 60, minTimeout: 50, factor: 1.5, maxTimeout: 1_000 });
}

async function enableTimeToLive(client: DocumentClient, name: string, attribute: string): Promise<void> {
  if (await hasTimeToLive(client, name)) return;
  const specification = { AttributeName: attribute, Enabled: true };
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: specification }),
    );
  } catch (error) {
    // Enabling it twice is a ValidationException: another process was first.
    if (!(await hasTimeToLive(client, name))) throw error;
  }
}

async function hasTimeToLive(client: DocumentClient, name: string): Promise<boolean> {
  const answer = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  const status = answer.TimeToLiveDescription?.TimeToLiveStatus;
  return status === 'ENABLED' || status === 'ENABLING';
}
