// The condition that an attribute still is what was read. A hand may have typed anything: what would not come back to the
// table as it lies there makes a condition that never holds, and with it a row that nobody can write any more.

import type { Condition } from './store.ts';

/** What we write ourselves is far smaller; many such conditions still fit into one transaction of 4 MB. */
const SIZE_MAX = 4_096;
/** DynamoDB takes 32 levels: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const DEPTH_MAX = 16;
/** No number has more than 38 digits and an exponent. */
const NUMBER_SIZE = 64;

/**
 * `value` is what was read of the attribute, undefined where it is absent. Where it cannot be sent back, the condition
 * asks for as much as can be asked: that it is not a text now, as all that we and people write there is.
 */
export function asItLies(attribute: string, value: unknown): Condition {
  if (value === undefined) return { attribute, absent: true };
  if (sizeOf(value, 0) <= SIZE_MAX) return { attribute, is: value };
  return typeof value === 'string' ? { attribute, present: true } : { attribute, noText: true };
}

/** Roughly, in bytes; infinite for what cannot be sent back. */
function sizeOf(value: unknown, depth: number): number {
  if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY;
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return 1 + 3 * value.length;
  if (typeof value === 'number')
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? NUMBER_SIZE : Number.POSITIVE_INFINITY;
  if (typeof value !== 'object') return Number.POSITIVE_INFINITY;
  if (value instanceof Uint8Array) return 1 + value.byteLength;
  if (value instanceof Set) return value.size === 0 ? Number.POSITIVE_INFINITY : sizeOfAll([...value], depth);
  if (Array.isArray(value)) return sizeOfAll(value, depth);
  // A number of more digits than a double has: only the store that read it knows what it is, and takes it back.
  if (typeof value.constructor === 'function' && value.constructor !== Object) return NUMBER_SIZE;
  // A map that was read need not be whole: its key `__proto__` is lost on the way, and one with the key `constructor` is
  // not written again. Nothing of ours that is compared is a map.
  return Number.POSITIVE_INFINITY;
}

function sizeOfAll(values: readonly unknown[], depth: number): number {
  return values.reduce<number>((sum, each) => sum + 1 + sizeOf(each, depth + 1), 3);
}
