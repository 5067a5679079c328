// Where in a row a hand types, and what the row becomes: any attribute that the row has, or that rows of its table may
// have, at any depth. Attributes are found in the rows, so that one that is new to the tables is typed as well.

import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { type Lie, told } from './lie.ts';

/** What few rows have at any moment. */
const MAY_HAVE: Readonly<Partial<Record<Table, readonly string[]>>> = {
  requests: [
    'assignment_id',
    'permission_set_arn',
    'grant_time',
    'revoked_at',
    'revoked_by',
    'expired_at',
    'removed_at',
    'assignment_status',
    'due_at',
    'last_event_at',
    'taken_over',
  ],
  assignments: [
    'op',
    'due_at',
    'shard',
    'unresolved',
    'attempts',
    'trying_since',
    'last_error',
    'absent_since',
    'sighting',
    'watch_until',
    'delete_unanswered',
    'ending',
    'requested',
    'deleted',
    'confirmed_absent',
    'delete_id',
  ],
  control: ['version', 'epoch', 'expires_at'],
  outbox: ['due_at', 'attempts', 'last_error'],
};

/** What decisions stand on is typed more often than what is only told. */
const DECIDES =
  /status$|_at$|_time$|_until$|_since$|_id$|_arn$|version|epoch|stage|entries|^op$|seq$|sighting|unresolved|attempts|shard|holder|tripped/;

export type Place = readonly (string | number)[];

/** `attribute` and each of `into` choose among what is there; null where the row has nothing to type into. */
export function placeIn(
  table: Table,
  rows: readonly Row[],
  row: Row,
  choice: { readonly attribute: number; readonly into: readonly number[] },
): Place | null {
  const { partition, sort } = TableDefinitions[table];
  const known = [...new Set([...Object.keys(row), ...rows.flatMap(Object.keys), ...(MAY_HAVE[table] ?? [])])]
    .filter((name) => name !== partition && name !== sort)
    .sort();
  const names = known.flatMap((name) => (DECIDES.test(name) ? [name, name, name, name] : [name]));
  const name = names[choice.attribute % Math.max(1, names.length)];
  if (name === undefined) return null;
  const place: (string | number)[] = [name];
  let value: unknown = row[name];
  for (const turn of choice.into) {
    const members = membersOf(value);
    if (members.length === 0) break;
    const member = members[turn % members.length] ?? 0;
    place.push(member);
    value = Reflect.get(Object(value), member);
  }
  return place;
}

function membersOf(value: unknown): readonly (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()];
  const isMap =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isMap ? Object.keys(value).sort() : [];
}

export function valueAt(row: unknown, place: Place): unknown {
  return place.reduce<unknown>((value, member) => Reflect.get(Object(value), member), row);
}

/** The row with the lie in that place. */
export function typedRow(row: Row, place: Place, lie: Lie, others: readonly Row[], nowMs: number): Row {
  const elsewhere = others.map((other) => valueAt(other, place)).filter((value) => value !== undefined);
  const value = told(lie, { present: valueAt(row, place), elsewhere, nowMs });
  return put(row, place, value) as Row;
}

function put(into: unknown, [member, ...rest]: Place, value: unknown): unknown {
  if (member === undefined) return value;
  const inner = put(Reflect.get(Object(into), member), rest, value);
  if (Array.isArray(into))
    return into.flatMap((old, at) => (at === member ? (inner === undefined ? [] : [inner]) : [old]));
  const entries = Object.entries(Object(into)).filter(([name]) => name !== member);
  return Object.fromEntries(inner === undefined ? entries : [...entries, [String(member), inner]]);
}
