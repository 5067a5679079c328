// The tables in a DynamoDB Local, under their usual names.

import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore, type TableNames } from '../../src/aws/dynamodb-store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';

const names = Object.entries(TableDefinitions).map(([table, { defaultName }]) => [table, defaultName]);
const tableNames = Object.fromEntries(names) as TableNames;

export function openBenchTables(endpoint: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = createDocumentClient({ region: 'us-east-1', endpoint, credentials });
  return { client, tableNames, store: createDynamoDbStore({ client, tableNames }) };
}
