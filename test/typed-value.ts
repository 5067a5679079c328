// What a hand types into a row with a client of its own, which knows all of DynamoDB's types and digits, as it lies in the
// model of the tables.

import { typedNumber } from './model-row.ts';

/** As `aws dynamodb put-item` takes it: `{ N: '1.5e40' }`, `{ NS: ['1', '1e125'] }`, `{ L: [{ NULL: true }] }`. */
export type TypedValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: string[] }
  | { readonly NS: string[] }
  | { readonly BS: Uint8Array[] }
  | { readonly L: TypedValue[] }
  | { readonly M: Record<string, TypedValue> };

/** For a row of the model store: `load('requests', [{ request_id, audit_seq: typedValue({ N: '1.5e40' }) }])`. */
export function typedValue(typed: TypedValue): unknown {
  if ('S' in typed) return typed.S;
  if ('N' in typed) return typedNumber(typed.N);
  if ('B' in typed) return typed.B;
  if ('BOOL' in typed) return typed.BOOL;
  if ('NULL' in typed) return null;
  if ('SS' in typed) return new Set(typed.SS);
  if ('NS' in typed) return new Set(typed.NS.map(typedNumber));
  if ('BS' in typed) return new Set(typed.BS);
  if ('L' in typed) return typed.L.map(typedValue);
  return Object.fromEntries(Object.entries(typed.M).map(([name, member]) => [name, typedValue(member)]));
}
