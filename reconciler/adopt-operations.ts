// Counts what another leader had begun: it still occupies AWS, against the slots, until its verdict or its patience.

import { assignmentId } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import { isMalformedLedger, parseLedgerRow } from '../src/ledger.ts';
import { SHARD } from '../src/notification.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import type { OperationSlots } from './identity-center.ts';

export async function adoptOperations(
  { store, clock }: { readonly store: Pick<StoreReader, 'query'>; readonly clock: WallClock },
  slots: Pick<OperationSlots, 'adopt'>,
): Promise<void> {
  const partition = { attribute: 'shard', value: SHARD };
  for await (const row of queryAll(store, { table: 'assignments', index: 'gsi_due', partition })) {
    const ledger = parseLedgerRow(row);
    if (isMalformedLedger(ledger) || ledger.op?.id === undefined) continue;
    const startedAgoMs = Math.max(0, clock.nowMs() - ledger.op.claimed_at);
    const { accountId } = ledger.assignment;
    slots.adopt({ key: assignmentId(ledger.assignment), accountId, startedAgoMs });
  }
}
