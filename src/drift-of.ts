// Which differences one assignment shows: the same words for metrics, `GET /drift` and alerts. Pure.

import { type Assignment, assignmentId } from './assignment.ts';
import { type AssignmentView, standingsOf } from './assignment-view.ts';
import { isContested } from './contested.ts';
import type { DriftItem, DriftKind } from './drift.ts';
import { endingPriority, endingRequestedMs, type Facts } from './ledger-facts.ts';
import { isStuck } from './policy.ts';
import { parseTimestamp, toDueAt, toTimestamp } from './timestamp.ts';

/** Every difference of one assignment; none when desired and live agree as far as is known. */
export function driftOf(given: Facts): readonly DriftItem[] {
  const facts = byAwsTime(given);
  return [
    ...endingDrift(facts),
    ...creationDrift(facts),
    ...orphanDrift(facts),
    ...missingDrift(facts),
    ...quarantinedDrift(facts),
    ...unreadDrift(facts),
    ...contestedDrift(facts),
  ];
}

/** What is past its end by AWS's time is overdue, also where this process must not end it by the clock. */
function byAwsTime(facts: Facts): Facts {
  if (facts.view.clockIsWrong !== true) return facts;
  return { ...facts, standings: standingsOf({ ...facts.view, clockIsWrong: false }, facts.nowMs) };
}

type What = { readonly request_ids: readonly string[]; readonly detail: string; readonly sinceMs: number };

function item(facts: Facts, kind: DriftKind, what: What): DriftItem {
  const { ledger } = facts.view;
  return {
    kind,
    assignment_id: ledger.assignment_id,
    account_id: ledger.assignment.accountId,
    permission_set_arn: ledger.assignment.permissionSetArn,
    principal_id: ledger.assignment.principalId,
    request_ids: [...what.request_ids],
    since: toTimestamp(what.sinceMs),
    attempts: ledger.attempts,
    ...(ledger.last_error === undefined ? {} : { last_error: ledger.last_error.message }),
    ...(ledger.due_at === undefined ? {} : { next_try: toDueAt(ledger.due_at) }),
    detail: what.detail,
  };
}

/** An ending that was stated and is not settled. Once it has been tried long enough it is stuck, and shown as both. */
function endingDrift(facts: Facts): readonly DriftItem[] {
  const { ledger } = facts.view;
  const { ended, keeping } = facts.standings;
  const removing = ledger.stage === 'DELETING' || ledger.stage === 'DELETED';
  if (!removing && (ended.length === 0 || keeping.length > 0)) return [];
  const sinceMs = removing ? (ledger.requested ?? facts.nowMs) : endingRequestedMs(facts);
  const kind = ended.length === 0 ? 'orphaned' : endingPriority(facts) === 'person' ? 'revoked' : 'expired';
  const ending = item(facts, kind, {
    request_ids: ended,
    sinceMs,
    detail: `ended, and not proved gone: ${ledger.stage}${waitsForClock(facts) ? CLOCK_IS_WRONG : ''}`,
  });
  const why = stuckBecause(facts);
  return why === undefined
    ? [ending]
    : [ending, item(facts, 'stuck', { request_ids: ended, sinceMs, detail: why })];
}

const CLOCK_IS_WRONG = "; the leader's clock is wrong, and by such a clock nothing is ended";

function waitsForClock({ view }: Facts): boolean {
  return view.clockIsWrong === true && view.ledger.stage === 'REST';
}

/** A creation that has been tried long enough: nobody holds too much, but somebody waits. */
function creationDrift(facts: Facts): readonly DriftItem[] {
  const { ledger } = facts.view;
  const creating = ledger.stage === 'CREATING' || ledger.stage === 'CREATED';
  if (!creating || !isStuck(ledger, facts.nowMs)) return [];
  const detail = `approved, and not seen live yet: ${ledger.last_error?.message ?? 'no answer yet'}`;
  const sinceMs = ledger.trying_since ?? facts.nowMs;
  return [item(facts, 'stuck', { request_ids: facts.standings.waiting, sinceMs, detail })];
}

function stuckBecause(facts: Facts): string | undefined {
  if (facts.scopeProblem !== undefined) return `out of scope: ${facts.scopeProblem}`;
  if (!isStuck(facts.view.ledger, facts.nowMs)) return undefined;
  return `tried, and still there: ${facts.view.ledger.last_error?.message ?? 'no answer yet'}`;
}

function orphanDrift(facts: Facts): readonly DriftItem[] {
  const { sighting, stage } = facts.view.ledger;
  if (sighting === undefined || stage !== 'REST') return [];
  const explained =
    sighting.explained_by === undefined ? '' : ` (an old request explains it: ${sighting.explained_by})`;
  return [
    item(facts, 'orphaned', {
      request_ids: facts.standings.unexplained,
      sinceMs: sighting.first_seen,
      detail: `live, in scope, and no request wants it${explained}`,
    }),
  ];
}

function missingDrift(facts: Facts): readonly DriftItem[] {
  const { missing, granted } = facts.standings;
  const { lost_sight: lostMs } = facts.view.ledger;
  if (lostMs !== undefined && granted.length > 0) {
    const lost = 'in no list, as much else: what is lost is the sight of it, and it is taken for live';
    return [item(facts, 'missing', { request_ids: granted, sinceMs: lostMs, detail: lost })];
  }
  if (missing.length === 0) return [];
  const detail = 'granted, and removed in AWS by another hand; it is not created again';
  const since = missing.map((id) => parseTimestamp(facts.view.requests.get(id)?.assignment_status_since));
  const sinceMs = Math.min(facts.nowMs, ...since.map((ms) => ms ?? facts.nowMs));
  return [item(facts, 'missing', { request_ids: missing, sinceMs, detail })];
}

function quarantinedDrift(facts: Facts): readonly DriftItem[] {
  const { quarantined } = facts.standings;
  if (quarantined.length === 0) return [];
  const detail =
    'the row of the request cannot be understood; nothing is given or taken because of it before its end';
  return [item(facts, 'quarantined', { request_ids: quarantined, sinceMs: facts.nowMs, detail })];
}

/** Somebody makes it again after each removal. */
function contestedDrift(facts: Facts): readonly DriftItem[] {
  const { removals } = facts.view.ledger;
  if (removals === undefined || !isContested(facts.view.ledger, facts.nowMs)) return [];
  const detail = `made again by another hand: it was removed ${removals.times} times in a row`;
  return [item(facts, 'contested', { request_ids: [], sinceMs: removals.last, detail })];
}

/** What could not be looked at is a difference, for all that anybody knows. */
function unreadDrift(facts: Facts): readonly DriftItem[] {
  const { unread, live } = facts.view;
  const list = typeof live.list === 'object' ? `the list of AWS: ${live.list.unreadable}` : undefined;
  const why = [...Object.values(unread ?? {}), list].filter((cause) => cause !== undefined);
  if (why.length === 0) return [];
  const request_ids = Object.keys(facts.view.ledger.entries);
  const found = item(facts, 'unread', {
    request_ids,
    sinceMs: facts.nowMs,
    detail: 'it could not be looked at',
  });
  return [{ ...found, last_error: why.join('; ') }];
}

/** A step that could not be written: the ending did not wait for it, and it is tried again. */
export function putOffDrift(
  view: AssignmentView,
  step: { readonly rule: string; readonly reason: string; readonly requestIds: readonly string[] },
  why: string | undefined,
  nowMs: number,
): DriftItem {
  const { assignment, assignment_id } = view.ledger;
  return {
    kind: 'stuck',
    assignment_id,
    account_id: assignment.accountId,
    permission_set_arn: assignment.permissionSetArn,
    principal_id: assignment.principalId,
    request_ids: [...step.requestIds],
    since: toTimestamp(nowMs),
    attempts: 0,
    ...(why === undefined ? {} : { last_error: why }),
    detail: `could not be written, and is tried again: ${step.reason} (${step.rule})`,
  };
}

/** A look that came to nothing: it threw, or hung until it was abandoned. Another finds it again. */
export function failedDrift(assignment: Assignment, cause: unknown, nowMs: number): DriftItem {
  return {
    ...about(assignment, nowMs),
    kind: 'stuck',
    last_error: cause instanceof Error ? cause.message : String(cause),
    detail: 'it could not be worked on, and is tried again',
  };
}

/** A row of the ledger that cannot be understood or believed: nothing else is done until it is mended. */
export function unreadableDrift(assignment: Assignment, why: string, nowMs: number): DriftItem {
  return {
    ...about(assignment, nowMs),
    kind: 'quarantined',
    last_error: why,
    detail:
      'the row of the ledger cannot be understood; nothing is done about its assignment until it is mended',
  };
}

function about(assignment: Assignment, nowMs: number): Omit<DriftItem, 'kind' | 'detail'> {
  return {
    assignment_id: assignmentId(assignment),
    account_id: assignment.accountId,
    permission_set_arn: assignment.permissionSetArn,
    principal_id: assignment.principalId,
    request_ids: [],
    since: toTimestamp(nowMs),
    attempts: 0,
  };
}
