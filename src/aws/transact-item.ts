// Translates a write, which is plain data, into DynamoDB's expressions. Attribute names and values always travel as
// placeholders, so that no name can be a reserved word and no value can become part of an expression.

import { NumberValue, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Condition, Row, Write } from '../store.ts';

/** One action of a `TransactWriteItems`; a Put, Update or Delete is also the input of the command for one row. */
export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

// `Update` within TransactWriteItems requires an UpdateExpression, so a write that changes nothing removes this
// attribute, which no row has. An update with REMOVE creates a row that is absent, as one with SET does.
const UNUSED_ATTRIBUTE = 'unused';

/**
 * The action for one write. Empty Sets, also in conditions, become NULL: DynamoDB has no empty set. `undefined`
 * values are left to the client's marshalling, which drops them.
 */
export function toTransactItem(write: Write, tableName: string): TransactItem {
  const placeholders = createPlaceholders();
  const conditions = (write.onlyIf ?? []).map((condition) => toExpression(condition, placeholders));
  const ConditionExpression = conditions.join(' AND ');
  const only = conditions.length === 0 ? {} : { ConditionExpression };
  switch (write.kind) {
    case 'put':
      return {
        Put: { TableName: tableName, Item: withoutEmptySets(write.row), ...only, ...placeholders.input() },
      };
    case 'update': {
      const UpdateExpression = toUpdateExpression(write, placeholders);
      const update = { TableName: tableName, Key: write.key, UpdateExpression, ...only };
      return { Update: { ...update, ...placeholders.input() } };
    }
    case 'delete':
      return { Delete: { TableName: tableName, Key: write.key, ...only, ...placeholders.input() } };
    case 'check': {
      const check = { TableName: tableName, Key: write.key, ConditionExpression };
      return { ConditionCheck: { ...check, ...placeholders.input() } };
    }
  }
}

/** Hands out `#a0`, `:v0` and so on, and what they stand for. */
export type Placeholders = {
  name(attribute: string): string;
  value(value: unknown): string;
  /** The two maps, each only if it has an entry: DynamoDB refuses empty ones. */
  input(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, unknown>;
  };
};

export function createPlaceholders(): Placeholders {
  const names = new Map<string, string>();
  const values: Record<string, unknown> = {};
  let valueCount = 0;
  return {
    name(attribute) {
      const placeholder = names.get(attribute) ?? `#a${names.size}`;
      names.set(attribute, placeholder);
      return placeholder;
    },
    value(value) {
      const placeholder = `:v${valueCount++}`;
      values[placeholder] = withoutEmptySets(value);
      return placeholder;
    },
    input: () => ({
      ...(names.size > 0 && { ExpressionAttributeNames: Object.fromEntries(swapped(names)) }),
      ...(valueCount > 0 && { ExpressionAttributeValues: values }),
    }),
  };
}

function swapped(names: ReadonlyMap<string, string>): [string, string][] {
  return [...names].map(([attribute, placeholder]) => [placeholder, attribute]);
}

function toExpression(condition: Condition, { name, value }: Placeholders): string {
  const attribute = name(condition.attribute);
  if ('absent' in condition) return `attribute_not_exists(${attribute})`;
  if ('present' in condition) return `attribute_exists(${attribute})`;
  if ('noText' in condition)
    return `attribute_exists(${attribute}) AND NOT attribute_type(${attribute}, ${value('S')})`;
  // Both comparisons are false for an absent attribute and for one of another type, as the port promises.
  if ('is' in condition) return `${attribute} = ${value(condition.is)}`;
  return `${attribute} <= ${value(condition.atMost)}`;
}

function toUpdateExpression(
  write: Extract<Write, { kind: 'update' }>,
  { name, value }: Placeholders,
): string {
  const set = Object.entries(write.set ?? {})
    .filter(([, setValue]) => setValue !== undefined)
    .map(([attribute, setValue]) => `${name(attribute)} = ${value(setValue)}`);
  const remove = (write.remove ?? []).map((attribute) => name(attribute));
  const clauses = [
    ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
  ];
  return clauses.length > 0 ? clauses.join(' ') : `REMOVE ${name(UNUSED_ATTRIBUTE)}`;
}

function withoutEmptySets(row: Row): Record<string, unknown>;
function withoutEmptySets(value: unknown): unknown;
function withoutEmptySets(value: unknown): unknown {
  if (value instanceof Set) return value.size === 0 ? null : withExactFirst(value);
  if (Array.isArray(value)) return value.map((element) => withoutEmptySets(element));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutEmptySets(member)]));
}

/**
 * The client's marshalling judges a set by its first member. By a plain number it refuses the others that are greater than
 * a double holds; by one that is kept exactly it takes them all.
 */
function withExactFirst(set: ReadonlySet<unknown>): ReadonlySet<unknown> {
  const members = [...set];
  const exact = members.filter((member) => member instanceof NumberValue);
  return exact.length === 0 ? set : new Set([...exact, ...members]);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
