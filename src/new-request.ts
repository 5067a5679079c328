// A request as it comes into being: its row and its first event. What is in the row is what is wanted from then on, and
// nothing of it is derived again later. Pure.

import { assignmentId } from './assignment.ts';
import { type Actor, requestEvent } from './audit-event.ts';
import { normalizeEmail, parseRequestRow, type RequestRow } from './request.ts';
import type { Write } from './store.ts';
import { toDueAt, toTimestamp } from './timestamp.ts';

export type NewRequest = {
  readonly request_id: string;
  readonly account_id: string;
  readonly channel_id: string;
  readonly requester_mm_user_id: string;
  readonly requester_email: string;
  readonly jira: string;
  readonly reason: string;
  readonly requested_duration_minutes: number;
  readonly permission_set_arn: string;
};

/** PENDING, for the Identity Store user `principalId`; it lapses `pendingTtlMs` after now, epoch milliseconds. */
export function newRequest(
  wish: NewRequest,
  principalId: string,
  { pendingTtlMs, nowMs }: { readonly pendingTtlMs: number; readonly nowMs: number },
): { readonly request: RequestRow; readonly writes: readonly Write[] } {
  const createdMs = Math.floor(nowMs / 1000) * 1000;
  const event = requestEvent(
    { ...wish, audit_seq: 0, last_event_at: undefined },
    { type: 'REQUESTED', actor: askedBy(wish), details: requestedDetails(wish, principalId), nowMs },
  );
  const row = {
    ...wish,
    requester_email: normalizeEmail(wish.requester_email),
    identity_store_user_id: principalId,
    status: 'PENDING',
    audited_status: 'PENDING',
    created_at: toTimestamp(createdMs),
    end_time: toTimestamp(createdMs + wish.requested_duration_minutes * 60_000),
    due_at: toDueAt(createdMs + pendingTtlMs),
    ...event.requestSet,
  };
  const request = parseRequestRow(row);
  if (request === undefined) throw new Error('a new request does not read as one');
  const { request_id, ...set } = row;
  const onlyIf = [{ attribute: 'request_id', absent: true }] as const;
  const create: Write = { kind: 'update', table: 'requests', key: { request_id }, set, onlyIf };
  return { request, writes: [create, event.write] };
}

function askedBy({ requester_email, requester_mm_user_id: mmUserId }: NewRequest): Actor {
  return { email: normalizeEmail(requester_email), mmUserId };
}

/** What an approval is compared with: the event cannot be changed afterwards, the row can. */
function requestedDetails(wish: NewRequest, principalId: string): Record<string, string> {
  const { account_id: accountId, permission_set_arn: permissionSetArn } = wish;
  return {
    reason: wish.reason,
    jira: wish.jira,
    permission_set_arn: permissionSetArn,
    assignment_id: assignmentId({ accountId, permissionSetArn, principalId }),
    requested_duration_minutes: String(wish.requested_duration_minutes),
  };
}
