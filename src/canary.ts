// The canary: now and then a user of its own is given a permission set that can do nothing, and it is taken away again, on
// the very path that everybody's access takes. Whether that path is open is then known before somebody needs it. Like all
// else it hangs on no timer: its wish lies in the tables, ends by itself, and whoever leads next goes on with it. Pure.

import { z } from 'zod';
import { approvalOf } from './approval.ts';
import { asItLies } from './as-it-lies.ts';
import { type Assignment, assignmentId } from './assignment.ts';
import {
  isMalformedLedger,
  type Ledger,
  ledgerWrite,
  type MalformedLedger,
  withWaitingEntry,
} from './ledger.ts';
import { newRequest } from './new-request.ts';
import { isFrozen, isRevokedBefore, type PrincipalHold, unchangedHold } from './principal-hold.ts';
import { assignmentIdOf, canaryRequestId, isCanaryRequest, isSettled, type RequestRow } from './request.ts';
import { observed, requestStep } from './request-step.ts';
import type { Key, Row, Write } from './store.ts';
import { parseTimestamp, toDueAt, toTimestamp } from './timestamp.ts';

export type CanarySettings = {
  /** Of a user and a permission set that are there for nothing else. */
  readonly assignment: Assignment;
  /** From the start of one run to the start of the next. */
  readonly intervalMs: number;
};

const CanaryRow = z.object({
  /** Its own: a hand that names somebody's request here must not have it approved or revoked. */
  request_id: z.string().refine(isCanaryRequest),
  begun_at: z.string(),
  /** It was seen live, and its end was said: what is left is to see it gone. */
  revoked: z.boolean().optional(),
  /** The run is over, whatever came of it. */
  over: z.boolean().optional(),
  /** When a run last went all the way, this one or an earlier one. */
  closed_at: z.string().optional(),
});
export type CanaryRun = z.output<typeof CanaryRow>;

/** All read strongly consistently. */
export type CanaryView = {
  /** The row of `jit_control`. */
  readonly row: Row | undefined;
  /** The request of the run that the row names. */
  readonly request: RequestRow | undefined;
  readonly hold: PrincipalHold | undefined;
  /** Of the canary's assignment; empty where there is none yet. */
  readonly ledger: Ledger | MalformedLedger;
};

export type CanaryStep = {
  readonly what: 'begun' | 'approved' | 'revoked' | 'closed' | 'failed';
  readonly requestId: string;
  readonly writes: readonly Write[];
};

/** Long enough for a slow day at AWS, and the end of it if nobody ever revokes it. */
const MINUTES = 15;
const NAME = 'canary';

export const CANARY_KEY: Key = { name: NAME };

/** Undefined where there was none, or a hand left nonsense. */
export function parseCanaryRow(row: Row | undefined): CanaryRun | undefined {
  return CanaryRow.safeParse(row).data;
}

/** When a run last went all the way, epoch milliseconds. */
export function lastClosedMs(run: CanaryRun | undefined): number | undefined {
  return parseTimestamp(run?.closed_at);
}

/** Whether the last run is over and the next is not due. A beginning that lies far ahead is a clock's slip. */
export function isResting(run: CanaryRun | undefined, settings: CanarySettings, nowMs: number): boolean {
  if (run?.over !== true) return false;
  return Math.abs(nowMs - (parseTimestamp(run.begun_at) ?? 0)) < settings.intervalMs;
}

/** The next step; undefined where there is nothing to do but to wait for the loop. */
export function nextCanaryStep(
  view: CanaryView,
  settings: CanarySettings,
  nowMs: number,
): CanaryStep | undefined {
  const run = parseCanaryRow(view.row);
  if (isResting(run, settings, nowMs)) return undefined;
  if (run === undefined || run.over === true) return begin(view, settings, nowMs);
  const { request } = view;
  if (request === undefined || isSettled(request)) return conclude(view, run, nowMs);
  // What was typed is a command, and the loop's to adopt.
  if (request.status !== request.audited_status) return undefined;
  if (request.status === 'PENDING' && isAsSet(request, settings))
    return approve(view, request, settings, nowMs);
  if (request.status === 'PENDING') return revoke(view, run, request, nowMs);
  if (request.status === 'GRANTED') return revoke(view, run, request, nowMs);
  return undefined;
}

function begin({ row, hold }: CanaryView, settings: CanarySettings, nowMs: number): CanaryStep | undefined {
  const { accountId, permissionSetArn, principalId } = settings.assignment;
  if (isFrozen(hold, nowMs) || isRevokedBefore(hold, toTimestamp(nowMs))) return undefined;
  const requestId = canaryRequestId(nowMs);
  const wish = {
    request_id: requestId,
    account_id: accountId,
    channel_id: NAME,
    requester_mm_user_id: NAME,
    requester_email: NAME,
    jira: '',
    reason: 'The canary tries whether access is given and taken away.',
    requested_duration_minutes: MINUTES,
    permission_set_arn: permissionSetArn,
  };
  const { writes } = newRequest(wish, principalId, { pendingTtlMs: MINUTES * 60_000, nowMs });
  const closedAt = parseCanaryRow(row)?.closed_at;
  const run = {
    request_id: requestId,
    begun_at: toDueAt(nowMs),
    ...(closedAt === undefined ? {} : { closed_at: closedAt }),
  };
  return { what: 'begun', requestId, writes: [...writes, runWrite(row, run)] };
}

/** What a hand has made of the row is not approved: else who writes rows could give access through the canary. */
function isAsSet(request: RequestRow, { assignment }: CanarySettings): boolean {
  return assignmentIdOf(request) === assignmentId(assignment);
}

function approve(
  { hold, ledger }: CanaryView,
  request: RequestRow,
  { assignment }: CanarySettings,
  nowMs: number,
): CanaryStep | undefined {
  const isHeld = isFrozen(hold, nowMs) || isRevokedBefore(hold, request.created_at);
  if (isHeld || isMalformedLedger(ledger)) return undefined;
  const requestId = request.request_id;
  const approver = { email: NAME, mmUserId: NAME };
  const { set, event, untilMs } = approvalOf({ assignment, durationMinutes: MINUTES }, approver, nowMs);
  const entered = withWaitingEntry(ledger, { requestId, untilMs, nowMs });
  const writes = [
    ...requestStep(request, nowMs, { set, event }),
    ledgerWrite(ledger, entered),
    unchangedHold(assignment.principalId, hold),
  ];
  return { what: 'approved', requestId, writes };
}

function revoke({ row }: CanaryView, run: CanaryRun, request: RequestRow, nowMs: number): CanaryStep {
  const set = {
    status: 'REVOKED',
    audited_status: 'REVOKED',
    revoked_at: toTimestamp(nowMs),
    revoked_by: NAME,
    due_at: toDueAt(nowMs),
    ...(request.approved_at === undefined ? {} : observed('REMOVING', nowMs)),
  };
  const event = { type: 'REVOKED', actor: { email: NAME, mmUserId: NAME }, details: {} } as const;
  // What another hand took away says nothing about our own.
  const revoked = request.assignment_status === 'LIVE';
  const writes = [...requestStep(request, nowMs, { set, event }), runWrite(row, { ...run, revoked })];
  return { what: 'revoked', requestId: request.request_id, writes };
}

function conclude({ row, request }: CanaryView, run: CanaryRun, nowMs: number): CanaryStep {
  const closed = run.revoked === true && request?.assignment_status === 'GONE';
  const next = { ...run, over: true, ...(closed ? { closed_at: toDueAt(nowMs) } : {}) };
  return {
    what: closed ? 'closed' : 'failed',
    requestId: run.request_id,
    writes: [runWrite(row, next)],
  };
}

/** Over the row that was read, and no other: of two leaders one goes on. */
function runWrite(read: Row | undefined, run: CanaryRun): Write {
  const isAsRead = (attribute: string) => asItLies(attribute, read?.[attribute]);
  const onlyIf = ['request_id', 'revoked', 'over'].map(isAsRead);
  return { kind: 'put', table: 'control', row: { ...CANARY_KEY, ...run }, onlyIf };
}
