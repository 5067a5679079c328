// What an operation of the store's port asks of IAM. That DynamoDB is really asked this is proved by the store's
// contract, which compares it with the requests on the wire.

import type { Key, Query, Row, Table, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import type { AwsCall } from './aws-call.ts';

export type StoreOperation =
  | { readonly kind: 'get'; readonly table: Table; readonly key: Key }
  | { readonly kind: 'getMany'; readonly table: Table; readonly keys: readonly Key[] }
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'scan'; readonly table: Table; readonly index?: string | undefined }
  | { readonly kind: 'write'; readonly write: Write };

const WRITE_ACTIONS = {
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
  check: 'dynamodb:ConditionCheckItem',
} as const;

export function callOfStore(operation: StoreOperation): AwsCall {
  switch (operation.kind) {
    case 'get':
      return itemCall('dynamodb:GetItem', operation.table, [operation.key]);
    case 'getMany':
      return itemCall('dynamodb:BatchGetItem', operation.table, operation.keys);
    case 'query': {
      const { table, index, partition } = operation.query;
      const resources = [resourceOf(table, index)];
      return { action: 'dynamodb:Query', resources, ...leadingKeys(table, [partition.value]) };
    }
    case 'scan':
      return scanCall(operation.table, operation.index);
    case 'write': {
      const { write } = operation;
      return itemCall(WRITE_ACTIONS[write.kind], write.table, [write.kind === 'put' ? write.row : write.key]);
    }
  }
}

/** Rows of one table, of which only the keys matter. */
export function itemCall(action: string, table: Table, rows: readonly Row[]): AwsCall {
  const { partition } = TableDefinitions[table];
  return {
    action,
    resources: [resourceOf(table)],
    ...leadingKeys(
      table,
      rows.map((row) => row[partition]),
    ),
  };
}

export function scanCall(table: Table, index?: string): AwsCall {
  return { action: 'dynamodb:Scan', resources: [resourceOf(table, index)], leadingKeys: [] };
}

export function resourceOf(table: Table, index?: string): string {
  return index === undefined ? `table/${table}` : `table/${table}/index/${index}`;
}

/** Only the rows of `control` are told apart by policies, by what their names begin with. */
export function leadingKeys(table: Table, values: readonly unknown[]): { leadingKeys?: readonly string[] } {
  if (table !== 'control') return {};
  return { leadingKeys: [...new Set(values.map((value) => leadOf(String(value))))] };
}

/** Up to the first `#`, so that distinct calls stay few. */
export function leadOf(name: string): string {
  const end = name.indexOf('#');
  return end < 0 ? name : name.slice(0, end + 1);
}
