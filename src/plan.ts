// The difference between what is desired and what is live, as a value: every change with its reason, what is inferred
// apart from what is stated, and the drift. Synchronous and pure; the same input gives the same plan, in any order.

import { assignmentId } from './assignment.ts';
import type { AssignmentView } from './assignment-view.ts';
import type { DriftItem } from './drift.ts';
import { driftOf } from './drift-of.ts';
import { type Ledger, ledgerDelete, ledgerWrite, nextVersion } from './ledger.ts';
import { type Facts, ledgerFacts } from './ledger-facts.ts';
import type { Measured, Rule, Transition } from './ledger-rule.ts';
import { LedgerRules } from './ledger-rules.ts';
import { planRequest, type RequestChange } from './plan-request.ts';
import type { Policy } from './policy.ts';
import type { Priority } from './priority.ts';
import type { Write } from './store.ts';

/** One step of one assignment: a transaction, and then one call to AWS or none. Nothing is left to choose. */
export type Change = {
  readonly assignmentId: string;
  readonly rule: string;
  readonly reason: string;
  readonly requestIds: readonly string[];
  readonly priority: Priority;
  readonly writes: readonly Write[];
  readonly call?: 'CREATE' | 'DELETE';
  /** The ledger as it will lie in the table; undefined when its row is dropped or not touched. */
  readonly next?: Ledger;
  readonly measured?: Measured;
};

/** An ending that nobody stated. It is not a change until the guard has let it through. */
export type Inference = { readonly change: Change; readonly view: AssignmentView };

export type Plan = {
  readonly changes: readonly Change[];
  readonly inferences: readonly Inference[];
  readonly drift: readonly DriftItem[];
};

export type PlanInput = {
  readonly views: readonly AssignmentView[];
  readonly nowMs: number;
  readonly policy: Policy;
};

/**
 * At most one change per assignment, sorted by assignment. What is planned for one assignment depends on its own view
 * alone, so planning some of them is planning a part of all of them.
 */
export function planChanges({ views, nowMs, policy }: PlanInput): Plan {
  const changes: Change[] = [];
  const inferences: Inference[] = [];
  const drift: DriftItem[] = [];
  for (const view of views) {
    const plan = planAssignment(view, nowMs, policy);
    if (plan.change !== undefined) changes.push(plan.change);
    if (plan.inference !== undefined) inferences.push(plan.inference);
    drift.push(...plan.drift);
  }
  // Nearly everything agrees: sorting what was found costs a fraction of sorting what was looked at.
  return {
    changes: changes.sort((a, b) => inOrder(a.assignmentId, b.assignmentId)),
    inferences: inferences.sort((a, b) => inOrder(a.change.assignmentId, b.change.assignmentId)),
    drift: drift.sort((a, b) => inOrder(a.assignment_id, b.assignment_id)),
  };
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

type AssignmentPlan = {
  readonly change?: Change;
  readonly inference?: Inference;
  readonly drift: readonly DriftItem[];
};

function planAssignment(view: AssignmentView, nowMs: number, policy: Policy): AssignmentPlan {
  const facts = ledgerFacts(view, nowMs, policy);
  const drift = driftOf(facts);
  const byRequest = requestChange(view, nowMs, policy);
  if (byRequest !== undefined) return { change: byRequest, drift };
  let inference: Inference | undefined;
  for (const rule of LedgerRules) {
    const transition = rule.stage === view.ledger.stage ? rule.apply(facts) : undefined;
    if (transition === undefined) continue;
    const change = changeOf(facts, rule, transition);
    if (transition.inferred !== true)
      return { change, drift, ...(inference === undefined ? {} : { inference }) };
    inference = { change, view };
  }
  return { drift, ...(inference === undefined ? {} : { inference }) };
}

function changeOf(facts: Facts, rule: Rule, transition: Transition): Change {
  const { ledger } = facts.view;
  const own = transition.drop ? ledgerDelete(ledger) : ledgerWrite(ledger, transition.next);
  return {
    assignmentId: ledger.assignment_id,
    rule: rule.name,
    reason: transition.reason,
    requestIds: transition.requestIds,
    priority: transition.priority,
    writes: [own, ...transition.writes],
    ...(transition.call === undefined ? {} : { call: transition.call }),
    ...(transition.drop ? {} : { next: nextVersion(ledger, transition.next) }),
    ...(transition.measured === undefined ? {} : { measured: transition.measured }),
  };
}

/** The first thing that any of the assignment's requests asks for by its own row. */
function requestChange(view: AssignmentView, nowMs: number, policy: Policy): Change | undefined {
  for (const request of [...view.requests.values()].sort((a, b) => (a.request_id < b.request_id ? -1 : 1))) {
    const entry = view.ledger.entries[request.request_id];
    const given = { request, entry, hold: view.hold, audited: view.audited?.get(request.request_id) };
    const change = planRequest(given, nowMs, policy.pendingTtlMs);
    if (change !== undefined) return asChange(view, request.request_id, change, nowMs);
  }
  return undefined;
}

function asChange(view: AssignmentView, requestId: string, change: RequestChange, nowMs: number): Change {
  const next = ledgerAfter(view.ledger, requestId, change, nowMs);
  return {
    assignmentId: assignmentId(view.ledger.assignment),
    rule: change.rule,
    reason: change.reason,
    requestIds: [requestId],
    priority: 'person',
    writes: [...(next === undefined ? [] : [ledgerWrite(view.ledger, next)]), ...change.writes],
    ...(next === undefined ? {} : { next: nextVersion(view.ledger, next) }),
  };
}

/** The entry that ends earlier, that is added to be ended, or that is put back; undefined where the ledger is not concerned. */
function ledgerAfter(
  ledger: Ledger,
  requestId: string,
  change: RequestChange,
  nowMs: number,
): Ledger | undefined {
  const due = Math.min(ledger.due_at ?? nowMs, nowMs);
  if (change.endThroughLedger === true) {
    const entry = { phase: 'ENDED' as const, until: nowMs };
    return { ...ledger, due_at: due, entries: { ...ledger.entries, [requestId]: entry } };
  }
  if (change.restored !== undefined)
    return { ...ledger, due_at: due, entries: { ...ledger.entries, [requestId]: change.restored } };
  const entry = ledger.entries[requestId];
  if (change.shortenedToMs === undefined || entry === undefined) return undefined;
  const shortened = { ...entry, until: change.shortenedToMs };
  return { ...ledger, due_at: due, entries: { ...ledger.entries, [requestId]: shortened } };
}
