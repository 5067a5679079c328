// Which part of the loop asks something of the tables, told by what it asks.

import type { Write } from '../../src/store.ts';
import type { ModelRead } from '../../test/model-store.ts';

export const LoopParts = ['tick', 'minute', 'status', 'deliver', 'listen', 'lease', 'sweep'] as const;
export type LoopPart = (typeof LoopParts)[number];

/** What nobody else asks belongs to the sweep. */
export function partOfRead(read: ModelRead): LoopPart {
  if (read.kind === 'get') return partOfControl(read.key.name);
  if (read.table === 'outbox') return 'deliver';
  if (read.kind === 'scan') return read.table === 'requests' ? 'minute' : 'sweep';
  if (read.kind !== 'query' || read.query.index === 'gsi_pair') return 'sweep';
  // All that is GRANTED, whenever it ends, is read by the sweep alone.
  const { partition, sort } = read.query;
  return partition.value === 'GRANTED' && sort === undefined ? 'sweep' : 'tick';
}

export function partOfWrite(writes: readonly Write[]): LoopPart {
  const [write] = writes;
  const name = write?.kind === 'put' ? write.row.name : write?.key.name;
  return writes.length === 1 && write?.table === 'control' ? partOfControl(name) : 'sweep';
}

/** The sweep reads the brake as well; it is told apart by measuring without a sweep. */
function partOfControl(name: unknown): LoopPart {
  if (name === 'leader') return 'lease';
  if (name === 'nudges') return 'listen';
  return name === 'status' || name === 'brake' ? 'status' : 'sweep';
}
