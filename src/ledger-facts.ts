// What the rules of the ledger ask about a view, worked out once. These are the definitions of the evidence: lost, gone,
// and whose turn it is.

import {
  type AssignmentView,
  type OperationVerdict,
  type Standings,
  standingsOf,
} from './assignment-view.ts';
import type { Failure, Operation } from './ledger.ts';
import { outOfScope } from './managed-scope.ts';
import { type Policy, VERDICT_PATIENCE_MS } from './policy.ts';
import type { Priority } from './priority.ts';
import { isEnding } from './request.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * How the ledger's operation stands. waiting: no verdict yet. again: it did not happen, or nobody knows, and is to be
 * tried again. refused: AWS will not do it without a person. `asked` tells a verdict from an error of the call itself.
 */
export type OperationState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly message: string; readonly asked: boolean }
  | { readonly kind: 'again'; readonly failure: Pick<Failure, 'kind' | 'message'>; readonly asked: boolean };

export type Facts = {
  readonly view: AssignmentView;
  readonly nowMs: number;
  readonly policy: Policy;
  readonly standings: Standings;
  /** Requests whose own row still asks for something: what became of their access cannot be recorded before that. */
  readonly unrecorded: ReadonlySet<string>;
  readonly operation: OperationState;
  /** A fresh list shows it; a fresh list does not. Both false where none was looked at or it could not be read. */
  readonly present: boolean;
  readonly absent: boolean;
  /** Two fresh lists without it, a grace apart. */
  readonly absentTwice: boolean;
  readonly isDue: boolean;
  readonly scopeProblem: string | undefined;
};

export function ledgerFacts(
  view: AssignmentView,
  nowMs: number,
  policy: Policy,
  unrecorded: ReadonlySet<string> = new Set(),
): Facts {
  const absent = view.live.list === 'absent';
  const absentSince = view.ledger.absent_since;
  return {
    view,
    nowMs,
    policy,
    standings: standingsOf(view, nowMs),
    unrecorded,
    operation: operationState(view, nowMs, policy),
    present: view.live.list === 'present',
    absent,
    absentTwice: absent && absentSince !== undefined && nowMs - absentSince >= policy.graceMs,
    isDue: view.ledger.due_at !== undefined && view.ledger.due_at <= nowMs,
    scopeProblem: outOfScope(policy.scope, view.ledger.assignment),
  };
}

function operationState(view: AssignmentView, nowMs: number, policy: Policy): OperationState {
  const { op, last_error: error } = view.ledger;
  if (op?.id === undefined) return withoutId(error);
  return fromVerdict(view.live.verdict, op, nowMs, policy);
}

const UNRECORDED: OperationState = {
  kind: 'again',
  failure: { kind: 'lost', message: 'the answer was never recorded' },
  asked: false,
};

/** The call failed, or the process died before its answer was recorded: then nobody knows whether AWS acted. */
function withoutId(error: Failure | undefined): OperationState {
  if (error === undefined) return UNRECORDED;
  if (error.kind === 'refused') return { kind: 'refused', message: error.message, asked: false };
  return { kind: 'again', failure: error, asked: false };
}

function fromVerdict(
  verdict: OperationVerdict | undefined,
  op: Operation,
  nowMs: number,
  policy: Policy,
): OperationState {
  if (verdict?.kind === 'succeeded') return { kind: 'succeeded' };
  if (verdict?.kind === 'failed') {
    if (verdict.as === 'absent') return { kind: 'absent' };
    if (verdict.as === 'refused') return { kind: 'refused', message: verdict.message, asked: true };
    return { kind: 'again', failure: { kind: 'later', message: verdict.message }, asked: true };
  }
  if (isLost(verdict, op.not_found_since, nowMs, policy)) {
    const failure = { kind: 'lost', message: 'AWS does not know the operation' } as const;
    return { kind: 'again', failure, asked: true };
  }
  // Nobody waits for ever for a question that is never answered.
  if (verdict?.kind === 'unknown' && nowMs - op.claimed_at >= VERDICT_PATIENCE_MS) {
    return { kind: 'again', failure: { kind: 'lost', message: verdict.why }, asked: true };
  }
  return { kind: 'waiting' };
}

/** Lost: Describe has not found it for longer than the grace. In the first moments it may not find a new one. */
export function isLost(
  verdict: OperationVerdict | undefined,
  notFoundSince: number | undefined,
  nowMs: number,
  policy: Policy,
): boolean {
  if (verdict?.kind !== 'not found' || notFoundSince === undefined) return false;
  return nowMs - notFoundSince >= policy.graceMs;
}

/** AWS may not find an operation in its first moments. */
const UNKNOWN_MAX_MS = 10_000;

/**
 * What AWS has not known for so long does not run: while it is asked after, it keeps its account from no other operation,
 * and no ending waits for it. If it runs after all, AWS refuses the next one with a conflict, which is tried again.
 */
export function isUnknownToAws({ ledger, live }: AssignmentView, nowMs: number): boolean {
  const since = ledger.op?.not_found_since;
  return live.verdict?.kind === 'not found' && since !== undefined && nowMs - since >= UNKNOWN_MAX_MS;
}

/** Whether an ending need not wait any longer for the verdict of what it follows on. */
export function isVerdictOverdue(facts: Facts): boolean {
  const claimedAt = facts.view.ledger.op?.claimed_at;
  return claimedAt !== undefined && facts.nowMs - claimedAt >= VERDICT_PATIENCE_MS;
}

/** Creates that were ended without a verdict and still have none. */
export function openUnresolved(facts: Facts): NonNullable<AssignmentView['ledger']['unresolved']> {
  return facts.view.ledger.unresolved.flatMap((item) => {
    const verdict = facts.view.live.unresolved?.get(item.id);
    if (verdict?.kind === 'succeeded' || verdict?.kind === 'failed') return [];
    if (isLost(verdict, item.not_found_since, facts.nowMs, facts.policy)) return [];
    const since = item.since ?? facts.nowMs;
    if (verdict?.kind === 'unknown' && facts.nowMs - since >= VERDICT_PATIENCE_MS) return [];
    if (verdict?.kind !== 'not found') return [{ id: item.id, since }];
    return [{ id: item.id, since, not_found_since: item.not_found_since ?? facts.nowMs }];
  });
}

/** A person's ending goes before that of the clock. */
export function endingPriority(facts: Facts): Priority {
  const byPerson = facts.standings.ended.some((id) => {
    const request = facts.view.requests.get(id);
    return isEnding(request?.status) || isEnding(request?.audited_status);
  });
  return byPerson ? 'person' : 'expiry';
}

/** When the first of the endings was stated, epoch milliseconds: the end of its time, or the flip of its status. */
export function endingRequestedMs(facts: Facts): number {
  const times = facts.standings.ended.flatMap((id) => [
    facts.view.ledger.entries[id]?.until ?? facts.nowMs,
    // Set by every flip; `revoked_at` may be typed and is never calculated with.
    parseTimestamp(facts.view.requests.get(id)?.due_at) ?? facts.nowMs,
  ]);
  return Math.min(facts.nowMs, ...times);
}
