// Tables in memory that cost next to nothing and answer at once, so that what is measured is the server in front of
// them. Every request that is asked for exists and is granted. They keep the newest rows only: where rows lie for good is
// not the server's memory.

import { isDeepStrictEqual } from 'node:util';
import type { Condition, Key, Row, Store, Table, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { grantedRow, restingLedgerRow } from './granted-row.ts';

export function createRowStore(rowsMax: number): Store {
  const tables = new Map(Object.keys(TableDefinitions).map((name) => [name, new Map<string, Row>()]));
  const rowsOf = (table: Table) => tables.get(table) ?? new Map<string, Row>();
  const find = (table: Table, key: Row) => rowsOf(table).get(identityOf(table, key)) ?? asGranted(table, key);

  const put = (table: Table, row: Row) => {
    const rows = rowsOf(table);
    rows.set(identityOf(table, row), row);
    if (rows.size <= rowsMax) return;
    const [oldest = ''] = rows.keys();
    rows.delete(oldest);
  };
  const write = (each: Write, found: Row | undefined) => {
    if (each.kind === 'put') put(each.table, each.row);
    else if (each.kind === 'update') put(each.table, updated(found ?? each.key, each));
    else if (each.kind === 'delete') rowsOf(each.table).delete(identityOf(each.table, each.key));
  };

  return {
    get: async (table, key) => find(table, key),
    getMany: async (table, keys) =>
      keys.map((key) => find(table, key)).filter((row): row is Row => row !== undefined),
    query: async () => ({ rows: [] }),
    scan: async () => ({ rows: [] }),
    async transact(writes) {
      const found = writes.map((each) => find(each.table, keyOf(each)));
      const failed = [...writes.keys()].filter((at) => !holds(writes[at]?.onlyIf, found[at]));
      if (failed.length > 0) return { outcome: 'refused', failed };
      for (const [at, each] of writes.entries()) write(each, found[at]);
      return { outcome: 'written' };
    },
  };
}

function asGranted(table: Table, key: Row): Row | undefined {
  if (table === 'requests') return grantedRow(String(key.request_id));
  return table === 'assignments' ? restingLedgerRow(String(key.assignment_id)) : undefined;
}

function identityOf(table: Table, key: Row): string {
  const { partition, sort } = TableDefinitions[table];
  return sort === undefined ? `${key[partition]}` : `${key[partition]}|${key[sort]}`;
}

function keyOf(write: Write): Key | Row {
  return write.kind === 'put' ? write.row : write.key;
}

function updated(
  row: Row,
  { set, remove = [] }: { readonly set?: Row; readonly remove?: readonly string[] },
): Row {
  const after: Record<string, unknown> = { ...row, ...set };
  for (const name of remove) delete after[name];
  return after;
}

function holds(conditions: readonly Condition[] | undefined, row: Row | undefined): boolean {
  return (conditions ?? []).every((condition) => {
    const value = row?.[condition.attribute];
    if ('absent' in condition) return value === undefined;
    if ('present' in condition) return value !== undefined;
    if ('is' in condition) return value === condition.is || isDeepStrictEqual(value, condition.is);
    if ('noText' in condition) return value !== undefined && typeof value !== 'string';
    return (value as string) <= condition.atMost;
  });
}
