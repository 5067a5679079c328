// A request as it lies in `jit_requests`, and the words for its life. Names are those of the table, which people and
// the previous deployment know. A row may have been typed by hand: only what decisions stand on is checked here.

import { z } from 'zod';
import { asItLies } from './as-it-lies.ts';
import {
  AccountId,
  type Assignment,
  assignmentId,
  PermissionSetArn,
  PrincipalId,
  parseAssignmentId,
} from './assignment.ts';
import type { Condition, Key, Row } from './store.ts';
import { parseTimestamp, toTimestamp } from './timestamp.ts';

export const RequestStatuses = [
  'PENDING',
  'APPROVED',
  'GRANTED',
  'REVOKED',
  'EXPIRED',
  'DENIED',
  'ERROR',
] as const;
export type RequestStatus = (typeof RequestStatuses)[number];

/** Typed by hand on an unsettled row, these are commands that the loop adopts; any other typed status is put back. */
export const EndingStatuses = ['REVOKED', 'EXPIRED', 'DENIED', 'ERROR'] as const;
export type EndingStatus = (typeof EndingStatuses)[number];

export function isEnding(status: unknown): status is EndingStatus {
  return EndingStatuses.some((ending) => ending === status);
}

/**
 * The ending that the row states, typed or audited. A revoke whose audit could not be written names who revoked: that
 * stands also where another hand has typed over the status since.
 */
export function statedEnding(
  request: Pick<RequestRow, 'status' | 'audited_status' | 'revoked_by'>,
): EndingStatus | undefined {
  const { status, audited_status: audited, revoked_by: by } = request;
  if (isEnding(status)) return status;
  if (isEnding(audited)) return audited;
  return by === undefined || audited === undefined ? undefined : 'REVOKED';
}

export const AssignmentStatuses = [
  'CREATING',
  'LIVE',
  'REMOVING',
  'GONE',
  'KEPT',
  'MISSING',
  'STUCK',
] as const;
export type AssignmentStatus = (typeof AssignmentStatuses)[number];

// A hand edit or an old row may hold anything: what is not of its kind reads as absent, and an absent value never
// gives access.
const text = z.string().optional().catch(undefined);
/** Whoever left it blank named nobody. */
const name = z.string().regex(/\S/).optional().catch(undefined);
const count = z.int().nonnegative().catch(0);

const RequestRowSchema = z.object({
  request_id: z.string().min(1),
  account_id: AccountId.optional().catch(undefined),
  channel_id: z.string().catch(''),
  requester_mm_user_id: z.string().catch(''),
  requester_email: z.string().catch(''),
  jira: z.string().catch(''),
  reason: z.string().catch(''),
  requested_duration_minutes: z.number().positive().optional().catch(undefined),
  identity_store_user_id: PrincipalId.optional().catch(undefined),
  /** Absent in rows of the previous deployment until they are back-filled or approved. */
  permission_set_arn: PermissionSetArn.optional().catch(undefined),
  /** Written by the approval: from then on it names the assignment, whatever a hand makes of the three above. */
  assignment_id: text,
  created_at: z.string().catch(''),
  end_time: text,
  approved_at: text,
  denied_at: text,
  grant_time: text,
  revoked_at: text,
  revoked_by: name,
  expired_at: text,
  removed_at: text,
  sessions_may_last_until: text,
  approver_mm_user_id: text,
  approver_email: name,
  error_details: text,
  assignment_status: text,
  assignment_status_since: text,
  /** When the loop must next look; only settling removes it. */
  due_at: text,
  /** Sequence of the newest audit event, and when it happened: event times never run backwards within a request. */
  audit_seq: count,
  last_event_at: text,
  /** Sequence of the newest notification. */
  notification_seq: count,
  /** Ended while it was taken over from the previous system: it may explain live access, and is told to nobody. */
  taken_over: z.boolean().default(false).catch(false),
});

export type RequestRow = z.output<typeof RequestRowSchema> & {
  /** As it lies in the row, whatever type a hand gave it. */
  readonly status: unknown;
  /** Undefined in rows that this system never wrote, and where a hand left nonsense. */
  readonly audited_status: RequestStatus | undefined;
  /** The attributes that every write is conditional on, as they lie in the row. */
  readonly stored: Row;
};

/** The one parser of request rows. Undefined for a row without a usable id, which no table with our key can hold. */
export function parseRequestRow(row: Row): RequestRow | undefined {
  const parsed = RequestRowSchema.safeParse(row);
  if (!parsed.success) return undefined;
  return {
    ...parsed.data,
    status: row.status,
    audited_status: RequestStatuses.find((status) => status === row.audited_status),
    stored: { status: row.status, audited_status: row.audited_status, audit_seq: row.audit_seq },
  };
}

/** The assignment that a request is about; undefined while an old row does not name its permission set, or where a hand left nonsense. */
export function assignmentOf(request: RequestRow): Assignment | undefined {
  const approved = request.assignment_id === undefined ? undefined : parseAssignmentId(request.assignment_id);
  if (approved !== undefined) return approved;
  const { account_id: accountId, permission_set_arn: permissionSetArn } = request;
  const principalId = request.identity_store_user_id;
  if (accountId === undefined || permissionSetArn === undefined || principalId === undefined)
    return undefined;
  return { accountId, permissionSetArn, principalId };
}

export function assignmentIdOf(request: RequestRow): string | undefined {
  const assignment = assignmentOf(request);
  return assignment === undefined ? undefined : assignmentId(assignment);
}

/** What the canary asks for itself: ids that the API never makes, and that no hand can give to somebody's request. */
const CANARY_ID = /^canary-/;

export function canaryRequestId(nowMs: number): string {
  return `canary-${toTimestamp(nowMs).replaceAll(/[-:]/g, '')}`;
}

/** Whether nobody asked for it and nobody waits to hear of it. */
export function isCanaryRequest(requestId: string): boolean {
  return CANARY_ID.test(requestId);
}

export function requestKey(requestId: string): Key {
  return { request_id: requestId };
}

/** The condition of every write to a request: it is still as it was read, so nobody's change is ever undone. */
export function unchangedRequest(request: RequestRow): readonly Condition[] {
  return Object.entries(request.stored).map(([attribute, value]) => asItLies(attribute, value));
}

/** Settled: an ending that has been carried out and recorded, or history of the previous deployment. */
export function isSettled(request: RequestRow): boolean {
  return (
    request.due_at === undefined &&
    isEnding(request.status) &&
    request.status === (request.audited_status ?? request.status)
  );
}

/** Epoch milliseconds of the end that the row states; undefined where a hand left no valid instant. */
export function endTimeMs(request: RequestRow): number | undefined {
  return parseTimestamp(request.end_time);
}

/** E-mails are compared and stored NFC and lower case: the index on them is exact. */
export function normalizeEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase();
}
