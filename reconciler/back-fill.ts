// Takes over the tables of the previous deployment, once, before anything is inferred: its open rows get what the loop
// needs to find and to protect them. What had ended there is history and stays as it is.

import { assignmentId } from '../src/assignment.ts';
import { parseBindingRow } from '../src/binding.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import {
  type Entry,
  emptyLedger,
  isMalformedLedger,
  type Ledger,
  ledgerWrite,
  parseLedgerRow,
} from '../src/ledger.ts';
import type { Log } from '../src/log.ts';
import type { Policy } from '../src/policy.ts';
import {
  assignmentOf,
  parseRequestRow,
  type RequestRow,
  requestKey,
  unchangedRequest,
} from '../src/request.ts';
import { expireTakenOver } from '../src/request-changes.ts';
import { queryAll, type Row, type Store, scanAll, type Write } from '../src/store.ts';
import { parseTimestamp, toDueAt, toTimestamp } from '../src/timestamp.ts';

export type BackFillDeps = {
  readonly store: Store;
  readonly clock: WallClock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
  readonly mayAct: () => boolean;
  readonly log: Log;
};

/** The row that says when the tables were taken over. */
export const BACK_FILL_KEY = { name: 'back-fill' } as const;
const ATTEMPTS = 5;

/**
 * The requests that could not be taken over, to be tried again; undefined when it was interrupted. Done once, ever: when
 * none is left. Live access that a row left over explains is withheld meanwhile.
 */
export async function backFill(deps: BackFillDeps): Promise<readonly string[] | undefined> {
  if ((await deps.store.get('control', BACK_FILL_KEY)) !== undefined) return [];
  for await (const row of scanAll(deps.store, 'config')) {
    if (!deps.mayAct()) return undefined;
    await backFillBinding(deps, row);
  }
  const open: string[] = [];
  for await (const row of scanAll(deps.store, 'requests')) {
    if (isOpenOldRow(row)) open.push(String(row.request_id));
  }
  return backFillRequests(deps, open);
}

/** Takes these over, each by itself: one that cannot be written holds up nobody else. Answers those that are left. */
export async function backFillRequests(
  deps: BackFillDeps,
  requestIds: readonly string[],
): Promise<readonly string[] | undefined> {
  const left: string[] = [];
  for (const requestId of requestIds) {
    if (!deps.mayAct()) return undefined;
    if (!(await isTakenOver(deps, requestId))) left.push(requestId);
  }
  const row = { ...BACK_FILL_KEY, completed_at: toTimestamp(deps.clock.nowMs()) };
  if (left.length === 0) await deps.store.transact([{ kind: 'put', table: 'control', row }]);
  return left;
}

/** An account is never bound twice: the rows that say so did not exist before. */
async function backFillBinding({ store, log }: BackFillDeps, row: Row): Promise<void> {
  const binding = parseBindingRow(row);
  if (binding === undefined) {
    log.warn('a binding cannot be understood and binds nothing', { channel_id: row.channel_id });
    return;
  }
  const { channel_id, account_id } = binding;
  await store.transact([
    {
      kind: 'put',
      table: 'control',
      row: { name: `account#${account_id}`, channel_id, account_id },
      onlyIf: [{ attribute: 'name', absent: true }],
    },
  ]);
}

const OPEN = ['PENDING', 'APPROVED', 'GRANTED'];

function isOpenOldRow(row: Row): boolean {
  return row.audited_status === undefined && OPEN.some((status) => status === row.status);
}

async function isTakenOver(deps: BackFillDeps, requestId: string): Promise<boolean> {
  try {
    await backFillRequest(deps, requestId);
    return true;
  } catch (error) {
    deps.log.error('a row of the previous system could not be taken over yet', {
      request_id: requestId,
      error,
    });
    return false;
  }
}

/** Each row is read again, strongly consistently: the scan may be minutes old. */
async function backFillRequest(deps: BackFillDeps, requestId: string): Promise<void> {
  // What lapsed is ended here, by the clock alone.
  if (deps.clockState().isWrong)
    throw new Error("this process's clock is wrong: what has lapsed cannot be told");
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const row = await deps.store.get('requests', requestKey(requestId));
    if (row === undefined || !isOpenOldRow(row)) return;
    const writes = await takeOver(deps, row);
    if (writes === undefined) return;
    if ((await deps.store.transact(writes)).outcome === 'written') return;
  }
  throw new Error(`request ${requestId} changed each time it was taken over`);
}

/** What takes a row over: adopted silently with its end, or lapsed silently where its time had passed. */
async function takeOver(deps: BackFillDeps, row: Row): Promise<readonly Write[] | undefined> {
  const request = parseRequestRow(row);
  if (request === undefined) return undefined;
  const nowMs = deps.clock.nowMs();
  const audited = {
    ...request,
    permission_set_arn: request.permission_set_arn ?? deps.policy.defaultPermissionSetArn,
  };
  if (request.status === 'PENDING') return pendingWrites(deps, audited, nowMs);
  const endMs = parseTimestamp(request.end_time);
  const assignment = assignmentOf(audited);
  if (endMs === undefined || assignment === undefined) {
    deps.log.warn('a row of the previous system cannot be understood and is left alone', {
      request_id: request.request_id,
    });
    return undefined;
  }
  if (request.status === 'APPROVED' && (endMs <= nowMs || !(await hasApproval(deps.store, request)))) {
    return expireTakenOver(request, nowMs);
  }
  const found = await deps.store.get('assignments', { assignment_id: assignmentId(assignment) });
  const ledger = found === undefined ? emptyLedger(assignment, nowMs) : parseLedgerRow(found);
  if (isMalformedLedger(ledger)) return undefined;
  const status = request.status === 'GRANTED' ? ('GRANTED' as const) : ('APPROVED' as const);
  return adopted(audited, ledger, { status, endMs, nowMs });
}

function pendingWrites(deps: BackFillDeps, request: RequestRow, nowMs: number): readonly Write[] {
  const createdMs = parseTimestamp(request.created_at) ?? nowMs;
  const limitMs = createdMs + deps.policy.pendingTtlMs;
  if (limitMs <= nowMs) return expireTakenOver(request, nowMs);
  return [adoption(request, { audited_status: 'PENDING', due_at: toDueAt(limitMs) })];
}

/** An approval that the table alone claims was typed by hand: only one with its event counts. */
async function hasApproval(store: Store, request: RequestRow): Promise<boolean> {
  const query = {
    table: 'audit',
    partition: { attribute: 'request_id', value: request.request_id },
    consistent: true,
  } as const;
  for await (const event of queryAll(store, query)) if (event.event_type === 'APPROVED') return true;
  return false;
}

/** GRANTED as granted; APPROVED as a creation whose outcome nobody knows, which is simply made again. */
function adopted(
  request: RequestRow,
  ledger: Ledger,
  {
    status,
    endMs,
    nowMs,
  }: { readonly status: 'GRANTED' | 'APPROVED'; readonly endMs: number; readonly nowMs: number },
): readonly Write[] {
  const entry: Entry = { phase: status === 'GRANTED' ? 'GRANTED' : 'WAITING', until: endMs };
  const due = status === 'GRANTED' ? endMs : nowMs;
  const next = {
    ...ledger,
    due_at: Math.min(ledger.due_at ?? due, due),
    entries: { ...ledger.entries, [request.request_id]: entry },
  };
  const set = {
    audited_status: status,
    permission_set_arn: request.permission_set_arn,
    assignment_id: ledger.assignment_id,
    due_at: toDueAt(due),
    assignment_status: status === 'GRANTED' ? 'LIVE' : 'CREATING',
  };
  return [adoption(request, set), ledgerWrite(ledger, next)];
}

function adoption(request: RequestRow, set: Row): Write {
  return {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    set,
    onlyIf: unchangedRequest(request),
  };
}
