// Finds what is due, through the sparse indexes. An index may lag, so what is found is only a reason to look: every
// decision stands on rows that are read again.

import { type Assignment, assignmentId, parseAssignmentId } from '../src/assignment.ts';
import { SHARD } from '../src/notification.ts';
import { assignmentOf, parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import { type Query, queryAll, type Row, type StoreReader, scanAll } from '../src/store.ts';
import { toDueAt } from '../src/timestamp.ts';

/** An assignment to look at, and the requests because of which. */
export type Work = {
  readonly assignment: Assignment;
  readonly requestIds: readonly string[];
  /** Those of them whose row says that they have ended, or says nothing that is known. */
  readonly spoken: readonly string[];
};

export type FoundWork = {
  readonly assignments: readonly Work[];
  /** Requests whose row names no assignment: only their own row can be judged. */
  readonly unassigned: readonly RequestRow[];
  /** How many requests are not settled, by audited status; only where everything was read. */
  readonly open?: ReadonlyMap<string, number>;
};

export type WorkQuery = {
  readonly nowMs: number;
  /** Requests that somebody spoke about just now. */
  readonly requestIds: readonly string[];
  /** Also what is seldom due, and what was typed into rows that are not due. */
  readonly rare: boolean;
  readonly defaultPermissionSetArn: string;
};

/** Read in every tick whatever their time: an approval or a revoke is due at once, also one that was typed by hand. */
const EVERY_TICK = ['APPROVED', 'REVOKED'] as const;

export async function findWork(store: StoreReader, query: WorkQuery): Promise<FoundWork> {
  const until = toDueAt(query.nowMs);
  const [{ rows, open }, spokenOf, ledgerIds] = await Promise.all([
    query.rare ? readUnsettled(store, until) : readDue(store, until),
    query.requestIds.length === 0 ? [] : store.getMany('requests', query.requestIds.map(requestKey)),
    dueAssignments(store, until),
  ]);
  const requests = [...rows, ...spokenOf].flatMap((row) => parseRequestRow(row) ?? []);
  const found = group(requests, ledgerIds, query.defaultPermissionSetArn);
  return open === undefined ? found : { ...found, open };
}

type Unsettled = { readonly rows: readonly Row[]; readonly open?: ReadonlyMap<string, number> };

async function readDue(store: StoreReader, until: string): Promise<Unsettled> {
  const queries = [...EVERY_TICK.map((status) => byStatus(status)), byStatus('GRANTED', until)];
  const rows = await Promise.all(queries.map((each) => collect(store, each)));
  return { rows: rows.flat() };
}

function byStatus(status: string, until?: string): Query {
  return {
    table: 'requests',
    index: 'gsi_status_due',
    partition: { attribute: 'status', value: status },
    ...(until === undefined ? {} : { sort: { attribute: 'due_at', to: until } }),
  };
}

/**
 * The same from one reading of everything unsettled, and besides what is due in a status where that is seldom, and what
 * was typed, also a status that does not exist. The sparse index holds what is unsettled and nothing else.
 */
async function readUnsettled(store: StoreReader, until: string): Promise<Unsettled> {
  const rows: Row[] = [];
  const open = new Map<string, number>();
  for await (const row of scanAll(store, 'requests', { index: 'gsi_status_due' })) {
    const audited = String(row.audited_status);
    open.set(audited, (open.get(audited) ?? 0) + 1);
    const isTyped = row.status !== row.audited_status || row.revoked_by !== undefined;
    const isRead = EVERY_TICK.some((status) => status === row.status);
    if (isTyped || isRead || String(row.due_at) <= until) rows.push(row);
  }
  return { rows, open };
}

async function dueAssignments(store: StoreReader, until: string): Promise<readonly string[]> {
  const rows = await collect(store, {
    table: 'assignments',
    index: 'gsi_due',
    partition: { attribute: 'shard', value: SHARD },
    sort: { attribute: 'due_at', to: until },
  });
  return rows.map((row) => String(row.assignment_id));
}

async function collect(store: StoreReader, query: Query) {
  const rows = [];
  for await (const row of queryAll(store, query)) rows.push(row);
  return rows;
}

function group(
  requests: readonly RequestRow[],
  ledgerIds: readonly string[],
  defaultPermissionSetArn: string,
): FoundWork {
  const byAssignment = new Map<
    string,
    { assignment: Assignment; requestIds: Set<string>; spoken: Set<string> }
  >();
  const add = (assignment: Assignment, request?: RequestRow) => {
    const id = assignmentId(assignment);
    const found = byAssignment.get(id) ?? {
      assignment,
      requestIds: new Set<string>(),
      spoken: new Set<string>(),
    };
    if (request !== undefined) found.requestIds.add(request.request_id);
    if (request !== undefined && request.status !== 'APPROVED') found.spoken.add(request.request_id);
    byAssignment.set(id, found);
  };
  const unassigned: RequestRow[] = [];
  for (const request of requests) {
    const assignment = assignmentOf(named(request, defaultPermissionSetArn));
    if (assignment === undefined) unassigned.push(request);
    else add(assignment, request);
  }
  for (const id of ledgerIds) {
    const assignment = parseAssignmentId(id);
    if (assignment !== undefined) add(assignment);
  }
  const assignments = [...byAssignment.values()].map((found) => ({
    ...found,
    requestIds: [...found.requestIds],
    spoken: [...found.spoken],
  }));
  return { assignments, unassigned };
}

/** Old rows do not name their permission set: it was the only one there was. */
function named(request: RequestRow, defaultPermissionSetArn: string): RequestRow {
  return { ...request, permission_set_arn: request.permission_set_arn ?? defaultPermissionSetArn };
}
