// Compares the tables as they are with their definitions, for the check at start. Only reads.

import {
  DescribeTableCommand,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Table } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { type TableDefinition, TableDefinitions } from '../table-definitions.ts';
import type { DocumentClient, TableNames } from './dynamodb-store.ts';

/**
 * A sentence for every table that is missing or has another key, and for every index that is missing, has another
 * key, does not project all attributes or is not usable yet; empty when all is well. Further indexes and time to
 * live are not looked at: nothing that is decided depends on them. Throws `StoreError` when a table cannot be read.
 */
export async function describeTableProblems(deps: {
  readonly client: DocumentClient;
  readonly tableNames: TableNames;
}): Promise<string[]> {
  const tables = Object.keys(TableDefinitions) as Table[];
  const problems = tables.map(async (table) => {
    const name = deps.tableNames[table];
    const description = await describeTable(deps.client, name);
    return description === undefined
      ? [`Table ${name} does not exist.`]
      : compare(name, TableDefinitions[table], description);
  });
  return (await Promise.all(problems)).flat();
}

async function describeTable(client: DocumentClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw new StoreError(`describe ${name}`, { cause: error });
  }
}

function compare(name: string, definition: TableDefinition, description: TableDescription): string[] {
  const types = new Map(
    description.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [
      AttributeName,
      AttributeType,
    ]),
  );
  const keyOf = (schema: TableDescription['KeySchema']) =>
    (schema ?? []).map(
      ({ AttributeName, KeyType }) => `${AttributeName} ${KeyType} ${types.get(AttributeName)}`,
    );
  const problems = compareKey(`Table ${name}`, definition, keyOf(description.KeySchema));
  for (const wanted of definition.indexes) {
    const index = description.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === wanted.name);
    const subject = `Index ${wanted.name} of table ${name}`;
    if (index === undefined || index.IndexStatus === 'DELETING') {
      problems.push(`${subject} does not exist.`);
      continue;
    }
    problems.push(...compareKey(subject, wanted, keyOf(index.KeySchema)));
    if (index.Projection?.ProjectionType !== 'ALL')
      problems.push(`${subject} does not project all attributes.`);
    // While an index is being filled it answers queries with only a part of the rows.
    if (index.IndexStatus === 'CREATING') problems.push(`${subject} is still being created.`);
  }
  return problems;
}

function compareKey(
  subject: string,
  wanted: { readonly partition: string; readonly sort?: string },
  found: readonly string[],
): string[] {
  const expected = [
    `${wanted.partition} HASH S`,
    ...(wanted.sort === undefined ? [] : [`${wanted.sort} RANGE S`]),
  ];
  if (expected.join() === found.join()) return [];
  return [`${subject} has the key (${found.join(', ')}) instead of (${expected.join(', ')}).`];
}
