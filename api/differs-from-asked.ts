// Whether the row of a request still says what was asked for. Anybody who may write the table of requests can change a
// row that waits for its approver; the event of the asking stays as it was written. Pure.

import { parseAssignmentId } from '../src/assignment.ts';
import { normalizeEmail, type RequestRow } from '../src/request.ts';
import type { Row } from '../src/store.ts';
import type { AccessWish } from './access-rules.ts';

/**
 * What of a request is not as it was asked, by the names of the row's attributes; empty where all is. `asked` is the
 * REQUESTED event. What the event does not say is not compared: events of the previous system say less.
 */
export function differsFromAsked(request: RequestRow, wish: AccessWish, asked: Row): readonly string[] {
  const details = Object(asked.details) as Row;
  const principalId = parseAssignmentId(String(details.assignment_id))?.principalId;
  const compared: readonly (readonly [string, unknown, unknown])[] = [
    ['requester_email', emailOf(asked.actor_email), emailOf(request.requester_email)],
    ['requester_mm_user_id', asked.actor_mm_user_id, request.requester_mm_user_id],
    ['channel_id', asked.channel_id, request.channel_id],
    ['account_id', asked.account_id, request.account_id],
    ['permission_set_arn', details.permission_set_arn, wish.assignment.permissionSetArn],
    ['requested_duration_minutes', numberOf(details.requested_duration_minutes), wish.durationMinutes],
    ['identity_store_user_id', principalId, wish.assignment.principalId],
  ];
  return compared.filter(([, then, now]) => then !== undefined && then !== now).map(([name]) => name);
}

function emailOf(value: unknown): unknown {
  return typeof value === 'string' ? normalizeEmail(value) : value;
}

function numberOf(value: unknown): unknown {
  return value === undefined ? undefined : Number(value);
}
