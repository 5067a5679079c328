// Tables of its own on the test run's DynamoDB Local, for one test file.

import { randomUUID } from 'node:crypto';
import { inject, type TestOptions } from 'vitest';
import { createTables } from '../src/aws/create-tables.ts';
import { createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore, type TableNames } from '../src/aws/dynamodb-store.ts';
import type { Store, Table } from '../src/store.ts';
import { TableDefinitions } from '../src/table-definitions.ts';
import { needs } from './needs.ts';

export type TestTables = {
  readonly store: Store;
  readonly client: ReturnType<typeof createDocumentClient>;
  readonly tableNames: TableNames;
  readonly endpoint: string;
};

export function hasDynamoDbLocal(): boolean {
  return inject('dynamoDbEndpoint') !== '';
}

/** For a `describe` or `test` that needs DynamoDB Local. */
export function needsTables(): TestOptions {
  return needs({ java: hasDynamoDbLocal() });
}

/** Names of the seven tables under a prefix that nobody else uses. */
export function uniqueTableNames(): TableNames {
  const prefix = `t${randomUUID().slice(0, 8)}`;
  const names = Object.entries(TableDefinitions).map(([table, { defaultName }]) => [
    table as Table,
    `${prefix}-${defaultName}`,
  ]);
  return Object.fromEntries(names) as TableNames;
}

/** What tells a process their names. */
export function tableSettings(names: TableNames): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(names).map(([table, name]) => [`TABLE_${table.toUpperCase()}`, name]),
  );
}

export function createTestClient(endpoint: string): TestTables['client'] {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return createDocumentClient({ region: 'us-east-1', endpoint, credentials });
}

/** Creates all seven tables, empty. The server forgets them with the test run. */
export async function createTestTables(): Promise<TestTables> {
  const endpoint = inject('dynamoDbEndpoint');
  const client = createTestClient(endpoint);
  const tableNames = uniqueTableNames();
  await createTables({ client, tableNames });
  return { store: createDynamoDbStore({ client, tableNames }), client, tableNames, endpoint };
}
