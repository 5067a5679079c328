// One tick: read what is due, and converge each assignment it concerns. Everything clever is elsewhere.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import type { Log } from '../src/log.ts';
import { planRequest } from '../src/plan-request.ts';
import type { Policy } from '../src/policy.ts';
import type { RequestRow } from '../src/request.ts';
import type { Store } from '../src/store.ts';
import type { StoreError } from '../src/store-error.ts';
import type { AssignmentWork } from './assignment-work.ts';
import type { Converged } from './converge-assignment.ts';
import { findWork, type Work } from './find-work.ts';

export type TickDeps = {
  readonly store: Store;
  readonly clock: WallClock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
  readonly work: Pick<AssignmentWork, 'begin' | 'isUnderWay'>;
  /** What waits for its turn goes as a person's word from now on. */
  readonly raise: (assignmentId: string, priority: 'person') => void;
  readonly mayAct: () => boolean;
  readonly log: Log;
};

export type TickOptions = {
  /** Requests that somebody spoke about: their assignments are looked at whatever the indexes say. */
  readonly requestIds: readonly string[];
  readonly rare: boolean;
};

/** What was begun. A tick does not wait for it: a slow assignment never holds up the next tick. */
export type Tick = {
  readonly begun: readonly Promise<Converged | undefined>[];
  /** Every request that is not settled, by id; only in a tick that read everything. */
  readonly unsettled?: ReadonlyMap<string, RequestRow>;
  /** What could not be read: a tick that did not see everything is no good tick. */
  readonly unread: readonly StoreError[];
};

export async function reconcileOnce(deps: TickDeps, options: TickOptions): Promise<Tick> {
  const nowMs = deps.clock.nowMs();
  const found = await findWork(deps.store, {
    nowMs,
    requestIds: options.requestIds,
    rare: options.rare,
    defaultPermissionSetArn: deps.policy.defaultPermissionSetArn,
  });
  for (const request of found.unassigned) {
    await judgeUnassigned(deps, request, nowMs).catch((error: unknown) =>
      deps.log.error('a request could not be judged', { request_id: request.request_id, error }),
    );
  }
  const due = await withoutQuiet(deps, found.assignments, options.requestIds, nowMs);
  const told = new Set(options.requestIds);
  const begun = due.map(({ assignment, requestIds }) => {
    if (requestIds.some((id) => told.has(id))) deps.raise(assignmentId(assignment), 'person');
    return deps.work.begin(assignment, { requestIds });
  });
  const { unread } = found;
  return { begun, unread, ...(found.unsettled === undefined ? {} : { unsettled: found.unsettled }) };
}

/** A row that names no assignment can still lapse, be revoked or be put back; it can give or take nothing in AWS. */
async function judgeUnassigned(deps: TickDeps, request: RequestRow, nowMs: number): Promise<void> {
  const { isWrong: clockIsWrong } = deps.clockState();
  const given = { request, entry: undefined, hold: undefined, clockIsWrong };
  const change = planRequest(given, nowMs, deps.policy.pendingTtlMs);
  if (change === undefined) {
    deps.log.warn('a request names no assignment and is left alone', { request_id: request.request_id });
    return;
  }
  if (deps.mayAct()) await deps.store.transact(change.writes);
}

/**
 * Leaves out what waits for its next try: the ledger says when that is. Somebody's word, or an edit by hand, is heard at
 * once all the same.
 */
async function withoutQuiet(
  deps: TickDeps,
  found: readonly Work[],
  spokenOf: readonly string[],
  nowMs: number,
): Promise<readonly Work[]> {
  const told = new Set(spokenOf);
  const isTold = ({ requestIds }: Work) => requestIds.some((id) => told.has(id));
  const fresh = found.filter((work) => isTold(work) || !deps.work.isUnderWay(assignmentId(work.assignment)));
  const keys = fresh.map(({ assignment }) => ({ assignment_id: assignmentId(assignment) }));
  const rows = keys.length === 0 ? [] : await deps.store.getMany('assignments', keys);
  const ledgers = new Map(
    rows
      .map(parseLedgerRow)
      .filter((ledger): ledger is Ledger => !isMalformedLedger(ledger))
      .map((ledger) => [ledger.assignment_id, ledger]),
  );
  return fresh.filter((work) => isTold(work) || !isQuiet(ledgers.get(idOf(work.assignment)), work, nowMs));
}

function idOf(assignment: Assignment): string {
  return assignmentId(assignment);
}

function isQuiet(ledger: Ledger | undefined, { requestIds, spoken }: Work, nowMs: number): boolean {
  if (ledger === undefined || ledger.stage === 'REST') return false;
  if (ledger.due_at === undefined || ledger.due_at <= nowMs) return false;
  return requestIds.every(
    (id) => ledger.entries[id]?.phase === 'ENDED' || (ledger.op?.request_id === id && !spoken.includes(id)),
  );
}
