// Capacity units as DynamoDB documents them (developer guide, "DynamoDB read and write operations"): what a request costs
// follows from the sizes of the rows that it touches.

import { isDeepStrictEqual } from 'node:util';
import type { Row, Write } from '../../src/store.ts';
import { type IndexDefinition, TableDefinitions } from '../../src/table-definitions.ts';
import { sizeBytes } from '../../test/model-row.ts';

const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

/** The names and the values of all attributes. */
export function itemBytes(row: Row): number {
  return Object.entries(row).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeBytes(value),
    0,
  );
}

/** One row, strongly consistent. A row that is not there costs as much as the smallest. */
export function getUnits(row: Row | undefined): number {
  return row === undefined ? 1 : unitsOf(itemBytes(row), READ_UNIT_BYTES);
}

/** One page of a query or a scan: its rows are added up before they are rounded, and a stale read costs half. */
export function pageUnits(rows: readonly Row[], consistent: boolean): number {
  const bytes = rows.reduce((sum, row) => sum + itemBytes(row), 0);
  return unitsOf(bytes, READ_UNIT_BYTES) * (consistent ? 1 : 0.5);
}

/** The row and its entries in the indexes; in a transaction of several, the row costs twice. */
export function writeUnits(
  write: Write,
  { before, after }: { readonly before: Row | undefined; readonly after: Row | undefined },
  inTransaction: boolean,
): number {
  const bytes = Math.max(...[before, after].map((row) => (row === undefined ? 0 : itemBytes(row))));
  const own = unitsOf(bytes, WRITE_UNIT_BYTES) * (inTransaction ? 2 : 1);
  const { indexes } = TableDefinitions[write.table];
  return indexes.reduce((sum, index) => sum + indexUnits(index, before, after), own);
}

/** An entry that moves is deleted and put. */
function indexUnits(index: IndexDefinition, before: Row | undefined, after: Row | undefined): number {
  const [from, to] = [keyIn(index, before), keyIn(index, after)];
  const cost = (row: Row | undefined) => (row === undefined ? 0 : unitsOf(itemBytes(row), WRITE_UNIT_BYTES));
  if (from !== undefined && from === to)
    return isDeepStrictEqual(before, after) ? 0 : Math.max(cost(before), cost(after));
  return (from === undefined ? 0 : cost(before)) + (to === undefined ? 0 : cost(after));
}

/** Undefined where the row is not in the index. */
function keyIn({ partition, sort }: IndexDefinition, row: Row | undefined): string | undefined {
  const key = [partition, sort].flatMap((name) => (name === undefined ? [] : [row?.[name]]));
  return key.every((part) => typeof part === 'string') ? JSON.stringify(key) : undefined;
}

function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}
