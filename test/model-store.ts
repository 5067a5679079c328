// The tables in memory, for simulations: deterministic, without waiting, and refusing what DynamoDB refuses. The
// same contract cases run against it and against DynamoDB Local. Rows are never dropped by their time to live.

import type { WallClock } from '../src/clock.ts';
import type { Key, Query, Row, Store, Table, Write, WriteOutcome } from '../src/store.ts';
import { StoreError } from '../src/store-error.ts';
import { TableDefinitions } from '../src/table-definitions.ts';
import { queryPage, scanPage } from './model-page.ts';
import {
  assertIndexable,
  conditionsHold,
  copyValue,
  identityOf,
  identityOfKey,
  rowAfter,
  ValidationException,
} from './model-row.ts';
import { createEntry, createModelTable, type Entry, type ModelTable, visibleRow } from './model-table.ts';

export type ModelRead =
  | { readonly kind: 'get'; readonly table: Table; readonly key: Key }
  | { readonly kind: 'getMany'; readonly table: Table; readonly keys: readonly Key[] }
  | { readonly kind: 'query'; readonly table: Table; readonly query: Query }
  | { readonly kind: 'scan'; readonly table: Table };

/** Called around every effect; may wait, and may throw to make it fail. Can be exchanged while the store is in use. */
export type ModelHooks = {
  /** What it throws is a request that never arrived. */
  onBeforeWrite?: (writes: readonly Write[]) => void | Promise<void>;
  /** What it throws is an answer that got lost: the write has happened, or has been refused. */
  onAfterWrite?: (writes: readonly Write[], outcome: WriteOutcome) => void | Promise<void>;
  onRead?: (read: ModelRead) => void | Promise<void>;
};

/** Lets reads that are not strongly consistent answer from an earlier state. */
export type ModelLag = {
  readonly clock: WallClock;
  /** How old the state is that this read sees, milliseconds from 0 to `maxLagMs`; asked anew for every such read. */
  readonly lagMs: (read: ModelRead) => number;
  readonly maxLagMs: number;
};

export type ModelStore = Store & {
  readonly hooks: ModelHooks;
  /** Every row as it is now, in the order of its key. Calls no hook. */
  dump(table: Table): readonly Row[];
  /** One row as it is now. Calls no hook. */
  peek(table: Table, key: Key): Row | undefined;
  /** Puts rows, refusing what DynamoDB refuses. Calls no hook. */
  load(table: Table, rows: readonly Row[]): void;
};

const WRITES_MAX = 100;
const ROW_MAX_BYTES = 400 * 1024;
const TRANSACTION_MAX_BYTES = 4 * 1024 * 1024;

export function createModelStore(
  options: { readonly hooks?: ModelHooks; readonly indexLag?: ModelLag } = {},
): ModelStore {
  const { hooks = {}, indexLag } = options;
  const names = Object.keys(TableDefinitions) as Table[];
  const tables = new Map(names.map((name) => [name, createModelTable(TableDefinitions[name], indexLag)]));
  const tableOf = (name: Table): ModelTable => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return table;
  };
  const find = (table: Table, key: Key) => tableOf(table).get(identityOfKey(TableDefinitions[table], key));
  const lagOf = (read: ModelRead) => Math.min(indexLag?.lagMs(read) ?? 0, indexLag?.maxLagMs ?? 0);
  const reading = async <T>(read: ModelRead, answer: () => T): Promise<T> => {
    if (hooks.onRead !== undefined) await hooks.onRead(read);
    return failingAs(`read ${TableDefinitions[read.table].defaultName}`, answer);
  };

  return {
    hooks,
    get: (table, key) =>
      reading({ kind: 'get', table, key }, () => {
        const entry = find(table, key);
        return entry === undefined ? undefined : visibleRow(entry);
      }),
    getMany: (table, keys) =>
      reading({ kind: 'getMany', table, keys }, () =>
        [...new Set(keys.map((key) => find(table, key)))].flatMap((entry) =>
          entry ? [visibleRow(entry)] : [],
        ),
      ),
    query: (query) => {
      const read: ModelRead = { kind: 'query', table: query.table, query };
      return reading(read, () => {
        const lagMs = query.consistent === true ? 0 : lagOf(read);
        return queryPage(tableOf(query.table), TableDefinitions[query.table], query, lagMs);
      });
    },
    scan: (table, scanOptions) => {
      const read: ModelRead = { kind: 'scan', table };
      return reading(read, () =>
        scanPage(tableOf(table), TableDefinitions[table], { ...scanOptions, lagMs: lagOf(read) }),
      );
    },
    async transact(writes) {
      if (writes.length < 1 || writes.length > WRITES_MAX) {
        throw new RangeError(`a transaction has 1 to ${WRITES_MAX} writes, not ${writes.length}`);
      }
      if (hooks.onBeforeWrite !== undefined) await hooks.onBeforeWrite(writes);
      const outcome = failingAs(describeWrites(writes), () => apply(writes, tableOf));
      if (hooks.onAfterWrite !== undefined) await hooks.onAfterWrite(writes, outcome);
      return outcome;
    },
    peek: (table, key) => {
      const entry = find(table, key);
      return entry === undefined ? undefined : visibleRow(entry);
    },
    dump: (table) =>
      tableOf(table)
        .all(0)
        .map(({ entry }) => visibleRow(entry)),
    load(table, rows) {
      for (const row of rows) apply([{ kind: 'put', table, row }], tableOf);
    },
  };
}

type Planned = { readonly table: ModelTable; readonly identity: string; readonly after: Entry | undefined };

function apply(writes: readonly Write[], tableOf: (name: Table) => ModelTable): WriteOutcome {
  const identities = writes.map(identityOfWrite);
  const distinct = new Set(identities.map((identity, position) => `${writes[position]?.table} ${identity}`));
  if (distinct.size < writes.length) throw new ValidationException('several writes of one row');
  // As in DynamoDB, a write that is not valid throws even where a condition would have refused it.
  const planned: Planned[] = [];
  const failed: number[] = [];
  writes.forEach((write, position) => {
    const identity = identities[position] ?? '';
    const table = tableOf(write.table);
    const before = table.get(identity);
    for (const condition of write.onlyIf ?? []) if ('is' in condition) copyValue(condition.is);
    const after = entryAfter(write, identity, before);
    if (!conditionsHold(write.onlyIf, before?.row)) failed.push(position);
    if (after !== before) planned.push({ table, identity, after });
  });
  if (failed.length > 0) return { outcome: 'refused', failed };
  assertTransactionSize(planned);
  for (const { table, identity, after } of planned) table.replace(identity, after);
  return { outcome: 'written' };
}

function identityOfWrite(write: Write): string {
  const definition = TableDefinitions[write.table];
  return write.kind === 'put' ? identityOf(definition, write.row) : identityOfKey(definition, write.key);
}

function entryAfter(write: Write, identity: string, before: Entry | undefined): Entry | undefined {
  if (write.kind === 'check') return before;
  const { partition, sort, indexes } = TableDefinitions[write.table];
  const row = rowAfter(write, before?.row, sort === undefined ? [partition] : [partition, sort]);
  if (row === undefined) return undefined;
  assertIndexable(indexes, row);
  const entry = createEntry(identity, row);
  if (entry.sizeBytes > ROW_MAX_BYTES) throw new ValidationException('item size has exceeded the maximum');
  return entry;
}

function assertTransactionSize(planned: readonly Planned[]): void {
  const bytes = planned.reduce((sum, { after }) => sum + (after?.sizeBytes ?? 0), 0);
  if (bytes > TRANSACTION_MAX_BYTES) throw new ValidationException('the transaction is larger than 4 MB');
}

function failingAs<T>(action: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new StoreError(action, { cause: error });
  }
}

function describeWrites(writes: readonly Write[]): string {
  return `write ${[...new Set(writes.map((write) => TableDefinitions[write.table].defaultName))].join(', ')}`;
}
