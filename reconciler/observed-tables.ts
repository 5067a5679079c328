// The tables as an observer would have left them, had it been allowed to write what it saw: its sightings, and what the
// take-over of old rows would add. All of it is in memory, and lies over a row only while that row is as it was read.

import type { Assignment } from '../src/assignment.ts';
import type { MonotonicClock } from '../src/clock.ts';
import { isMalformedLedger, parseLedgerRow } from '../src/ledger.ts';
import type { Condition, Key, Page, Query, Row, StoreReader, Table, Write } from '../src/store.ts';
import { toDueAt } from '../src/timestamp.ts';

export type ObservedTables = {
  /** Strongly consistent reads give what is remembered; indexes give it for the rows that they hold. */
  readonly reader: StoreReader;
  /** Keeps rows of the ledger and changes of requests; events, notifications and the rest are nobody's memory. */
  remember(writes: readonly Write[]): void;
  /** Lets go of what is remembered of an assignment. */
  forget(assignmentId: string): void;
  /** Assignments that are due by what is remembered; those of the tables are found by their index. */
  due(nowMs: number): readonly Assignment[];
  /** Drops what nobody has looked at for a day, so that memory stays bounded. */
  prune(): void;
  readonly size: () => number;
};

type Remembered = {
  /** What must hold of the row in the table. */
  readonly onlyIf: readonly Condition[];
  readonly over: (row: Row | undefined) => Row | undefined;
  usedMs: number;
};

const KEPT_MS = 24 * 3_600_000;
const KEYS = { assignments: 'assignment_id', requests: 'request_id' } as const;
type Kept = keyof typeof KEYS;

export function createObservedTables(store: StoreReader, clock: MonotonicClock): ObservedTables {
  const memory = { assignments: new Map<string, Remembered>(), requests: new Map<string, Remembered>() };

  /** `sure`: the row was read strongly consistently. Then what does not fit it any more is dropped. */
  const overlay = (table: Table, id: string, row: Row | undefined, sure: boolean): Row | undefined => {
    const known = isKept(table) ? memory[table].get(id) : undefined;
    if (known === undefined || !isKept(table)) return row;
    if (conditionsHold(row, known.onlyIf)) {
      known.usedMs = clock.elapsedMs();
      return known.over(row);
    }
    if (sure) memory[table].delete(id);
    return row;
  };
  const idOf = (table: Table, row: Key | Row) => (isKept(table) ? String(row[KEYS[table]]) : '');

  const getMany: StoreReader['getMany'] = async (table, keys) => {
    const rows = await store.getMany(table, keys);
    if (!isKept(table)) return rows;
    const found = new Map(rows.map((row) => [idOf(table, row), row]));
    const ids = [...new Set(keys.map((key) => idOf(table, key)))];
    return ids.map((id) => overlay(table, id, found.get(id), true)).filter((row) => row !== undefined);
  };

  /** The page with what is remembered in it, and on the last one the rows that only memory has. */
  const pageOf = async (table: Table, page: Page, pair: string | undefined): Promise<Page> => {
    const rows = page.rows.map((row) => overlay(table, idOf(table, row), row, false) ?? row);
    if (pair === undefined || page.next !== undefined) return { ...page, rows };
    const only = [...memory.assignments].filter(([id, { onlyIf }]) => id.startsWith(pair) && isNew(onlyIf));
    const listed = new Set(rows.map((row) => row.assignment_id));
    const keys = only.flatMap(([id]) => (listed.has(id) ? [] : [{ assignment_id: id }]));
    return { rows: keys.length === 0 ? rows : [...rows, ...(await getMany('assignments', keys))] };
  };

  return {
    reader: {
      get: async (table, key) => overlay(table, idOf(table, key), await store.get(table, key), true),
      getMany,
      query: async (query) => pageOf(query.table, await store.query(query), pairOf(query)),
      scan: async (table, options) => {
        const whole = table === 'assignments' && options.index === undefined;
        return pageOf(table, await store.scan(table, options), whole ? '' : undefined);
      },
    },
    remember(writes) {
      for (const write of writes) {
        if (!isKept(write.table) || write.kind === 'check') continue;
        const rows = memory[write.table];
        const id = idOf(write.table, write.kind === 'put' ? write.row : write.key);
        const next = rememberedOf(write, rows.get(id), clock.elapsedMs());
        if (next === undefined) rows.delete(id);
        else rows.set(id, next);
      }
    },
    forget: (id) => void memory.assignments.delete(id),
    due: (nowMs) => [...memory.assignments.values()].flatMap((known) => dueAssignment(known, nowMs) ?? []),
    prune() {
      const since = clock.elapsedMs() - KEPT_MS;
      for (const rows of Object.values(memory))
        for (const [id, { usedMs }] of rows) if (usedMs < since) rows.delete(id);
    },
    size: () => memory.assignments.size + memory.requests.size,
  };
}

function isKept(table: Table): table is Kept {
  return table in KEYS;
}

function rememberedOf(
  write: Exclude<Write, { kind: 'check' }>,
  before: Remembered | undefined,
  usedMs: number,
): Remembered | undefined {
  if (write.kind === 'delete') return undefined;
  const onlyIf = write.onlyIf ?? [];
  if (write.kind === 'update')
    return { onlyIf, over: (row) => patched(row ?? write.key, write.set, write.remove), usedMs };
  // What was planned on top of a memory lies over the same row as that memory.
  const onTop = before !== undefined && conditionsHold(before.over(undefined), onlyIf);
  return { onlyIf: onTop ? before.onlyIf : onlyIf, over: () => write.row, usedMs };
}

function patched(row: Row, set: Row = {}, remove: readonly string[] = []): Row {
  const kept = Object.entries({ ...row, ...set }).filter(
    ([name, value]) => value !== undefined && !remove.includes(name),
  );
  return Object.fromEntries(kept);
}

function conditionsHold(row: Row | undefined, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => {
    const value = row?.[condition.attribute];
    if ('is' in condition) return value === condition.is;
    if ('absent' in condition) return value === undefined;
    if ('present' in condition) return value !== undefined;
    if ('noText' in condition) return value !== undefined && typeof value !== 'string';
    return typeof value === typeof condition.atMost && (value as string | number) <= condition.atMost;
  });
}

/** The table has no such row. */
function isNew(onlyIf: readonly Condition[]): boolean {
  return onlyIf.some((condition) => 'absent' in condition && condition.attribute === 'version');
}

/** How the ids of a pair begin, where that is what is asked for. */
function pairOf({ index, partition }: Query): string | undefined {
  return index === 'gsi_pair' ? `${partition.value}#` : undefined;
}

function dueAssignment({ over }: Remembered, nowMs: number): Assignment | undefined {
  const row = over(undefined);
  if (row === undefined || typeof row.due_at !== 'string' || row.due_at > toDueAt(nowMs)) return undefined;
  const ledger = parseLedgerRow(row);
  return isMalformedLedger(ledger) ? undefined : ledger.assignment;
}
