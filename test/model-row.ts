// How a row of the model is stored, keyed, measured and compared: the rules of DynamoDB and of the client's
// marshalling, without either.

import { isDeepStrictEqual } from 'node:util';
import { NumberValue } from '@aws-sdk/lib-dynamodb';
import { storedNumber } from '../src/aws/stored-number.ts';
import { canonicalDecimal } from '../src/decimal.ts';
import type { Condition, Key, Row, Write } from '../src/store.ts';

/** A refusal that DynamoDB or the client's marshalling would make before anything is written or read. */
export class ValidationException extends Error {
  override readonly name = 'ValidationException';
}

type KeyDefinition = { readonly partition: string; readonly sort?: string };

const PARTITION_KEY_MAX_BYTES = 2048;
const SORT_KEY_MAX_BYTES = 1024;

/**
 * A deeply frozen copy, so that nobody can change what is stored. `undefined` is dropped, an empty Set is null.
 * What a row may not hold (other class instances, NaN, integers beyond the safe ones that are not `typedNumber`s) is
 * refused.
 */
export function copyRow(row: Row): Row {
  return copyMembers(row);
}

/** As `copyRow`, for one value; `undefined` is refused. */
export function copyValue(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return copyNumber(value);
  if (value instanceof NumberValue) return typedNumber(value.toString());
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Set) return copySet(value);
  if (Array.isArray(value)) {
    return Object.freeze(value.filter((element) => element !== undefined).map(copyValue));
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return copyMembers(value);
  throw new ValidationException(`a row cannot hold ${String(value)}`);
}

function copyNumber(value: number): number | NumberValue {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw new ValidationException(`the number ${value} cannot be stored`);
  }
  // Nearly all are, and are themselves; a zero has no sign there.
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 52) return value + 0;
  return typedNumber(String(value));
}

/**
 * A number of up to 38 digits and an exponent, as somebody may type it into a row: `typedNumber('1.5e40')`. What a double
 * holds exactly is a JavaScript number; anything else is what the store reads there (`storedNumber`), written in one way,
 * so that equal numbers are deeply equal.
 */
export function typedNumber(text: string): number | NumberValue {
  const canonical = canonicalDecimal(text);
  if (canonical === undefined) throw new ValidationException(`${text} is no number`);
  const stored = storedNumber(canonical);
  return typeof stored === 'number' ? stored : Object.freeze(stored);
}

/** Members are all of one kind: texts, numbers or binaries. */
function copySet(value: ReadonlySet<unknown>): ReadonlySet<unknown> | null {
  const members = [...value].map(copyValue);
  const kinds = new Set(members.map(kindOfMember));
  if (kinds.size > 1 || kinds.has(undefined)) throw new ValidationException('such a set cannot be stored');
  return members.length === 0 ? null : new Set(members);
}

function kindOfMember(member: unknown): string | undefined {
  if (typeof member === 'string') return 'S';
  if (typeof member === 'number' || member instanceof NumberValue) return 'N';
  return member instanceof Uint8Array ? 'B' : undefined;
}

function copyMembers(value: object): Row {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name);
    if (member !== undefined) copy[name] = copyValue(member);
  }
  return Object.freeze(copy);
}

/** Whether a Set or a binary lies anywhere in it: freezing does not stop these from being changed. */
export function containsSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Set || value instanceof Uint8Array) return true;
  for (const name of Object.keys(value)) if (containsSet(Reflect.get(value, name))) return true;
  return false;
}

/** Size as DynamoDB counts it, bytes; numbers roughly. */
export function sizeBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof NumberValue) return Math.ceil(value.toString().length / 2) + 1;
  if (value instanceof Uint8Array) return value.byteLength;
  if (value instanceof Set) return sumOf([...value], sizeBytes);
  if (Array.isArray(value)) return 3 + sumOf(value, (element) => 1 + sizeBytes(element));
  return (
    3 + sumOf(Object.keys(value), (name) => 1 + Buffer.byteLength(name) + sizeBytes(Reflect.get(value, name)))
  );
}

function sumOf<T>(items: readonly T[], size: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += size(item);
  return sum;
}

/** One string for a row's key, different for different keys. Refuses keys that DynamoDB refuses. */
export function identityOf(definition: KeyDefinition, row: Row): string {
  const partition = keyText(row[definition.partition], definition.partition, PARTITION_KEY_MAX_BYTES);
  if (definition.sort === undefined) return partition;
  return `${partition.length}:${partition}${keyText(row[definition.sort], definition.sort, SORT_KEY_MAX_BYTES)}`;
}

/** As `identityOf`, for a key that is given alone and must have no other attribute. */
export function identityOfKey(definition: KeyDefinition, key: Key): string {
  const count = definition.sort === undefined ? 1 : 2;
  if (Object.keys(key).length !== count) throw new ValidationException('the key does not match the schema');
  return identityOf(definition, key);
}

/** Refuses a row whose index key attributes, where present, are not strings that an index takes. */
export function assertIndexable(indexes: readonly KeyDefinition[], row: Row): void {
  for (const { partition, sort } of indexes) {
    if (row[partition] !== undefined) keyText(row[partition], partition, PARTITION_KEY_MAX_BYTES);
    if (sort !== undefined && row[sort] !== undefined) keyText(row[sort], sort, SORT_KEY_MAX_BYTES);
  }
}

function keyText(value: unknown, attribute: string, maxBytes: number): string {
  if (typeof value !== 'string') throw new ValidationException(`type mismatch for key ${attribute}`);
  if (value === '') throw new ValidationException(`key ${attribute} is empty`);
  if (value.length * 3 > maxBytes && Buffer.byteLength(value) > maxBytes) {
    throw new ValidationException(`key ${attribute} is too long`);
  }
  return value;
}

/** Whether every condition of a write holds of the stored row; an absent row has no attributes. */
export function conditionsHold(conditions: readonly Condition[] | undefined, row: Row | undefined): boolean {
  return conditions === undefined || conditions.every((condition) => holds(condition, row));
}

function holds(condition: Condition, row: Row | undefined): boolean {
  const value = row?.[condition.attribute];
  if ('absent' in condition) return value === undefined;
  if ('present' in condition) return value !== undefined;
  if ('noText' in condition) return value !== undefined && typeof value !== 'string';
  if ('is' in condition) return isDeepStrictEqual(value, copyValue(condition.is));
  const { atMost } = condition;
  if (typeof value === 'number' && typeof atMost === 'number') return value <= atMost;
  if (typeof value !== 'string' || typeof atMost !== 'string') return false;
  return byteOrdered(value) <= byteOrdered(atMost);
}

/** The row after the write, not yet frozen into place; undefined after a delete. A check changes nothing. */
export function rowAfter(
  write: Write,
  before: Row | undefined,
  keyAttributes: readonly string[],
): Row | undefined {
  if (write.kind === 'put') return copyRow(write.row);
  if (write.kind === 'check') return before;
  if (write.kind === 'delete') return undefined;
  const set = copyRow(write.set ?? {});
  const removed = write.remove ?? [];
  const touched = [...Object.keys(set), ...removed];
  if (new Set(touched).size !== touched.length) throw new ValidationException('two document paths overlap');
  if (touched.some((name) => keyAttributes.includes(name))) {
    throw new ValidationException('an attribute of the key cannot be updated');
  }
  const after: Record<string, unknown> = { ...(before ?? write.key), ...set };
  for (const name of removed) delete after[name];
  return Object.freeze(after);
}

/**
 * A string that compares with `<` as the UTF-8 bytes of the text do, which is DynamoDB's order. JavaScript compares
 * UTF-16 units, where surrogates (U+10000 and up) come before U+E000 to U+FFFF.
 */
export function byteOrdered(text: string): string {
  return /[\ud800-\uffff]/.test(text) ? text.replace(/[\ud800-\uffff]/g, swapSurrogates) : text;
}

function swapSurrogates(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code >= 0xe000 ? code - 0x800 : code + 0x2000);
}
