// An organisation for the planner, as rows that have just been read: 95 % of it agrees, and the rest is drift of every
// kind. The same size and seed give the same rows, in an order that is no order, as a scan of a table gives them.

import { createHash } from 'node:crypto';
import { type Assignment, assignmentId } from '../../src/assignment.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../../src/ledger.ts';
import type { Policy } from '../../src/policy.ts';
import { parseRequestRow, type RequestRow } from '../../src/request.ts';
import type { Row } from '../../src/store.ts';
import { toDueAt, toTimestamp } from '../../src/timestamp.ts';

export type PlanRows = {
  readonly ledgers: readonly Ledger[];
  readonly requests: readonly RequestRow[];
  /** The ids of the assignments that Identity Center lists. */
  readonly live: readonly string[];
};

export const NOW_MS = Date.parse('2026-01-15T12:00:00Z');

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const PERMISSION_SETS = ['ps-0123456789abcdef', 'ps-fedcba9876543210'].map(
  (id) => `arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/${id}`,
);

export const POLICY: Policy = {
  scope: { permissionSetArns: PERMISSION_SETS, excludedAccountIds: [], protectedPrincipalIds: [] },
  graceMs: 90 * SECOND,
  skewMs: 30 * SECOND,
  watchMs: 2 * MINUTE,
  pendingTtlMs: 24 * HOUR,
  defaultPermissionSetArn: PERMISSION_SETS[0] ?? '',
};

type Kind = 'agrees' | 'expired' | 'revoked' | 'missing' | 'waiting' | 'unexplained';
/** One in a hundred of each. */
const DRIFT: readonly Kind[] = ['expired', 'revoked', 'missing', 'waiting', 'unexplained'];

/** `count` assignments. A hundredth of them nobody asked for, and two hundredths are not live. */
export function planRows(count: number, seed: number): PlanRows {
  const ledgers: Ledger[] = [];
  const requests: RequestRow[] = [];
  const live: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const kind = DRIFT[n % 100] ?? 'agrees';
    const assignment = assignmentOf(n, seed);
    const id = uuid(`request ${n} of ${seed}`);
    ledgers.push(ledgerOf(assignment, id, kind));
    if (kind !== 'unexplained') requests.push(requestOf(assignment, id, kind));
    if (kind !== 'missing' && kind !== 'waiting') live.push(offTheWire(assignmentId(assignment)));
  }
  return { ledgers, requests, live };
}

/** Values of their own and no parts of others, as a reader gets them. */
function offTheWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function assignmentOf(n: number, seed: number): Assignment {
  const account = Number.parseInt(hash(`account ${n % 10_000} of ${seed}`).slice(0, 9), 16) % 1e12;
  return {
    accountId: String(account).padStart(12, '0'),
    permissionSetArn: PERMISSION_SETS[n % PERMISSION_SETS.length] ?? '',
    principalId: uuid(`user ${n} of ${seed}`),
  };
}

function uuid(name: string): string {
  const hex = hash(name);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

function hash(name: string): string {
  return createHash('md5').update(name).digest('hex');
}

function untilMs(kind: Kind): number {
  return kind === 'expired' ? NOW_MS - MINUTE : NOW_MS + HOUR;
}

function ledgerOf(assignment: Assignment, id: string, kind: Kind): Ledger {
  const phase = kind === 'waiting' ? 'WAITING' : 'GRANTED';
  const until = toDueAt(untilMs(kind));
  const row: Row = {
    assignment_id: assignmentId(assignment),
    version: NOW_MS - HOUR,
    stage: 'REST',
    entries: kind === 'unexplained' ? {} : { [id]: { phase, until, minutes: 60 } },
    ...(kind === 'unexplained'
      ? { sighting: { first_seen: toDueAt(NOW_MS - HOUR) } }
      : { due_at: kind === 'waiting' ? toDueAt(NOW_MS) : until }),
    ...(kind === 'missing' ? { absent_since: toDueAt(NOW_MS - HOUR) } : {}),
    unresolved: [],
    attempts: 0,
  };
  const ledger = parseLedgerRow(offTheWire(row));
  if (isMalformedLedger(ledger)) throw new Error(ledger.malformed);
  return ledger;
}

function requestOf(assignment: Assignment, id: string, kind: Kind): RequestRow {
  const status = kind === 'revoked' ? 'REVOKED' : kind === 'waiting' ? 'APPROVED' : 'GRANTED';
  const at = toTimestamp(NOW_MS - 10 * MINUTE);
  const row: Row = {
    request_id: id,
    status,
    audited_status: status,
    account_id: assignment.accountId,
    permission_set_arn: assignment.permissionSetArn,
    identity_store_user_id: assignment.principalId,
    assignment_id: assignmentId(assignment),
    channel_id: 'operations',
    requester_mm_user_id: assignment.principalId.slice(0, 26),
    requester_email: `${assignment.principalId.slice(0, 8)}@example.com`,
    reason: 'an incident',
    approver_email: 'ben@example.com',
    requested_duration_minutes: 60,
    created_at: at,
    approved_at: at,
    ...(kind === 'waiting' ? {} : { grant_time: at, assignment_status: 'LIVE', assignment_status_since: at }),
    ...(kind === 'revoked' ? { revoked_at: at, revoked_by: 'cleo@example.com' } : {}),
    end_time: toTimestamp(untilMs(kind)),
    due_at: toDueAt(kind === 'revoked' || kind === 'waiting' ? NOW_MS : untilMs(kind)),
    audit_seq: 3,
    last_event_at: at,
    notification_seq: 1,
  };
  const request = parseRequestRow(offTheWire(row));
  if (request === undefined) throw new Error('not a request');
  return request;
}
