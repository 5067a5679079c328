// Reads what is desired of one assignment, in the order that makes it sound: the ledger row first, then the requests it
// names and what was said about the person. All strongly consistent.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { AssignmentView } from '../src/assignment-view.ts';
import { auditedEntry } from '../src/audited-entry.ts';
import {
  type Entry,
  emptyLedger,
  isMalformedLedger,
  type Ledger,
  type MalformedLedger,
  parseLedgerRow,
} from '../src/ledger.ts';
import { type Salvaged, salvageLedger } from '../src/mend-ledger.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import { queryAll, type Row, type StoreReader } from '../src/store.ts';

export type Desired = Pick<AssignmentView, 'ledger' | 'requests' | 'hold' | 'audited'>;

/** A ledger row that cannot be understood: it has to be mended before anything is decided about its assignment. */
export type UnreadableLedger = {
  readonly unreadable: string;
  /** What can be saved of it; undefined where nothing can. */
  readonly mend?: { readonly salvaged: Salvaged; readonly audited: ReadonlyMap<string, Entry> };
};

/**
 * `requestIds` are looked at beside those of the ledger's entries: a request may have lost its entry, or never had one.
 */
export async function readDesired(
  store: StoreReader,
  assignment: Assignment,
  options: { readonly requestIds: readonly string[]; readonly nowMs: number },
): Promise<Desired | UnreadableLedger> {
  const row = await store.get('assignments', { assignment_id: assignmentId(assignment) });
  const ledger = row === undefined ? emptyLedger(assignment, options.nowMs) : parseLedgerRow(row);
  if (isMalformedLedger(ledger)) return readUnreadable(store, ledger, options.requestIds);
  const ids = [...new Set([...Object.keys(ledger.entries), ...options.requestIds])];
  const [rows, hold] = await Promise.all([
    ids.length === 0 ? [] : store.getMany('requests', ids.map(requestKey)),
    store.get('control', holdKey(assignment.principalId)),
  ]);
  const requests = requestsOf(rows);
  const audited = await readAudited(store, ledger, requests);
  return {
    ledger,
    requests,
    hold: parseHoldRow(hold),
    ...(audited.size === 0 ? {} : { audited }),
  };
}

async function readUnreadable(
  store: StoreReader,
  ledger: MalformedLedger,
  requestIds: readonly string[],
): Promise<UnreadableLedger> {
  const salvaged = salvageLedger(ledger);
  if (salvaged === undefined) return { unreadable: ledger.malformed };
  const ids = [...new Set([...salvaged.lost, ...requestIds])];
  const rows = ids.length === 0 ? [] : await store.getMany('requests', ids.map(requestKey));
  const audited = await readAudited(store, salvaged.ledger, requestsOf(rows));
  return { unreadable: ledger.malformed, mend: { salvaged, audited } };
}

/** The audit is only asked about requests that should have an entry and have none: its row was lost. */
async function readAudited(
  store: StoreReader,
  ledger: Ledger,
  requests: Desired['requests'],
): Promise<NonNullable<Desired['audited']>> {
  const audited = new Map<string, Entry>();
  for (const request of requests.values()) {
    const { audited_status: status, due_at: due, request_id: id } = request;
    const isOpen = due !== undefined && (status === 'APPROVED' || status === 'GRANTED');
    if (!isOpen || ledger.entries[id] !== undefined) continue;
    const events: Row[] = [];
    const partition = { attribute: 'request_id', value: id };
    for await (const event of queryAll(store, { table: 'audit', partition, consistent: true }))
      events.push(event);
    const entry = auditedEntry(events, request, ledger.assignment);
    if (entry !== undefined) audited.set(id, entry);
  }
  return audited;
}

function requestsOf(rows: readonly Row[]): ReadonlyMap<string, RequestRow> {
  const requests = rows.flatMap((row) => parseRequestRow(row) ?? []);
  return new Map(requests.map((request) => [request.request_id, request]));
}
