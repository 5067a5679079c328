// What the audit says the ledger must know of a request: for a ledger whose row was lost with its tables or to a hand.
// A row that claims to be approved proves nothing by itself: only its events do, and they also say until when.

import { type Assignment, assignmentId, parseAssignmentId } from './assignment.ts';
import type { Entry } from './ledger.ts';
import type { RequestRow } from './request.ts';
import type { Row } from './store.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * The entry that a request had in the ledger of an assignment, from its audit events in their order. Undefined where
 * they do not say that it was approved for this assignment, or where it has ended since. By hand it can only end earlier.
 */
export function auditedEntry(
  events: readonly Row[],
  request: RequestRow,
  assignment: Assignment,
): Entry | undefined {
  let entry: Entry | undefined;
  for (const event of inSequence(events)) entry = afterEvent(entry, event, assignmentId(assignment));
  if (entry === undefined || (entry.phase === 'WAITING') !== (request.audited_status === 'APPROVED'))
    return undefined;
  const statedMs = parseTimestamp(request.end_time);
  return statedMs === undefined ? entry : { ...entry, until: Math.min(entry.until, statedMs) };
}

/** Their times stand in the order of their sequence unless a hand has been at the row that says when the last one was. */
function inSequence(events: readonly Row[]): readonly Row[] {
  return events.toSorted(
    (a, b) => Number.parseInt(String(a.event_id), 10) - Number.parseInt(String(b.event_id), 10),
  );
}

/** The assignment that a request was approved for last; undefined where its audit does not say. */
export function approvedAssignment(events: readonly Row[]): Assignment | undefined {
  const ids = inSequence(events)
    .filter(({ event_type: type }) => type === 'APPROVED')
    .map((event) => detail(event, 'assignment_id'));
  const last = ids.at(-1);
  return typeof last === 'string' ? parseAssignmentId(last) : undefined;
}

function afterEvent(entry: Entry | undefined, event: Row, id: string): Entry | undefined {
  const until = parseTimestamp(detail(event, 'end_time'));
  switch (event.event_type) {
    case 'APPROVED':
      if (until === undefined || detail(event, 'assignment_id') !== id) return undefined;
      return { phase: 'WAITING', until, ...approvedMinutes(event, until) };
    case 'GRANTED':
      return entry === undefined || until === undefined ? undefined : { ...entry, phase: 'GRANTED', until };
    case 'MISSING_FOUND':
      return entry === undefined ? undefined : { ...entry, phase: 'MISSING' };
    case 'HAND_EDIT':
      return entry === undefined ? undefined : shortenedBy(entry, event);
    default:
      return undefined;
  }
}

/** An end that was typed earlier has shortened it for good, whatever was typed since. */
function shortenedBy(entry: Entry, event: Row): Entry {
  const typedMs = parseTimestamp(detail(event, 'typed'));
  if (detail(event, 'shortened_from') === undefined || typedMs === undefined) return entry;
  return { ...entry, until: Math.min(entry.until, typedMs) };
}

/** For how long it was approved: a grant lasts so long from the moment it is seen. */
function approvedMinutes(event: Row, untilMs: number): Pick<Entry, 'minutes'> {
  const at = parseTimestamp(event.event_time);
  return at === undefined ? {} : { minutes: Math.max(0, Math.round((untilMs - at) / 60_000)) };
}

function detail(event: Row, name: string): unknown {
  const { details } = event;
  return typeof details === 'object' && details !== null ? Reflect.get(details, name) : undefined;
}
