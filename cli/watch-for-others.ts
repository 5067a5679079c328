// Whether another process leads, from the lease's row: one whose beat moves while we do not lead.

import { z } from 'zod';
import { LEASE_KEY } from '../reconciler/leader.ts';
import type { StoreReader } from '../src/store.ts';

const LeaseRow = z.object({ holder: z.string(), epoch: z.int(), beat: z.int() });
type Lease = z.output<typeof LeaseRow>;

/** Asked again and again: it answers from what has changed since it was asked before. Never rejects. */
export function watchForOthers({
  store,
  holder,
}: {
  readonly store: Pick<StoreReader, 'get'>;
  /** The name under which this process takes the lease. */
  readonly holder: string;
}): () => Promise<boolean> {
  let seen: Lease | undefined;
  return async () => {
    const lease = await readLease(store);
    const moves = lease !== undefined && lease.epoch === seen?.epoch && lease.beat !== seen.beat;
    seen = lease;
    return moves && lease.holder !== holder;
  };
}

/** A table that does not answer says nothing about who leads. */
async function readLease(store: Pick<StoreReader, 'get'>): Promise<Lease | undefined> {
  try {
    return LeaseRow.safeParse(await store.get('control', LEASE_KEY)).data;
  } catch {
    return undefined;
  }
}
