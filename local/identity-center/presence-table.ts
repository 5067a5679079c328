// Which rows exist, which existed a moment ago, and under which two keys they are found. A list that lags sees the
// rows as they were; only the recent past is kept.

import { LIST_LAG_MAX_MS } from './settings.ts';

type Change = { atMs: number; present: boolean };

export type PresenceEntry<Row> = {
  /** Position in every list; a page continues after it. */
  readonly seq: number;
  readonly first: string;
  readonly second: string;
  row: Row;
  /** Ascending in time, never empty; the last one is the present state. */
  changes: Change[];
};

type Index<Row> = Map<string, Map<string, PresenceEntry<Row>>>;

/** Rows by (first, second) and by (second, first), in order of insertion. Instants never run backwards. */
export class PresenceTable<Row> {
  readonly #byFirst: Index<Row> = new Map();
  readonly #bySecond: Index<Row> = new Map();
  #lastSeq = 0;

  /** The row, if it exists now. */
  get(first: string, second: string): Row | undefined {
    const entry = this.#byFirst.get(first)?.get(second);
    return entry !== undefined && isPresent(entry) ? entry.row : undefined;
  }

  /** Adds the row, or replaces it; false if it was there already. */
  put(first: string, second: string, row: Row, atMs: number): boolean {
    const entry = this.#byFirst.get(first)?.get(second);
    if (entry === undefined) {
      this.#lastSeq += 1;
      this.#insert({ seq: this.#lastSeq, first, second, row, changes: [{ atMs, present: true }] });
      return true;
    }
    entry.row = row;
    return changeTo(entry, true, atMs);
  }

  /** False if the row was not there. */
  remove(first: string, second: string, atMs: number): boolean {
    const entry = this.#byFirst.get(first)?.get(second);
    return entry !== undefined && changeTo(entry, false, atMs);
  }

  listFirst(first: string, asOfMs: number): Iterable<PresenceEntry<Row>> {
    return this.#list(this.#byFirst.get(first), asOfMs);
  }

  listSecond(second: string, asOfMs: number): Iterable<PresenceEntry<Row>> {
    return this.#list(this.#bySecond.get(second), asOfMs);
  }

  /** Every row that exists now. For checks and snapshots: it walks the whole table. */
  *present(): Iterable<PresenceEntry<Row>> {
    for (const entry of this.entries()) if (isPresent(entry)) yield entry;
  }

  *entries(): Iterable<PresenceEntry<Row>> {
    for (const rows of this.#byFirst.values()) yield* rows.values();
  }

  /** Puts entries of a snapshot back, in their order. */
  restore(entries: readonly PresenceEntry<Row>[]): void {
    for (const entry of entries.toSorted((a, b) => a.seq - b.seq)) {
      this.#lastSeq = entry.seq;
      this.#insert({ ...entry, changes: [...entry.changes] });
    }
  }

  *#list(
    rows: Map<string, PresenceEntry<Row>> | undefined,
    asOfMs: number,
  ): Generator<PresenceEntry<Row>, void, undefined> {
    if (rows === undefined) return;
    for (const entry of rows.values()) {
      if (wasPresent(entry, asOfMs)) yield entry;
      else if (isForgotten(entry, asOfMs)) this.#drop(entry);
    }
  }

  #insert(entry: PresenceEntry<Row>): void {
    mapOf(this.#byFirst, entry.first).set(entry.second, entry);
    mapOf(this.#bySecond, entry.second).set(entry.first, entry);
  }

  #drop(entry: PresenceEntry<Row>): void {
    this.#byFirst.get(entry.first)?.delete(entry.second);
    this.#bySecond.get(entry.second)?.delete(entry.first);
  }
}

function mapOf<Row>(index: Index<Row>, key: string): Map<string, PresenceEntry<Row>> {
  const known = index.get(key);
  if (known !== undefined) return known;
  const created = new Map<string, PresenceEntry<Row>>();
  index.set(key, created);
  return created;
}

function isPresent<Row>(entry: PresenceEntry<Row>): boolean {
  return entry.changes.at(-1)?.present === true;
}

function wasPresent<Row>(entry: PresenceEntry<Row>, asOfMs: number): boolean {
  return entry.changes.findLast((change) => change.atMs <= asOfMs)?.present === true;
}

function isForgotten<Row>(entry: PresenceEntry<Row>, asOfMs: number): boolean {
  return !isPresent(entry) && (entry.changes.at(-1)?.atMs ?? 0) < asOfMs - LIST_LAG_MAX_MS;
}

function changeTo<Row>(entry: PresenceEntry<Row>, present: boolean, atMs: number): boolean {
  if (isPresent(entry) === present) return false;
  // What the slowest list may still see is the last change before its view, and everything after.
  const from = entry.changes.findLastIndex((change) => change.atMs <= atMs - LIST_LAG_MAX_MS);
  if (from > 0) entry.changes.splice(0, from);
  entry.changes.push({ atMs, present });
  return true;
}
