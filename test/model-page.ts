// Which rows of a partition, or of a table, make up one page: DynamoDB's rules of ranges, limits and continuation.

import type { Page, Query, Row } from '../src/store.ts';
import type { TableDefinition } from '../src/table-definitions.ts';
import { byteOrdered, identityOf, ValidationException } from './model-row.ts';
import { lowerBound, type ModelTable, type Place, type Placed, visibleRow } from './model-table.ts';

// A page ends when it has read 1 MB, whatever its limit.
const PAGE_MAX_BYTES = 1024 * 1024;

/** Answers as the table was `lagMs` ago. Refuses what DynamoDB refuses. */
export function queryPage(table: ModelTable, definition: TableDefinition, query: Query, lagMs: number): Page {
  const key = keyOfQuery(definition, query);
  const placed = table.partition(query.index, query.partition.value, lagMs);
  let { start, end } = rangeOf(placed, query.sort);
  const { descending = false, after } = query;
  if (after !== undefined) {
    const place = placeOf(definition, key.sort, after);
    if (descending) end = Math.min(end, lowerBound(placed, place));
    else start = Math.max(start, behind(placed, place));
  }
  return takePage(placed, { start, end, descending, limit: query.limit, keys: [definition, key] });
}

/** Rows in the order of their key, where DynamoDB's order would be that of a hash. */
export function scanPage(
  table: ModelTable,
  definition: TableDefinition,
  options: { readonly index?: string; readonly limit?: number; readonly after?: Row; readonly lagMs: number },
): Page {
  const { after, limit, index } = options;
  const indexKeys = index === undefined ? [] : [indexOf(definition, index)];
  const attributes = keyAttributes(indexKeys);
  const placed = table
    .all(options.lagMs)
    .filter(({ entry }) => attributes.every((attribute) => typeof entry.row[attribute] === 'string'));
  const start = after === undefined ? 0 : behind(placed, placeOf(definition, undefined, after));
  const keys = [definition, ...indexKeys];
  return takePage(placed, { start, end: placed.length, descending: false, limit, keys });
}

function indexOf(definition: TableDefinition, name: string): KeyDefinition {
  const index = definition.indexes.find((each) => each.name === name);
  if (index === undefined) throw new ValidationException(`the table has no index ${name}`);
  return index;
}

type KeyDefinition = { readonly partition: string; readonly sort?: string };

function keyOfQuery(definition: TableDefinition, query: Query): KeyDefinition {
  const index = definition.indexes.find(({ name }) => name === query.index);
  const key = query.index === undefined ? definition : index;
  if (key === undefined) throw new ValidationException(`there is no index ${query.index}`);
  if (query.index !== undefined && query.consistent === true) {
    throw new ValidationException('consistent reads are not supported on indexes');
  }
  if (key.partition !== query.partition.attribute) throw new ValidationException('not the partition key');
  if (query.partition.value === '') throw new ValidationException('an empty partition key');
  if (query.sort !== undefined) assertSort(key, query.sort);
  return key;
}

function assertSort(key: KeyDefinition, sort: NonNullable<Query['sort']>): void {
  const { attribute, from, to, beginsWith } = sort;
  if (key.sort !== attribute) throw new ValidationException(`${attribute} is not the sort key`);
  if (from === '' || to === '' || beginsWith === '') throw new ValidationException('an empty sort key');
  if (beginsWith !== undefined && (from !== undefined || to !== undefined)) {
    throw new ValidationException('a query has either a prefix or a range');
  }
}

function rangeOf(placed: readonly Placed[], sort: Query['sort']): { start: number; end: number } {
  // What is due is mostly nothing.
  if (placed.length === 0) return { start: 0, end: 0 };
  const { from, to, beginsWith } = sort ?? {};
  const first = beginsWith ?? from;
  const start = first === undefined ? 0 : lowerBound(placed, { sort: byteOrdered(first), identity: '' });
  if (beginsWith !== undefined) {
    const prefix = byteOrdered(beginsWith);
    let end = start;
    while (placed[end]?.sort.startsWith(prefix)) end++;
    return { start, end };
  }
  // The least string greater than `to` is `to` followed by NUL.
  const end =
    to === undefined ? placed.length : lowerBound(placed, { sort: `${byteOrdered(to)}\0`, identity: '' });
  return { start, end };
}

function placeOf(definition: TableDefinition, sort: string | undefined, key: Row): Place {
  const identity = identityOf(definition, key);
  if (sort === undefined) return { sort: '', identity };
  const value = key[sort];
  if (typeof value !== 'string') throw new ValidationException('the exclusive start key is invalid');
  return { sort: byteOrdered(value), identity };
}

function behind(placed: readonly Placed[], place: Place): number {
  const position = lowerBound(placed, place);
  return placed[position]?.identity === place.identity ? position + 1 : position;
}

function keyAttributes(keys: readonly KeyDefinition[]): string[] {
  return keys.flatMap(({ partition, sort }) => (sort === undefined ? [partition] : [partition, sort]));
}

function takePage(
  placed: readonly Placed[],
  options: {
    readonly start: number;
    readonly end: number;
    readonly descending: boolean;
    readonly limit: number | undefined;
    readonly keys: readonly KeyDefinition[];
  },
): Page {
  const { start, end, descending, limit = Number.POSITIVE_INFINITY, keys } = options;
  if (limit < 1) throw new ValidationException('the limit must be at least 1');
  const rows: Row[] = [];
  let bytes = 0;
  for (let count = 0; count < end - start; count++) {
    const entry = placed[descending ? end - 1 - count : start + count]?.entry;
    if (entry === undefined) break;
    rows.push(visibleRow(entry));
    bytes += entry.sizeBytes;
    // As in DynamoDB, a page that ends at its limit has a next one, though that may be empty.
    if (rows.length >= limit || bytes >= PAGE_MAX_BYTES)
      return { rows, next: pick(entry.row, keyAttributes(keys)) };
  }
  return { rows };
}

function pick(row: Row, attributes: readonly string[]): Row {
  return Object.fromEntries(attributes.map((attribute) => [attribute, row[attribute]]));
}
