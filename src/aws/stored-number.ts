// A number that was read from a table, or typed there by hand.

import { NumberValue } from '@aws-sdk/lib-dynamodb';
import { exactNumber } from '../decimal.ts';

/**
 * A JavaScript number where that is exactly what the text says; otherwise a value that is none, so that nobody takes it
 * for a count or a version, and that goes back to the table digit for digit. `text` is a number as DynamoDB writes it.
 */
export function storedNumber(text: string): number | NumberValue {
  const exact = exactNumber(text);
  // Zero has no sign in the tables.
  return exact === undefined ? NumberValue.from(text) : exact + 0;
}
