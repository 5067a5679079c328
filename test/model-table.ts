// One table of the model: rows by key, and its partitions and those of its indexes in sorted order, so that neither a
// read nor a write ever looks at rows of other partitions. It can also answer as it was a moment ago.

import type { WallClock } from '../src/clock.ts';
import type { Row } from '../src/store.ts';
import type { TableDefinition } from '../src/table-definitions.ts';
import { byteOrdered, containsSet, copyRow, sizeBytes } from './model-row.ts';

export type Entry = {
  readonly identity: string;
  readonly row: Row;
  readonly sizeBytes: number;
  readonly hasSet: boolean;
};

/** Where an entry stands in a partition: by sort key, then, as DynamoDB leaves that open, by the row's own key. */
export type Place = { readonly sort: string; readonly identity: string };
export type Placed = Place & { readonly entry: Entry };

export type ModelTable = {
  get(identity: string): Entry | undefined;
  replace(identity: string, after: Entry | undefined): void;
  /** Every row of a partition in order, as `lagMs` ago. Not to be changed, and only good until the next write. */
  partition(index: string | undefined, value: string, lagMs: number): readonly Placed[];
  /** Every row in the order of its key, as `lagMs` ago; under the same restrictions. */
  all(lagMs: number): readonly Placed[];
};

type Partitions = {
  readonly partition: string;
  readonly sort: string | undefined;
  readonly byValue: Map<string, Placed[]>;
};
type Change = { readonly atMs: number; readonly identity: string; readonly before: Entry | undefined };

export function createEntry(identity: string, row: Row): Entry {
  return { identity, row, sizeBytes: sizeBytes(row), hasSet: containsSet(row) };
}

/** What a reader gets: the frozen row itself, or a copy where it holds a Set, which cannot be frozen. */
export function visibleRow(entry: Entry): Row {
  return entry.hasSet ? copyRow(entry.row) : entry.row;
}

/** `history` is only needed for a table that is asked for an earlier state, at most `maxLagMs` back. */
export function createModelTable(
  definition: TableDefinition,
  history?: { readonly clock: WallClock; readonly maxLagMs: number },
): ModelTable {
  const entries = new Map<string, Entry>();
  const own: Partitions = { partition: definition.partition, sort: definition.sort, byValue: new Map() };
  const indexes = new Map(definition.indexes.map((index) => [index.name, partitionsOf(index)]));
  const all = [own, ...indexes.values()];
  const everything: Placed[] = [];
  let changes: Change[] = [];

  const remember = (identity: string) => {
    if (history === undefined) return;
    const atMs = history.clock.nowMs();
    changes.push({ atMs, identity, before: entries.get(identity) });
    // Trimmed only when half is out of date, so that it costs next to nothing per write.
    const oldest = changes[changes.length >> 1];
    if (oldest !== undefined && oldest.atMs < atMs - history.maxLagMs) {
      changes = changes.filter((change) => change.atMs >= atMs - history.maxLagMs);
    }
  };
  /** The rows changed within the lag, as they were before. */
  const earlier = (lagMs: number): Map<string, Entry | undefined> => {
    const before = new Map<string, Entry | undefined>();
    if (history === undefined || lagMs <= 0) return before;
    const sinceMs = history.clock.nowMs() - lagMs;
    for (let position = changes.length - 1; position >= 0; position--) {
      const change = changes[position];
      if (change === undefined || change.atMs <= sinceMs) break;
      before.set(change.identity, change.before);
    }
    return before;
  };

  return {
    get: (identity) => entries.get(identity),
    replace(identity, after) {
      remember(identity);
      const before = entries.get(identity);
      for (const partitions of all) move(partitions, before, after);
      const position = lowerBound(everything, { sort: '', identity });
      const placed = after === undefined ? [] : [{ sort: '', identity, entry: after }];
      everything.splice(position, before === undefined ? 0 : 1, ...placed);
      if (after === undefined) entries.delete(identity);
      else entries.set(identity, after);
    },
    partition(index, value, lagMs) {
      const partitions = index === undefined ? own : indexes.get(index);
      if (partitions === undefined) throw new Error(`there is no index ${index}`);
      const live = partitions.byValue.get(value) ?? [];
      const overlay = earlier(lagMs);
      if (overlay.size === 0) return live;
      const returned = [...overlay.values()].filter((entry) => entry?.row[partitions.partition] === value);
      const placed = returned.flatMap((entry) => placeIn(partitions, entry) ?? []);
      return [...live.filter(({ identity }) => !overlay.has(identity)), ...placed].sort(comparePlaces);
    },
    all(lagMs) {
      const overlay = earlier(lagMs);
      if (overlay.size === 0) return everything;
      const placed = [...overlay.values()].flatMap((entry) =>
        entry === undefined ? [] : [{ sort: '', identity: entry.identity, entry }],
      );
      return [...everything.filter(({ identity }) => !overlay.has(identity)), ...placed].sort(comparePlaces);
    },
  };
}

function partitionsOf(key: { readonly partition: string; readonly sort?: string }): Partitions {
  return { partition: key.partition, sort: key.sort, byValue: new Map() };
}

export function comparePlaces(left: Place, right: Place): number {
  if (left.sort !== right.sort) return left.sort < right.sort ? -1 : 1;
  if (left.identity === right.identity) return 0;
  return left.identity < right.identity ? -1 : 1;
}

/** The first position whose place is not before the given one. */
export function lowerBound(list: readonly Placed[], place: Place): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = list[middle];
    if (at !== undefined && comparePlaces(at, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Undefined where a row is not in the index, because it lacks one of its key attributes. */
function placeIn(partitions: Partitions, entry: Entry | undefined): Placed | undefined {
  if (entry === undefined || typeof entry.row[partitions.partition] !== 'string') return undefined;
  if (partitions.sort === undefined) return { sort: '', identity: entry.identity, entry };
  const sort = entry.row[partitions.sort];
  return typeof sort === 'string' ? { sort: byteOrdered(sort), identity: entry.identity, entry } : undefined;
}

function move(partitions: Partitions, before: Entry | undefined, after: Entry | undefined): void {
  const from = placeIn(partitions, before);
  const to = placeIn(partitions, after);
  const sameValue = before?.row[partitions.partition] === after?.row[partitions.partition];
  if (from !== undefined && to !== undefined && sameValue && from.sort === to.sort) {
    const list = listOf(partitions, to.entry);
    list[lowerBound(list, to)] = to;
    return;
  }
  if (from !== undefined) remove(partitions, from);
  if (to !== undefined) {
    const list = listOf(partitions, to.entry);
    list.splice(lowerBound(list, to), 0, to);
  }
}

function remove(partitions: Partitions, placed: Placed): void {
  const list = listOf(partitions, placed.entry);
  list.splice(lowerBound(list, placed), 1);
  if (list.length === 0) partitions.byValue.delete(String(placed.entry.row[partitions.partition]));
}

function listOf(partitions: Partitions, entry: Entry): Placed[] {
  const value = String(entry.row[partitions.partition]);
  const list = partitions.byValue.get(value) ?? [];
  partitions.byValue.set(value, list);
  return list;
}
