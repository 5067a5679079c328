// The difference between what is desired and what is live, as a value: every change with its reason, what is inferred
// apart from what is stated, and the drift. Synchronous and pure; the same input gives the same plan, in any order.

import { assignmentId } from './assignment.ts';
import type { AssignmentView } from './assignment-view.ts';
import type { DriftItem } from './drift.ts';
import { driftOf } from './drift-of.ts';
import { type Entry, type Ledger, ledgerDelete, ledgerWrite, nextVersion } from './ledger.ts';
import { type Facts, ledgerFacts } from './ledger-facts.ts';
import type { Measured, Rule, Transition } from './ledger-rule.ts';
import { LedgerRules } from './ledger-rules.ts';
import { IDLE_RULE } from './ledger-rules-rest.ts';
import { recordMend } from './mend-ledger.ts';
import { entryToEnd, planRequest, type RequestCase, type RequestChange } from './plan-request.ts';
import type { Policy } from './policy.ts';
import type { Priority } from './priority.ts';
import type { RequestRow } from './request.ts';
import { stepOf } from './step-of.ts';
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
  /** A step of an ending that was stated: on the ledger's row, and under nobody's leave but its version's. */
  readonly ending?: true;
  /** The same step on the ledger's row alone: for where what belongs beside it cannot be written. */
  readonly alone?: { readonly writes: readonly Write[]; readonly next: Ledger };
  readonly measured?: Measured;
};

/** An ending that nobody stated. It is not a change until the guard has let it through. */
export type Inference = { readonly change: Change; readonly view: AssignmentView };

export type Plan = {
  readonly changes: readonly Change[];
  readonly inferences: readonly Inference[];
  readonly drift: readonly DriftItem[];
  /** What would have gone, and could not be written lately. */
  readonly putOff: readonly Change[];
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
  const putOff: Change[] = [];
  for (const view of views) {
    const plan = planAssignment(view, nowMs, policy);
    if (plan.change !== undefined) changes.push(plan.change);
    if (plan.inference !== undefined) inferences.push(plan.inference);
    drift.push(...plan.drift);
    putOff.push(...plan.putOff);
  }
  // Nearly everything agrees: sorting what was found costs a fraction of sorting what was looked at.
  return {
    changes: changes.sort((a, b) => inOrder(a.assignmentId, b.assignmentId)),
    inferences: inferences.sort((a, b) => inOrder(a.change.assignmentId, b.change.assignmentId)),
    drift: drift.sort((a, b) => inOrder(a.assignment_id, b.assignment_id)),
    putOff: putOff.sort((a, b) => inOrder(a.assignmentId, b.assignmentId)),
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
  readonly putOff: readonly Change[];
};

/**
 * An ending waits for nothing but AWS: its own steps, which are written on the ledger's row alone where nothing else can
 * be, go before what the requests' rows ask; what could not be written lately is left out, and holds up nothing.
 */
function planAssignment(view: AssignmentView, nowMs: number, policy: Policy): AssignmentPlan {
  const asked = requestChanges(view, nowMs, policy);
  const facts = ledgerFacts(view, nowMs, policy, new Set(asked.flatMap(({ requestIds }) => requestIds)));
  const drift = driftOf(facts);
  const putOff: Change[] = [];
  const isPutOff = (change: Change) => view.putOff?.has(stepOf(change.rule, change.requestIds)) === true;
  let inference: Inference | undefined;
  for (const change of candidates(facts, asked)) {
    if (isPutOff(change)) {
      putOff.push(change);
      // The ledger's own row takes nothing: what comes after an ending's step in the table is not for what has ended.
      if (change.ending === true) break;
      continue;
    }
    // What is left is due at once, and not when the row at rest would be.
    if (change.rule === IDLE_RULE && putOff.length > 0) break;
    if (change.inferred === true) inference ??= { change, view };
    else return { change, drift, putOff, ...(inference === undefined ? {} : { inference }) };
  }
  return { drift, putOff, ...(inference === undefined ? {} : { inference }) };
}

/** Everything that could be done next, in the order in which it goes. */
function* candidates(facts: Facts, asked: readonly Change[]): Generator<Change & { inferred?: true }> {
  yield* ledgerChanges(facts, true);
  yield* throughLedger(facts);
  const mend = recordMend(facts.view.ledger, facts.nowMs);
  yield* mend === undefined ? asked : [...asked, mend];
  yield* ledgerChanges(facts, false);
}

function* ledgerChanges(facts: Facts, ending: boolean): Generator<Change & { inferred?: true }> {
  for (const rule of LedgerRules) {
    if (rule.stage !== facts.view.ledger.stage || (rule.ending === true) !== ending) continue;
    const transition = rule.apply(facts);
    if (transition === undefined) continue;
    const inferred = transition.inferred === true ? { inferred: true as const } : {};
    yield { ...changeOf(facts, rule, transition), ...inferred };
  }
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
    ...(rule.ending === true ? { ending: true } : {}),
    ...(transition.alone === undefined ? {} : { alone: aloneOf(ledger, transition.alone) }),
    ...(transition.measured === undefined ? {} : { measured: transition.measured }),
  };
}

function aloneOf(ledger: Ledger, next: Ledger): NonNullable<Change['alone']> {
  return { writes: [ledgerWrite(ledger, next)], next: nextVersion(ledger, next) };
}

/** What each of the assignment's requests asks for by its own row: the first thing of each. */
function requestChanges(view: AssignmentView, nowMs: number, policy: Policy): readonly Change[] {
  return sortedRequests(view).flatMap((request) => {
    const change = planRequest(caseOf(view, request), nowMs, policy.pendingTtlMs);
    return change === undefined ? [] : [asChange(view, request.request_id, change, nowMs)];
  });
}

function sortedRequests({ requests }: AssignmentView): readonly RequestRow[] {
  return [...requests.values()].sort((a, b) => (a.request_id < b.request_id ? -1 : 1));
}

function caseOf(view: AssignmentView, request: RequestRow): RequestCase {
  const { request_id: id } = request;
  return {
    request,
    entry: view.ledger.entries[id],
    hold: view.hold,
    audited: view.audited?.get(id),
    elsewhere: view.elsewhere?.get(id),
    clockIsWrong: view.clockIsWrong,
  };
}

/** What has ended and the ledger does not know is added to it, to be proved gone. */
function* throughLedger({ view, nowMs }: Facts): Generator<Change> {
  const { ledger } = view;
  for (const request of sortedRequests(view)) {
    const entry = entryToEnd(caseOf(view, request), nowMs);
    if (entry === undefined) continue;
    const { request_id: id } = request;
    const next = { ...ledger, due_at: dueNow(ledger, nowMs), entries: { ...ledger.entries, [id]: entry } };
    yield {
      assignmentId: ledger.assignment_id,
      rule: 'ended-without-entry',
      reason: 'ended, to be proved gone',
      requestIds: [id],
      priority: 'person',
      writes: [ledgerWrite(ledger, next)],
      next: nextVersion(ledger, next),
      ending: true,
    };
  }
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

/** The entry that ends earlier, or that is put back; undefined where the ledger is not concerned. */
function ledgerAfter(
  ledger: Ledger,
  requestId: string,
  change: RequestChange,
  nowMs: number,
): Ledger | undefined {
  const entry = change.restored ?? shortened(ledger.entries[requestId], change.shortenedToMs);
  if (entry === undefined) return undefined;
  return { ...ledger, due_at: dueNow(ledger, nowMs), entries: { ...ledger.entries, [requestId]: entry } };
}

function shortened(entry: Entry | undefined, untilMs: number | undefined): Entry | undefined {
  return entry === undefined || untilMs === undefined ? undefined : { ...entry, until: untilMs };
}

function dueNow(ledger: Ledger, nowMs: number): number {
  return Math.min(ledger.due_at ?? nowMs, nowMs);
}
