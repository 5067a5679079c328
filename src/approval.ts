// What an approval makes of a request: what its row says from then on, the event, and until when. Pure; whether it may be
// approved is decided elsewhere.

import { type Assignment, assignmentId } from './assignment.ts';
import type { Actor, AuditDetails, AuditEventType } from './audit-event.ts';
import { normalizeEmail } from './request.ts';
import type { Row } from './store.ts';
import { toDueAt, toTimestamp } from './timestamp.ts';

export type Approval = {
  readonly set: Row;
  readonly event: { readonly type: AuditEventType; readonly actor: Actor; readonly details: AuditDetails };
  /** Epoch milliseconds: if it is never seen live, it ends then. */
  readonly untilMs: number;
};

/** The access that is approved names itself: whatever the row said of it before counts no longer. */
export function approvalOf(
  access: { readonly assignment: Assignment; readonly durationMinutes: number },
  approver: { readonly email: string; readonly mmUserId: string },
  nowMs: number,
): Approval {
  const { assignment, durationMinutes } = access;
  const email = normalizeEmail(approver.email);
  // To the second, as it stands in the row: an entry that lasted longer would look as if a hand had shortened the row.
  const untilMs = Math.floor(nowMs / 1000) * 1000 + durationMinutes * 60_000;
  return {
    untilMs,
    set: {
      status: 'APPROVED',
      audited_status: 'APPROVED',
      approved_at: toTimestamp(nowMs),
      approver_mm_user_id: approver.mmUserId,
      approver_email: email,
      end_time: toTimestamp(untilMs),
      permission_set_arn: assignment.permissionSetArn,
      assignment_id: assignmentId(assignment),
      assignment_status: 'CREATING',
      assignment_status_since: toTimestamp(nowMs),
      due_at: toDueAt(nowMs),
    },
    event: {
      type: 'APPROVED',
      actor: { email, mmUserId: approver.mmUserId },
      details: { end_time: toTimestamp(untilMs), assignment_id: assignmentId(assignment) },
    },
  };
}
