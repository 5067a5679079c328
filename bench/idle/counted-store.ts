// A store that counts what is asked of it: requests as the SDK makes them, and the capacity units that they cost.

import type { Key, Row, Store, Table, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import type { ModelStore } from '../../test/model-store.ts';
import { getUnits, pageUnits, writeUnits } from './capacity-units.ts';
import { type LoopPart, partOfRead, partOfWrite } from './loop-part.ts';

export type Asked = {
  readonly atMs: number;
  readonly part: LoopPart;
  readonly table: Table;
  readonly reads: number;
  readonly writes: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The same once more, of another store. */
  readonly again: (store: Store) => Promise<unknown>;
};

/** BatchGetItem takes up to 100 keys. */
const BATCH_KEYS_MAX = 100;

export function createCountedStore(
  store: ModelStore,
  nowMs: () => number,
  onAsked: (asked: Asked) => void,
): Store {
  const told = (asked: Omit<Asked, 'atMs' | 'writes' | 'writeUnits'>) =>
    onAsked({ atMs: nowMs(), writes: 0, writeUnits: 0, ...asked });
  return {
    async get(table, key) {
      const row = await store.get(table, key);
      told({
        part: partOfRead({ kind: 'get', table, key }),
        table,
        reads: 1,
        readUnits: getUnits(row),
        again: (other) => other.get(table, key),
      });
      return row;
    },
    async getMany(table, keys) {
      const rows = await store.getMany(table, keys);
      const absent = new Set(keys.map((key) => JSON.stringify(key))).size - rows.length;
      told({
        part: partOfRead({ kind: 'getMany', table, keys }),
        table,
        reads: Math.ceil(keys.length / BATCH_KEYS_MAX),
        readUnits: rows.reduce((sum, row) => sum + getUnits(row), absent),
        again: (other) => other.getMany(table, keys),
      });
      return rows;
    },
    async query(query) {
      const page = await store.query(query);
      told({
        part: partOfRead({ kind: 'query', table: query.table, query }),
        table: query.table,
        reads: 1,
        readUnits: pageUnits(page.rows, query.consistent === true),
        again: (other) => other.query(query),
      });
      return page;
    },
    async scan(table, options) {
      const page = await store.scan(table, options);
      told({
        part: partOfRead({ kind: 'scan', table }),
        table,
        reads: 1,
        readUnits: pageUnits(page.rows, false),
        again: (other) => other.scan(table, options),
      });
      return page;
    },
    async transact(writes) {
      const rowsOf = () => writes.map((write) => store.peek(write.table, keyOf(write)));
      const before = rowsOf();
      const outcome = await store.transact(writes);
      const after = rowsOf();
      const units = writes.map((write, n) =>
        writeUnits(write, { before: before[n], after: after[n] }, writes.length > 1),
      );
      onAsked({
        atMs: nowMs(),
        part: partOfWrite(writes),
        table: writes[0]?.table ?? 'control',
        reads: 0,
        writes: 1,
        readUnits: 0,
        writeUnits: units.reduce((sum, each) => sum + each, 0),
        again: (other) => other.transact(writes),
      });
      return outcome;
    },
  };
}

function keyOf(write: Write): Key {
  if (write.kind !== 'put') return write.key;
  const { partition, sort } = TableDefinitions[write.table];
  const attribute = (name: string, row: Row) => [name, String(row[name])] as const;
  const parts = [partition, ...(sort === undefined ? [] : [sort])];
  return Object.fromEntries(parts.map((name) => attribute(name, write.row)));
}
