// Carries out one planned change. Nothing is left to choose: the transaction is written, and only then AWS is called.
// Dying after the write leaves a claim that the next look finds and repeats; dying after the call leaves an operation
// whose id is lost, which is repeated too, and repeating is harmless.

import type { Ledger } from '../src/ledger.ts';
import { isMalformedLedger, ledgerWrite, parseLedgerRow } from '../src/ledger.ts';
import type { Change } from '../src/plan.ts';
import { recordCall } from '../src/record-call.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import type { CallOutcome } from './identity-center.ts';

/**
 * refused: the rows are not as they were read, and nothing was done; `failed` are the positions of the writes whose
 * conditions did not hold. not leading: the lease is not ours for certain.
 */
export type Applied =
  | { readonly kind: 'written'; readonly call?: CallOutcome; readonly recorded?: boolean }
  | { readonly kind: 'refused'; readonly failed: readonly number[] }
  | { readonly kind: 'not leading' };

type ApplyDeps = Pick<ConvergeDeps, 'store' | 'writer' | 'clock' | 'mayAct' | 'random' | 'log'>;

/** Writes a change, and makes its call. The caller holds a slot where the change has a call. Throws StoreError. */
export async function applyChange(deps: ApplyDeps, change: Change): Promise<Applied> {
  if (!deps.mayAct()) return { kind: 'not leading' };
  const written = await deps.store.transact(change.writes);
  if (written.outcome === 'refused') return { kind: 'refused', failed: written.failed };
  if (change.call === undefined || change.next === undefined) return { kind: 'written' };
  // The write may have taken long enough for another process to have become the leader. The claim stands: its next
  // look finds an operation that was never begun.
  if (!deps.mayAct()) return { kind: 'not leading' };
  const { assignment } = change.next;
  const call =
    change.call === 'CREATE'
      ? await deps.writer.createAssignment(assignment)
      : await deps.writer.deleteAssignment(assignment);
  return { kind: 'written', call, recorded: await recordOutcome(deps, change.next, call) };
}

const RECORD_ATTEMPTS = 5;

/** An approval may have raised the row's version meanwhile: the outcome belongs to the claim, whatever else was written. */
async function recordOutcome(deps: ApplyDeps, claimed: Ledger, call: CallOutcome): Promise<boolean> {
  let current: Ledger | undefined = claimed;
  for (let attempt = 0; attempt < RECORD_ATTEMPTS && current !== undefined; attempt += 1) {
    const next = recordCall(current, call, deps.clock.nowMs(), deps.random());
    const written = await deps.store.transact([ledgerWrite(current, next)]);
    if (written.outcome === 'written') return true;
    current = await sameClaim(deps, claimed);
  }
  deps.log.warn('the outcome of a call was not recorded, it counts as lost', {
    assignment_id: claimed.assignment_id,
    outcome: call.kind,
  });
  return false;
}

/** The row as it is now, where the claim in it is still ours. */
async function sameClaim({ store }: ApplyDeps, claimed: Ledger): Promise<Ledger | undefined> {
  const row = await store.get('assignments', { assignment_id: claimed.assignment_id });
  const ledger = row === undefined ? undefined : parseLedgerRow(row);
  if (ledger === undefined || isMalformedLedger(ledger)) return undefined;
  const same = ledger.stage === claimed.stage && ledger.op?.claimed_at === claimed.op?.claimed_at;
  return same && ledger.op?.id === undefined ? ledger : undefined;
}
