// Whether a request may be made, and its row. Pure: what is in the row is what is wanted from then on, and nothing of
// it is derived again later.

import { assignmentId } from '../src/assignment.ts';
import { requestEvent } from '../src/audit-event.ts';
import type { Binding } from '../src/binding.ts';
import type { DirectoryAnswer } from '../src/directory.ts';
import { type PrincipalHold, unchangedHold } from '../src/principal-hold.ts';
import { normalizeEmail, parseRequestRow, type RequestRow } from '../src/request.ts';
import type { Write } from '../src/store.ts';
import { toDueAt, toTimestamp } from '../src/timestamp.ts';
import { type AccessWish, brokenRule } from './access-rules.ts';
import type { ApiSettings } from './api-deps.ts';
import { bindingExists } from './binding-key.ts';
import type { Decision } from './decide-and-write.ts';
import { type Problem, problem } from './problem.ts';

export const OPEN_REQUESTS_MAX = 10;

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

export type CreationView = {
  readonly user: DirectoryAnswer;
  readonly binding: Binding | undefined;
  readonly hold: PrincipalHold | undefined;
  /** How many requests of this person are open; counting stops at the limit. */
  readonly openRequests: number;
};

type Settings = Pick<
  ApiSettings,
  'mode' | 'defaultPermissionSetArn' | 'scope' | 'maxRequestHours' | 'pendingTtlHours'
>;

export function decideCreation(
  wish: NewRequest,
  view: CreationView,
  settings: Settings,
  nowMs: number,
): Decision<RequestRow> {
  const { user, binding, hold } = view;
  if (user.kind === 'absent')
    return problem('forbidden', `${wish.requester_email} is not known to IAM Identity Center.`);
  if (user.status === 'DISABLED')
    return problem('forbidden', `${wish.requester_email} is disabled in IAM Identity Center.`);
  const broken = brokenRule(accessWish(wish, user.principalId), { binding, hold, settings }, nowMs);
  return broken ?? tooManyOpen(view) ?? creation(wish, user.principalId, view, settings, nowMs);
}

function accessWish(wish: NewRequest, principalId: string): AccessWish {
  const { account_id: accountId, permission_set_arn: permissionSetArn } = wish;
  return {
    assignment: { accountId, permissionSetArn, principalId },
    channelId: wish.channel_id,
    durationMinutes: wish.requested_duration_minutes,
  };
}

function tooManyOpen({ openRequests }: CreationView): Problem | undefined {
  if (openRequests < OPEN_REQUESTS_MAX) return undefined;
  return problem('conflict', `You have ${OPEN_REQUESTS_MAX} open requests already; end one of them first.`);
}

function creation(
  wish: NewRequest,
  principalId: string,
  view: CreationView,
  settings: Settings,
  nowMs: number,
): Decision<RequestRow> {
  const createdMs = Math.floor(nowMs / 1000) * 1000;
  const event = requestEvent(
    { ...wish, audit_seq: 0, last_event_at: undefined },
    {
      type: 'REQUESTED',
      actor: { email: normalizeEmail(wish.requester_email), mmUserId: wish.requester_mm_user_id },
      details: requestedDetails(wish, principalId),
      nowMs,
    },
  );
  const row = {
    ...wish,
    requester_email: normalizeEmail(wish.requester_email),
    identity_store_user_id: principalId,
    status: 'PENDING',
    audited_status: 'PENDING',
    created_at: toTimestamp(createdMs),
    end_time: toTimestamp(createdMs + wish.requested_duration_minutes * 60_000),
    due_at: toDueAt(createdMs + settings.pendingTtlHours * 3_600_000),
    ...event.requestSet,
  };
  const request = parseRequestRow(row);
  if (request === undefined) throw new Error('a new request does not read as one');
  const put: Write = {
    kind: 'put',
    table: 'requests',
    row,
    onlyIf: [{ attribute: 'request_id', absent: true }],
  };
  const checks = [bindingExists(wish.channel_id, wish.account_id), unchangedHold(principalId, view.hold)];
  return { writes: [put, event.write, ...checks], outcome: request };
}

/** What an approval is compared with: the event cannot be changed afterwards, the row can. */
function requestedDetails(wish: NewRequest, principalId: string): Record<string, string> {
  return {
    reason: wish.reason,
    jira: wish.jira,
    permission_set_arn: wish.permission_set_arn,
    assignment_id: assignmentId(accessWish(wish, principalId).assignment),
    requested_duration_minutes: String(wish.requested_duration_minutes),
  };
}
