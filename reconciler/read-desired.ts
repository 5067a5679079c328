// Reads what is desired of one assignment, in the order that makes it sound: the ledger row first, then the requests it
// names and what was said about the person. All strongly consistent. The ledger has to be read; what lies beside it and
// cannot be read is said, and holds up no ending that the ledger states.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { AssignmentView, Unread } from '../src/assignment-view.ts';
import { approvedAssignment, auditedEntry } from '../src/audited-entry.ts';
import {
  type Entry,
  emptyLedger,
  isMalformedLedger,
  type Ledger,
  type MalformedLedger,
  parseLedgerRow,
} from '../src/ledger.ts';
import { withoutEntries } from '../src/ledger-rule.ts';
import { type Salvaged, salvageLedger, salvageLies } from '../src/mend-ledger.ts';
import type { Policy } from '../src/policy.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { assignmentIdOf, isEnding, parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import { soundLedger } from '../src/sound-ledger.ts';
import { queryAll, type Row, type StoreReader } from '../src/store.ts';
import { StoreError } from '../src/store-error.ts';

export type Desired = Pick<
  AssignmentView,
  'ledger' | 'requests' | 'hold' | 'audited' | 'elsewhere' | 'unread' | 'clockIsWrong'
>;

/** A ledger row that cannot be understood or believed: it has to be mended before anything is decided about its assignment. */
export type UnreadableLedger = {
  readonly unreadable: string;
  /** What can be saved of it; undefined where nothing can. */
  readonly mend?: { readonly salvaged: Salvaged; readonly audited: ReadonlyMap<string, Entry> };
};

export type ReadOptions = {
  /** Looked at beside those of the ledger's entries: a request may have lost its entry, or never had one. */
  readonly requestIds: readonly string[];
  readonly nowMs: number;
  readonly policy: Policy;
};

/** Throws StoreError where the ledger's own row cannot be read. */
export async function readDesired(
  store: StoreReader,
  assignment: Assignment,
  { requestIds, nowMs, policy }: ReadOptions,
): Promise<Desired | UnreadableLedger> {
  const row = await store.get('assignments', { assignment_id: assignmentId(assignment) });
  const ledger = row === undefined ? emptyLedger(assignment, nowMs) : parseLedgerRow(row);
  if (isMalformedLedger(ledger)) return readSpoilt(store, ledger, salvageLedger(ledger), requestIds);
  const sound = soundLedger(ledger, nowMs, policy);
  if (row !== undefined && sound.lies.length > 0) {
    const salvaged = salvageLies(sound, row);
    return readSpoilt(store, salvaged.from, salvaged, requestIds);
  }
  const desired = await readBeside(store, ledger, requestIds);
  const strays = await readStrays(store, desired);
  return row === undefined || strays.length === 0 ? desired : withoutStrays(desired, row, strays);
}

/**
 * Entries of requests that name another assignment, and were approved for another by their audit: written by a hand, to
 * keep what its own request has given up. Where the audit cannot be read, an entry is believed.
 */
async function readStrays(store: StoreReader, { ledger, requests }: Desired): Promise<readonly string[]> {
  const moved = Object.keys(ledger.entries).filter((id) => {
    const request = requests.get(id);
    const named = request === undefined ? undefined : assignmentIdOf(request);
    return named !== undefined && named !== ledger.assignment_id;
  });
  const strays: string[] = [];
  for (const id of moved) {
    const approved = approvedAssignment((await orUnread(eventsOf(store, id))).value ?? []);
    if (approved !== undefined && assignmentId(approved) !== ledger.assignment_id) strays.push(id);
  }
  return strays;
}

function withoutStrays({ ledger }: Desired, row: Row, strays: readonly string[]): UnreadableLedger {
  const unreadable = `entries of requests that were approved for another assignment: ${strays.join(', ')}`;
  const sound = { ...ledger, entries: withoutEntries(ledger, strays) };
  const from: MalformedLedger = { malformed: unreadable, assignment_id: ledger.assignment_id, at: [], row };
  return { unreadable, mend: { salvaged: { from, ledger: sound, lost: [] }, audited: new Map() } };
}

async function readBeside(
  store: StoreReader,
  ledger: Ledger,
  requestIds: readonly string[],
): Promise<Desired> {
  const ids = [...new Set([...Object.keys(ledger.entries), ...requestIds])];
  const [rows, hold] = await Promise.all([
    orUnread(ids.length === 0 ? Promise.resolve([]) : store.getMany('requests', ids.map(requestKey))),
    orUnread(store.get('control', holdKey(ledger.assignment.principalId))),
  ]);
  const requests = requestsOf(rows.value ?? []);
  const said = await orUnread(readAudited(store, ledger, requests));
  const unread: Unread = {
    ...(rows.why === undefined ? {} : { requests: rows.why }),
    ...(hold.why === undefined ? {} : { hold: hold.why }),
    ...(said.why === undefined ? {} : { audit: said.why }),
  };
  return {
    ledger,
    requests,
    hold: parseHoldRow(hold.value),
    ...(Object.keys(unread).length === 0 ? {} : { unread }),
    ...said.value,
  };
}

async function readSpoilt(
  store: StoreReader,
  ledger: MalformedLedger,
  salvaged: Salvaged | undefined,
  requestIds: readonly string[],
): Promise<UnreadableLedger> {
  if (salvaged === undefined) return { unreadable: ledger.malformed };
  const ids = [...new Set([...salvaged.lost, ...requestIds])];
  const reading = ids.length === 0 ? Promise.resolve([]) : store.getMany('requests', ids.map(requestKey));
  const requests = requestsOf((await orUnread(reading)).value ?? []);
  const entries = withoutEntries(salvaged.ledger, salvaged.lost);
  const said = await orUnread(readAudited(store, { ...salvaged.ledger, entries }, requests));
  return { unreadable: ledger.malformed, mend: { salvaged, audited: said.value?.audited ?? new Map() } };
}

type Read<T> = { readonly value: T | undefined; readonly why?: string };

/** What cannot be read is said; a bug is not taken for an outage. */
async function orUnread<T>(reading: Promise<T>): Promise<Read<T>> {
  try {
    return { value: await reading };
  } catch (error) {
    if (error instanceof StoreError) return { value: undefined, why: error.message };
    throw error;
  }
}

type Audited = Pick<AssignmentView, 'audited' | 'elsewhere'>;

/**
 * The audit is only asked about unsettled requests that should have an entry here and have none: the entry was lost, or
 * their row names an assignment that they were never approved for.
 */
async function readAudited(
  store: StoreReader,
  ledger: Ledger,
  requests: Desired['requests'],
): Promise<Audited> {
  const audited = new Map<string, Entry>();
  const elsewhere = new Map<string, Assignment>();
  for (const request of requests.values()) {
    const { request_id: id, due_at: due, audited_status: status } = request;
    // Settled, or never answered.
    if (status === undefined || status === 'PENDING' || (due === undefined && isEnding(status))) continue;
    if (ledger.entries[id] !== undefined) continue;
    const events = await eventsOf(store, id);
    const approved = approvedAssignment(events);
    if (approved !== undefined && assignmentId(approved) !== ledger.assignment_id)
      elsewhere.set(id, approved);
    const entry = auditedEntry(events, request, ledger.assignment);
    if (entry !== undefined) audited.set(id, entry);
  }
  return {
    ...(audited.size === 0 ? {} : { audited }),
    ...(elsewhere.size === 0 ? {} : { elsewhere }),
  };
}

async function eventsOf(store: StoreReader, requestId: string): Promise<readonly Row[]> {
  const events: Row[] = [];
  const partition = { attribute: 'request_id', value: requestId };
  for await (const event of queryAll(store, { table: 'audit', partition, consistent: true }))
    events.push(event);
  return events;
}

function requestsOf(rows: readonly Row[]): ReadonlyMap<string, RequestRow> {
  const requests = rows.flatMap((row) => parseRequestRow(row) ?? []);
  return new Map(requests.map((request) => [request.request_id, request]));
}
