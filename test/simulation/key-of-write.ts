// The key of the row that a write is about, whatever kind of write it is.

import type { Key, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';

export function keyOfWrite(write: Write): Key {
  if (write.kind !== 'put') return write.key;
  const { partition, sort } = TableDefinitions[write.table];
  const key: Record<string, string> = { [partition]: String(write.row[partition]) };
  if (sort !== undefined) key[sort] = String(write.row[sort]);
  return key;
}
