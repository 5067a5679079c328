// What hands did to a request's row, and what is made of it: endings are adopted, anything else is put back. By hand,
// access can only be taken away.

import { type Assignment, assignmentId } from './assignment.ts';
import type { Entry } from './ledger.ts';
import type { EndingStatus, RequestRow } from './request.ts';
import { requestStep } from './request-step.ts';
import type { Write } from './store.ts';
import { parseTimestamp, toDueAt, toTimestamp } from './timestamp.ts';

/** Who did what was typed into a row that does not say who. */
const HAND_EDIT = 'hand edit';

/** An ending that was typed into the row by hand becomes the state, with its event. */
export function adoptTyped(request: RequestRow, typed: EndingStatus, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: {
      status: typed,
      audited_status: typed,
      due_at: toDueAt(nowMs),
      ...(typed === 'REVOKED' ? { revoked_by: request.revoked_by ?? HAND_EDIT } : {}),
    },
    event: {
      type: typed,
      actor: { email: request.revoked_by ?? HAND_EDIT },
      details: {
        note: 'typed into the row by hand',
        before: request.audited_status ?? 'nothing',
        ...(request.revoked_at === undefined ? {} : { typed_revoked_at: request.revoked_at }),
      },
    },
  });
}

/**
 * An ending that was claimed by somebody's word becomes the state: the word could not be recorded then, or another hand
 * has typed over it since.
 */
export function adoptClaimed(
  request: RequestRow,
  ended: NonNullable<Entry['ended']>,
  nowMs: number,
): readonly Write[] {
  const by = ended.by ?? HAND_EDIT;
  return requestStep(request, nowMs, {
    set: {
      status: ended.as,
      audited_status: ended.as,
      due_at: toDueAt(nowMs),
      ...(ended.as === 'REVOKED' ? { revoked_by: by, revoked_at: toTimestamp(nowMs) } : {}),
    },
    event: {
      type: ended.as,
      actor: { email: by },
      details: {
        note: 'recorded after its ending had been claimed',
        before: request.audited_status ?? 'nothing',
        ...(ended.why === undefined ? {} : { reason: ended.why }),
      },
    },
  });
}

/** The row named an assignment that the request was never approved for: what its audit says is put back. */
export function assignmentPutBack(
  request: RequestRow,
  approved: Assignment,
  nowMs: number,
): readonly Write[] {
  const id = assignmentId(approved);
  return requestStep(request, nowMs, {
    set: {
      assignment_id: id,
      account_id: approved.accountId,
      permission_set_arn: approved.permissionSetArn,
      identity_store_user_id: approved.principalId,
      due_at: toDueAt(nowMs),
    },
    event: {
      type: 'HAND_EDIT',
      actor: { email: HAND_EDIT },
      details: { attribute: 'assignment_id', typed: shown(request.assignment_id), put_back: id },
    },
  });
}

/** By hand, access can only be taken away: any other typed status is put back. */
export function putBackStatus(request: RequestRow, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: { status: request.audited_status },
    event: {
      type: 'HAND_EDIT',
      actor: { email: HAND_EDIT },
      details: {
        attribute: 'status',
        typed: shown(request.status),
        put_back: String(request.audited_status),
      },
    },
  });
}

/** An end that was typed by hand: an earlier one shortens, any other is put back to `untilMs`. */
export function endTimeEdited(request: RequestRow, untilMs: number, nowMs: number): readonly Write[] {
  const typedMs = parseTimestamp(request.end_time);
  const shortened = typedMs !== undefined && typedMs < untilMs;
  return requestStep(request, nowMs, {
    set: shortened
      ? { due_at: toDueAt(Math.min(typedMs, parseTimestamp(request.due_at) ?? typedMs)) }
      : { end_time: toTimestamp(untilMs) },
    event: {
      type: 'HAND_EDIT',
      actor: { email: HAND_EDIT },
      details: {
        attribute: 'end_time',
        typed: shown(request.end_time),
        [shortened ? 'shortened_from' : 'put_back']: toTimestamp(untilMs),
      },
    },
  });
}

/** The ledger's row was taken away: what it said of this request is put back from the audit. */
export function entryRestored(request: RequestRow, untilMs: number, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    event: {
      type: 'HAND_EDIT',
      actor: { email: HAND_EDIT },
      details: { attribute: 'ledger entry', typed: 'nothing', put_back: toTimestamp(untilMs) },
    },
  });
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 200);
}
