// Finds what is due, through the sparse indexes. An index may lag, so what is found is only a reason to look: every
// decision stands on rows that are read again.

import { type Assignment, assignmentId, parseAssignmentId } from '../src/assignment.ts';
import { SHARD } from '../src/notification.ts';
import { assignmentOf, parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import { type Query, queryAll, type Row, type StoreReader, scanAll } from '../src/store.ts';
import { StoreError } from '../src/store-error.ts';
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
  /** Every request that is not settled, by id; only where everything was read. */
  readonly unsettled?: ReadonlyMap<string, RequestRow>;
  /** What could not be read, and why. What was found is worked on all the same. */
  readonly unread: readonly StoreError[];
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
  const unread: StoreError[] = [];
  const orNothing = async <T>(reading: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      unread.push(error);
      return nothing;
    }
  };
  const nothing: Unsettled = { rows: [] };
  const told = query.requestIds.map(requestKey);
  const [{ rows, unsettled }, spokenOf, ledgerIds] = await Promise.all([
    orNothing(query.rare ? readUnsettled(store, until) : readDue(store, until), nothing),
    orNothing(told.length === 0 ? Promise.resolve([]) : store.getMany('requests', told), []),
    orNothing(dueAssignments(store, until), []),
  ]);
  const requests = [...rows, ...spokenOf].flatMap((row) => parseRequestRow(row) ?? []);
  const found = { ...group(requests, ledgerIds, query.defaultPermissionSetArn), unread };
  return unsettled === undefined ? found : { ...found, unsettled };
}

type Unsettled = { readonly rows: readonly Row[]; readonly unsettled?: ReadonlyMap<string, RequestRow> };

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
  const unsettled = new Map<string, RequestRow>();
  for await (const row of scanAll(store, 'requests', { index: 'gsi_status_due' })) {
    const request = parseRequestRow(row);
    if (request !== undefined) unsettled.set(request.request_id, request);
    const isTyped = row.status !== row.audited_status || row.revoked_by !== undefined;
    const isRead = EVERY_TICK.some((status) => status === row.status);
    // A due time that a hand has put off is not believed where the end itself has passed.
    const isDue = String(row.due_at) <= until || (row.status === 'GRANTED' && String(row.end_time) <= until);
    if (isTyped || isRead || isDue) rows.push(row);
  }
  return { rows, unsettled };
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
): Pick<FoundWork, 'assignments' | 'unassigned'> {
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
