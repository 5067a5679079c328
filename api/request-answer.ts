// A request as it is shown to callers. Built field by field: what is in the row for the loop's own use never leaves it.

import { z } from 'zod';
import { AssignmentStatuses, type RequestRow, RequestStatuses } from '../src/request.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import { shownStatus } from './shown-status.ts';

const Time = z.string().meta({ description: 'a time such as 2026-01-15T12:00:00Z' });

export const RequestAnswer = z
  .object({
    request_id: z.string(),
    account_id: z.string(),
    channel_id: z.string(),
    requester_mm_user_id: z.string(),
    requester_email: z.string(),
    jira: z.string(),
    reason: z.string(),
    requested_duration_minutes: z.int(),
    status: z.enum(RequestStatuses),
    created_at: Time,
    approved_at: Time.optional(),
    denied_at: Time.optional(),
    grant_time: Time.optional(),
    revoked_at: Time.optional(),
    expired_at: Time.optional(),
    end_time: Time,
    approver_mm_user_id: z.string().optional(),
    approver_email: z.string().optional(),
    identity_store_user_id: z.string(),
    assignment_status: z
      .enum(AssignmentStatuses)
      .optional()
      .meta({ description: 'what was observed of the access in AWS' }),
    error_details: z.string().optional(),
    permission_set_arn: z.string(),
    removed_at: Time.optional().meta({ description: 'when the access was seen gone: the proof' }),
    sessions_may_last_until: Time.optional().meta({
      description: 'until when sessions that were opened before may go on',
    }),
    also_wanted_by: z
      .array(z.string())
      .optional()
      .meta({ description: 'ids of other requests that keep this very access' }),
  })
  .meta({ id: 'Request' });
export type RequestAnswer = z.output<typeof RequestAnswer>;

const OptionalTexts = [
  'approved_at',
  'denied_at',
  'grant_time',
  'revoked_at',
  'expired_at',
  'approver_mm_user_id',
  'approver_email',
  'error_details',
  'removed_at',
  'sessions_may_last_until',
] as const;

/** `defaultPermissionSetArn` is what an old row means that does not name its permission set. */
export function toRequestAnswer(
  request: RequestRow,
  options: { readonly defaultPermissionSetArn: string; readonly alsoWantedBy?: readonly string[] },
): RequestAnswer {
  const observed = AssignmentStatuses.find((status) => status === request.assignment_status);
  const alsoWantedBy = options.alsoWantedBy ?? [];
  return {
    request_id: request.request_id,
    account_id: request.account_id ?? '',
    channel_id: request.channel_id,
    requester_mm_user_id: request.requester_mm_user_id,
    requester_email: request.requester_email,
    jira: request.jira,
    reason: request.reason,
    requested_duration_minutes: Math.round(request.requested_duration_minutes ?? 0),
    status: shownStatus(request),
    created_at: request.created_at,
    end_time: request.end_time ?? endOfOldRow(request),
    identity_store_user_id: request.identity_store_user_id ?? '',
    permission_set_arn: request.permission_set_arn ?? options.defaultPermissionSetArn,
    ...Object.fromEntries(
      OptionalTexts.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])),
    ),
    ...(observed === undefined ? {} : { assignment_status: observed }),
    ...(alsoWantedBy.length === 0 ? {} : { also_wanted_by: [...alsoWantedBy] }),
  };
}

// A hand may have typed any duration: what is beyond every time must not make the whole answer fail.
const LAST_MS = Date.parse('9999-12-31T23:59:59Z');

// Rows of the previous deployment have no `end_time` before they are granted.
function endOfOldRow(request: RequestRow): string {
  const createdMs = parseTimestamp(request.created_at);
  if (createdMs === undefined) return request.created_at;
  return toTimestamp(Math.min(LAST_MS, createdMs + (request.requested_duration_minutes ?? 0) * 60_000));
}
