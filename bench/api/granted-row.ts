// A request with live access and its ledger row, as they lie in the tables: what a revoke meets.

import { pairId } from '../../src/assignment.ts';
import type { Row } from '../../src/store.ts';

const ACCOUNT_ID = '111111111111';
export const PERMISSION_SET_ARN = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333';
const PAIR = pairId({ accountId: ACCOUNT_ID, permissionSetArn: PERMISSION_SET_ARN });
const HOUR_MS = 3_600_000;
const FROM = new Date(Date.now() - HOUR_MS).toISOString();
const UNTIL = new Date(Date.now() + HOUR_MS).toISOString();

const TEMPLATE = {
  account_id: ACCOUNT_ID,
  channel_id: 'bench',
  requester_mm_user_id: 'mm-ana',
  requester_email: 'ana@example.com',
  reason: 'restart the queue',
  jira: 'OPS-1',
  requested_duration_minutes: 60,
  status: 'GRANTED',
  audited_status: 'GRANTED',
  created_at: FROM,
  approved_at: FROM,
  grant_time: FROM,
  end_time: UNTIL,
  due_at: UNTIL,
  approver_mm_user_id: 'mm-ben',
  approver_email: 'ben@example.com',
  permission_set_arn: PERMISSION_SET_ARN,
  assignment_status: 'LIVE',
  assignment_status_since: FROM,
  audit_seq: 3,
  last_event_at: FROM,
  notification_seq: 1,
};

/** `requestId` is a UUID. The user has the same one, so that every request has an assignment of its own. */
export function grantedRow(requestId: string): Row {
  const assignment_id = `${PAIR}#${requestId}`;
  return { ...TEMPLATE, request_id: requestId, identity_store_user_id: requestId, assignment_id };
}

export function restingLedgerRow(assignmentId: string): Row {
  const requestId = assignmentId.slice(PAIR.length + 1);
  return {
    assignment_id: assignmentId,
    pair: PAIR,
    version: 4,
    stage: 'REST',
    entries: { [requestId]: { phase: 'GRANTED', until: UNTIL, minutes: 60 } },
    unresolved: [],
    attempts: 0,
  };
}
