// Small views of one assignment for tests of the plan: what is not said comes from here. They begin in agreement: due
// now, in scope, every entry an hour ahead with the row that belongs to its phase.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { AssignmentView, Unread } from '../src/assignment-view.ts';
import type { Entry, Gone, Ledger, Operation, Stage } from '../src/ledger.ts';
import type { Change } from '../src/plan.ts';
import type { Policy } from '../src/policy.ts';
import type { PrincipalHold } from '../src/principal-hold.ts';
import { parseRequestRow, type RequestRow } from '../src/request.ts';
import type { Row, Write } from '../src/store.ts';
import { toDueAt, toTimestamp } from '../src/timestamp.ts';

export const NOW = Date.parse('2026-01-15T12:00:00Z');
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const ASSIGNMENT = {
  accountId: '111111111111',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef',
  principalId: '11111111-2222-4333-8444-555555555555',
};

export const POLICY: Policy = {
  scope: {
    permissionSetArns: [ASSIGNMENT.permissionSetArn],
    excludedAccountIds: [],
    protectedPrincipalIds: [],
  },
  graceMs: 90 * SECOND,
  skewMs: 30 * SECOND,
  watchMs: 2 * MINUTE,
  pendingTtlMs: 24 * HOUR,
  defaultPermissionSetArn: ASSIGNMENT.permissionSetArn,
};

export const OUT_OF_SCOPE: Policy = { ...POLICY, scope: { ...POLICY.scope, permissionSetArns: [] } };

const STATUS_OF_PHASE = { WAITING: 'APPROVED', GRANTED: 'GRANTED', MISSING: 'GRANTED', ENDED: 'REVOKED' };

/** A request's row as it lies in the table; APPROVED unless it says otherwise. */
export function aRow(id: string, overrides: Row = {}): Row {
  const until = NOW + HOUR;
  return {
    request_id: id,
    status: 'APPROVED',
    audited_status: 'APPROVED',
    account_id: ASSIGNMENT.accountId,
    permission_set_arn: ASSIGNMENT.permissionSetArn,
    identity_store_user_id: ASSIGNMENT.principalId,
    channel_id: 'channel',
    requester_email: 'ana@example.com',
    approver_email: 'ben@example.com',
    requested_duration_minutes: 60,
    created_at: toTimestamp(NOW - 2 * MINUTE),
    approved_at: toTimestamp(NOW - MINUTE),
    end_time: toTimestamp(until),
    due_at: toDueAt(NOW),
    audit_seq: 2,
    notification_seq: 0,
    last_event_at: toTimestamp(NOW - MINUTE),
    ...overrides,
  };
}

export function aRequest(id: string, overrides: Row = {}): RequestRow {
  const request = parseRequestRow(aRow(id, overrides));
  if (request === undefined) throw new Error('not a request');
  return request;
}

/** The same status, typed and audited. */
export const both = (status: string): Row => ({ status, audited_status: status });

/** The proof of an ending a minute ago. */
export const GONE: Gone = {
  requested: NOW - 3 * MINUTE,
  deleted: NOW - 2 * MINUTE,
  confirmed_absent: NOW - MINUTE,
  aws_request_id: 'delete-1',
  session_ms: HOUR,
};

export type EntrySpec = Entry['phase'] | Entry;

export type ViewSpec = {
  readonly stage?: Stage;
  /** By request id: a phase, an hour ahead, or the entry itself. */
  readonly entries?: Readonly<Record<string, EntrySpec>>;
  /** What differs in the rows of the entries, or rows beside them; undefined: the row is gone. */
  readonly rows?: Readonly<Record<string, Row | undefined>>;
  readonly op?: Partial<Operation>;
  readonly ledger?: Partial<Ledger>;
  readonly live?: AssignmentView['live'];
  readonly hold?: PrincipalHold;
  /** What the audit knows of requests whose entry was lost. */
  readonly audited?: Readonly<Record<string, Entry>>;
  /** What requests were approved for, where their row names this assignment and the audit another. */
  readonly elsewhere?: Readonly<Record<string, Assignment>>;
  /** What could not be read beside the ledger. */
  readonly unread?: Unread;
  /** The steps that could not be written lately, by `stepOf`. */
  readonly putOff?: readonly string[];
  /** Why what is granted and in no list may not be taken for missing. */
  readonly sightLost?: string;
  readonly explainedBy?: string;
  readonly firstSweep?: boolean;
};

export function aView(spec: ViewSpec = {}): AssignmentView {
  const { stage = 'REST', live = {}, hold, explainedBy, firstSweep = false } = spec;
  const entries = entriesOf(spec);
  const op = operationOf(stage, entries, spec.op);
  const ledger: Ledger = {
    assignment_id: assignmentId(ASSIGNMENT),
    assignment: ASSIGNMENT,
    version: 7,
    stage,
    due_at: NOW,
    entries,
    unresolved: [],
    attempts: 0,
    ...(op === undefined ? {} : { op }),
    ...(stage === 'DELETING' || stage === 'DELETED' ? { ending: 'stated', requested: NOW - MINUTE } : {}),
    ...(stage === 'DELETED' ? { deleted: NOW - SECOND } : {}),
    ...spec.ledger,
  };
  return {
    ledger,
    requests: requestsOf(entries, spec.rows ?? {}),
    hold,
    ...(spec.audited === undefined ? {} : { audited: new Map(Object.entries(spec.audited)) }),
    ...(spec.elsewhere === undefined ? {} : { elsewhere: new Map(Object.entries(spec.elsewhere)) }),
    ...(spec.unread === undefined ? {} : { unread: spec.unread }),
    ...(spec.putOff === undefined ? {} : { putOff: new Set(spec.putOff) }),
    ...(spec.sightLost === undefined ? {} : { sightLost: spec.sightLost }),
    live,
    ...(explainedBy === undefined ? {} : { explainedBy }),
    firstSweep,
    sessionMs: HOUR,
    jitter: 0.5,
  };
}

function entriesOf({ entries = {} }: ViewSpec): Readonly<Record<string, Entry>> {
  return Object.fromEntries(
    Object.entries(entries).map(([id, entry]) => [
      id,
      typeof entry === 'string' ? { phase: entry, until: NOW + HOUR } : entry,
    ]),
  );
}

function operationOf(
  stage: Stage,
  entries: Readonly<Record<string, Entry>>,
  overrides: Partial<Operation> | undefined,
): Operation | undefined {
  if (stage === 'REST') return undefined;
  const common = { claimed_at: NOW - 5 * SECOND, looks: 0 };
  const creating = stage === 'CREATING' || stage === 'CREATED';
  const first = Object.keys(entries)[0];
  return {
    kind: creating ? 'CREATE' : 'DELETE',
    ...(creating && first !== undefined ? { request_id: first } : {}),
    ...(stage === 'CREATING' || stage === 'DELETING' ? { id: 'operation-1' } : {}),
    ...common,
    ...overrides,
  };
}

function requestsOf(
  entries: Readonly<Record<string, Entry>>,
  rows: Readonly<Record<string, Row | undefined>>,
): ReadonlyMap<string, RequestRow> {
  const ids = [...new Set([...Object.keys(entries), ...Object.keys(rows)])];
  return new Map(
    ids.flatMap((id) => {
      if (id in rows && rows[id] === undefined) return [];
      const entry = entries[id];
      const own =
        entry === undefined
          ? {}
          : { ...both(STATUS_OF_PHASE[entry.phase]), end_time: toTimestamp(entry.until) };
      return [[id, aRequest(id, { ...own, ...rows[id] })]];
    }),
  );
}

export function aHold(overrides: Partial<PrincipalHold> = {}): PrincipalHold {
  return {
    name: `principal#${ASSIGNMENT.principalId}`,
    version: 3,
    principal_id: ASSIGNMENT.principalId,
    frozen: true,
    actor_email: 'cleo@example.com',
    reason: 'left the company',
    ...overrides,
  };
}

/** What a change writes, in words: one a row. The ledger's own write is `ledger`, or `no ledger` where it is dropped. */
export function written(change: Pick<Change, 'writes'> | undefined): readonly string[] {
  return (change?.writes ?? []).map(inWords);
}

function inWords(write: Write): string {
  if (write.table === 'assignments') return write.kind === 'delete' ? 'no ledger' : 'ledger';
  if (write.table === 'control') return write.kind === 'check' ? 'hold as read' : 'control';
  if (write.kind === 'put' && write.table === 'audit')
    return `event ${subjectOf(write.row)} ${write.row.event_type}`;
  if (write.kind === 'put' && write.table === 'outbox')
    return `tell ${write.row.request_id} ${told(write.row)}`;
  if (write.kind === 'put') return `${write.table} put`;
  const id = write.key.request_id;
  if (write.kind === 'check') return `${id} as read`;
  if (write.kind === 'delete') return `${write.table} delete`;
  const said = [write.set?.audited_status ?? write.set?.status, write.set?.assignment_status];
  const settled = write.remove?.includes('due_at') ? ['settled'] : [];
  return [id, ...said.filter((word) => word !== undefined), ...settled].join(' ');
}

function subjectOf(row: Row): string {
  return String(row.request_id).startsWith('assignment#') ? 'assignment' : String(row.request_id);
}

function told(row: Row): string {
  const { body } = row;
  return typeof body === 'object' && body !== null && 'status' in body ? String(body.status) : 'nothing';
}
