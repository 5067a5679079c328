// What the ledger remembers of a call to AWS. Pure.

import type { Failure, Ledger } from './ledger.ts';
import { backOffMs, followMs } from './policy.ts';

export type CallResult =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'failed'; readonly failure: Pick<Failure, 'kind' | 'message'> };

/** The row after the call. An accepted operation is asked after soon; a failed one is tried again after its back-off. */
export function recordCall(ledger: Ledger, result: CallResult, nowMs: number, jitter: number): Ledger {
  if (ledger.op === undefined) return ledger;
  if (result.kind === 'accepted') {
    return {
      ...ledger,
      op: { ...ledger.op, id: result.id, looks: 0 },
      last_error: undefined,
      due_at: nowMs + followMs(0),
    };
  }
  const attempts = ledger.attempts + 1;
  return {
    ...ledger,
    attempts,
    trying_since: ledger.trying_since ?? nowMs,
    last_error: { ...result.failure, at: nowMs },
    due_at: nowMs + backOffMs(attempts, jitter, { refused: result.failure.kind === 'refused' }),
  };
}
