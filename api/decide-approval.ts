// Whether a person may approve a request, and what an approval writes: the request, its event and its entry in the
// ledger, which is what makes the loop create the access. Pure.

import { approvalOf } from '../src/approval.ts';
import { parseBindingRow } from '../src/binding.ts';
import {
  emptyLedger,
  isMalformedLedger,
  type Ledger,
  ledgerWrite,
  type MalformedLedger,
  withWaitingEntry,
} from '../src/ledger.ts';
import { isRevokedBefore, type PrincipalHold, unchangedHold } from '../src/principal-hold.ts';
import { assignmentOf, type RequestRow } from '../src/request.ts';
import type { Row } from '../src/store.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import { type AccessWish, brokenRule } from './access-rules.ts';
import type { ApiSettings } from './api-deps.ts';
import { unchangedBinding } from './binding-key.ts';
import { type Person, refusedDecider } from './check-decider.ts';
import type { Decision } from './decide-and-write.ts';
import { differsFromAsked } from './differs-from-asked.ts';
import { type Problem, problem } from './problem.ts';
import { requestTransition } from './request-transition.ts';
import { shownStatus } from './shown-status.ts';

/** Read strongly consistently, all of it. */
export type ApprovalView = {
  readonly request: RequestRow;
  /** Its REQUESTED event; undefined where the audit has none. */
  readonly asked: Row | undefined;
  /** The row of the binding. */
  readonly bindingRow: Row | undefined;
  readonly hold: PrincipalHold | undefined;
  /** The ledger row of the request's assignment; undefined while there is none. */
  readonly ledger: Ledger | MalformedLedger | undefined;
};

type Settings = Pick<
  ApiSettings,
  'defaultPermissionSetArn' | 'scope' | 'maxRequestHours' | 'pendingTtlHours'
>;

export function decideApproval(
  view: ApprovalView,
  approver: Person,
  settings: Settings,
  nowMs: number,
): Decision<RequestRow> {
  const { request, bindingRow, hold } = view;
  const binding = bindingRow === undefined ? undefined : parseBindingRow(bindingRow);
  const wish = approvedWish(request, settings);
  if (wish === undefined || !namesRequester(request))
    return problem(
      'conflict',
      'This request cannot be approved: its record is incomplete; ask for access anew.',
    );
  const refusal =
    notPending(view, settings, nowMs) ??
    notAsAsked(view, wish) ??
    brokenRule(wish, { binding, hold, settings }, nowMs) ??
    refusedDecider(request, binding, approver);
  return refusal ?? approval(view, wish, approver, nowMs);
}

/** Without a name for the person who asked, nobody can be told apart from them. */
function namesRequester(request: RequestRow): boolean {
  return request.requester_mm_user_id !== '' && request.requester_email !== '';
}

/** What the request asks for: an assignment that was typed before any approval counts for nothing. An old row that does not name its permission set means the default. */
export function approvedWish(
  request: RequestRow,
  settings: Pick<ApiSettings, 'defaultPermissionSetArn'>,
): AccessWish | undefined {
  const permission_set_arn = request.permission_set_arn ?? settings.defaultPermissionSetArn;
  const assignment = assignmentOf({ ...request, assignment_id: undefined, permission_set_arn });
  const durationMinutes = request.requested_duration_minutes;
  if (assignment === undefined || durationMinutes === undefined) return undefined;
  return { assignment, channelId: request.channel_id, durationMinutes };
}

function notPending(view: ApprovalView, settings: Settings, nowMs: number): Problem | undefined {
  const { request, hold } = view;
  const status = shownStatus(request);
  if (status !== 'PENDING') return problem('conflict', `This request is ${status} already.`);
  const createdMs = parseTimestamp(request.created_at);
  // The loop lapses it in a moment; until then it must not be brought back to life.
  if (createdMs === undefined || createdMs + settings.pendingTtlHours * 3_600_000 <= nowMs)
    return problem('conflict', 'This request has lapsed: nobody answered in time. Ask for access anew.');
  if (isRevokedBefore(hold, request.created_at))
    return problem('conflict', 'All requests of this person up to now were revoked; they have to ask anew.');
  return undefined;
}

/** An approver answers to what was asked, not to what a hand has made of it since. */
function notAsAsked({ request, asked }: ApprovalView, wish: AccessWish): Problem | undefined {
  const changed = asked === undefined ? ['no event says so'] : differsFromAsked(request, wish, asked);
  if (changed.length === 0) return undefined;
  return problem(
    'conflict',
    `This request is not what somebody asked for (${changed.join(', ')}): its record was changed by hand. Ask for access anew.`,
  );
}

function approval(
  view: ApprovalView,
  wish: AccessWish,
  approver: Person,
  nowMs: number,
): Decision<RequestRow> {
  const { request, bindingRow = {}, hold } = view;
  const { assignment } = wish;
  const ledger = view.ledger ?? emptyLedger(assignment, nowMs);
  if (isMalformedLedger(ledger))
    return problem(
      'conflict',
      'The record of this access is damaged; it is mended by the next sweep, try again after it.',
    );
  if (ledger.entries[request.request_id] !== undefined)
    return problem('conflict', 'This request was approved already.');
  const { set, event, untilMs } = approvalOf(wish, approver, nowMs);
  const { writes, after } = requestTransition(request, { set, event }, nowMs);
  const entered = withWaitingEntry(ledger, { requestId: request.request_id, untilMs, nowMs });
  const checks = [
    unchangedBinding(request.channel_id, assignment.accountId, bindingRow),
    unchangedHold(assignment.principalId, hold),
  ];
  return { writes: [...writes, ledgerWrite(ledger, entered), ...checks], outcome: after };
}
