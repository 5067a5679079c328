// The ledger: one row per assignment with the requests it concerns and what is being done about it. It is the strongly
// consistent index from an assignment to its requests, and the write-ahead record of every call to AWS.
// Instants are epoch milliseconds here and ISO 8601 in the table.

import { z } from 'zod';
import { type Assignment, assignmentId, pairId, parseAssignmentId } from './assignment.ts';
import { SHARD } from './notification.ts';
import { EndingStatuses } from './request.ts';
import type { Condition, Row, Write } from './store.ts';
import { parseTimestamp, toDueAt } from './timestamp.ts';

const Instant = z.codec(z.string(), z.number(), {
  decode: (text, ctx) => {
    const instantMs = parseTimestamp(text);
    if (instantMs !== undefined) return instantMs;
    ctx.issues.push({ code: 'custom', input: text, message: 'expected an ISO 8601 instant' });
    return z.NEVER;
  },
  encode: toDueAt,
});

export const Stages = ['REST', 'CREATING', 'CREATED', 'DELETING', 'DELETED'] as const;
export type Stage = (typeof Stages)[number];

/** `MAX_REQUEST_HOURS` can be 168 at the most (docs/configuration.md). */
const MINUTES_MAX = 168 * 60;
/** AWS's maximum (user guide, permission set session duration). */
const SESSION_MS_MAX = 12 * 3_600_000;

/** The proof of an ending: its three times, AWS's id of the Delete, and how long sessions of before may last. */
const Gone = z.object({
  requested: Instant,
  deleted: Instant,
  confirmed_absent: Instant,
  aws_request_id: z.string().optional(),
  session_ms: z.number().nonnegative().max(SESSION_MS_MAX),
  /** Groups that still hold the same permission set in the account, by the list that is the proof. */
  groups: z.array(z.string()).optional(),
});
export type Gone = z.output<typeof Gone>;

/**
 * WAITING: approved, its Create has not succeeded yet. GRANTED: seen live. MISSING: was live and disappeared by another
 * hand; wants nothing any more. ENDED: an ending was claimed, which nothing takes back.
 */
export const EntryPhases = ['WAITING', 'GRANTED', 'MISSING', 'ENDED'] as const;
const Entry = z.object({
  phase: z.enum(EntryPhases),
  until: Instant,
  /** For how long it was approved. Absent in entries taken over from the previous system. */
  minutes: z.number().nonnegative().max(MINUTES_MAX).optional(),
  /**
   * As what it ended, and by whose word, as it was when the ending was claimed: the request's row may not be able to say
   * so yet, and another hand may type over it until it can.
   */
  ended: z
    .object({ as: z.enum(EndingStatuses), by: z.string().optional(), why: z.string().optional() })
    .optional(),
  /** Seen gone, and not recorded in the request's row yet: the record is made good when it can be. */
  gone: Gone.optional(),
});
export type Entry = z.output<typeof Entry>;

const Operation = z.object({
  kind: z.enum(['CREATE', 'DELETE']),
  /** The request whose Create this is. */
  request_id: z.string().optional(),
  /** AWS's id of the operation; absent until the call was answered: then it is lost. */
  id: z.string().optional(),
  claimed_at: Instant,
  /** Since when Describe answers "not found" for the id. */
  not_found_since: Instant.optional(),
  /** How often the operation was asked after. */
  looks: z.int().nonnegative().default(0),
});
export type Operation = z.output<typeof Operation>;

const Failure = z.object({
  /** `refused`: AWS will not do it without a person. The others are tried again. */
  kind: z.enum(['conflict', 'later', 'refused', 'lost']),
  message: z.string(),
  at: Instant,
});
export type Failure = z.output<typeof Failure>;

const Unresolved = z.object({
  id: z.string(),
  not_found_since: Instant.optional(),
  /** Since when it is followed as one without a verdict. */
  since: Instant.optional(),
});

const Sighting = z.object({
  first_seen: Instant,
  /** Why it may not go although it was seen twice: only a release lets it. */
  held: z.enum(['first sweep', 'previous system']).optional(),
  /** The old request that explains the access, where there is one. */
  explained_by: z.string().optional(),
  /** A named person let it go, once and for a while. */
  released: z.object({ by: z.string(), until: Instant }).optional(),
});
export type Sighting = z.output<typeof Sighting>;

const LedgerSchema = z.object({
  assignment_id: z.string(),
  version: z.int().positive(),
  stage: z.enum(Stages),
  /** When the loop must next look; absent while nothing is to be done. */
  due_at: Instant.optional(),
  entries: z.record(z.string(), Entry),
  op: Operation.optional(),
  /** Creates that were ended without a verdict: none may be open when "gone" is said. */
  unresolved: z.array(Unresolved).default([]),
  attempts: z.int().nonnegative().default(0),
  trying_since: Instant.optional(),
  last_error: Failure.optional(),
  /** First list without it after the last verdict or the last list that showed it. */
  absent_since: Instant.optional(),
  sighting: Sighting.optional(),
  /** Until then, access that appears again was created late by us and is ended as stated. */
  watch_until: Instant.optional(),
  /** The answer to a Delete was never recorded: the next Create waits for `watch_until`. */
  delete_unanswered: z.boolean().optional(),
  /** Why the present deletion was claimed. */
  ending: z.enum(['stated', 'inferred', 'released']).optional(),
  /** The three times of an ending, and AWS's id of the Delete that did it. */
  requested: Instant.optional(),
  deleted: Instant.optional(),
  confirmed_absent: Instant.optional(),
  delete_id: z.string().optional(),
  /** How often it was removed and came back since somebody was granted it, and when it was removed last. */
  removals: z.object({ times: z.int().positive(), last: Instant }).optional(),
  /** Since when a granted access is in no list while much else is in none either: what is lost is the sight of it. */
  lost_sight: Instant.optional(),
  /** Why the row had to be mended, until the event that says so is written. */
  mended: z.string().optional(),
});

export type Ledger = z.output<typeof LedgerSchema> & { readonly assignment: Assignment };

/** `at` are the places in the row that cannot be understood; empty where it is the key itself. */
export type MalformedLedger = {
  readonly malformed: string;
  readonly assignment_id: string;
  readonly at: readonly (readonly PropertyKey[])[];
  readonly row: Row;
};

export function isMalformedLedger(ledger: Ledger | MalformedLedger): ledger is MalformedLedger {
  return 'malformed' in ledger;
}

/** The one parser of ledger rows. */
export function parseLedgerRow(row: Row): Ledger | MalformedLedger {
  const parsed = z.safeDecode(LedgerSchema, row as z.input<typeof LedgerSchema>);
  const id = String(row.assignment_id);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const malformed = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    return { malformed, assignment_id: id, at: issues.map(({ path }) => path), row };
  }
  const assignment = parseAssignmentId(id);
  if (assignment === undefined)
    return { malformed: 'assignment_id: not an assignment', assignment_id: id, at: [], row };
  return { ...parsed.data, assignment };
}

/**
 * An empty ledger, not yet written. Versions begin at the wall clock and not at 0: a row that was dropped and made
 * again must not meet the condition of a writer that was paused since the first one.
 */
export function emptyLedger(assignment: Assignment, nowMs: number): Ledger {
  return {
    assignment_id: assignmentId(assignment),
    assignment,
    version: -nowMs,
    stage: 'REST',
    entries: {},
    unresolved: [],
    attempts: 0,
  };
}

/** True for a ledger that has no row yet. */
export function isUnwritten(ledger: Ledger): boolean {
  return ledger.version <= 0;
}

/** `next` under the version that follows `read`. */
export function nextVersion(read: Ledger, next: Ledger): Ledger {
  return { ...next, version: Math.abs(read.version) + 1 };
}

/** The ledger with one more request that waits for its Create, to be looked at now. It lasts from now until then. */
export function withWaitingEntry(
  ledger: Ledger,
  entry: {
    readonly requestId: string;
    readonly untilMs: number;
    readonly nowMs: number;
  },
): Ledger {
  return {
    ...ledger,
    due_at: Math.min(ledger.due_at ?? entry.nowMs, entry.nowMs),
    entries: {
      ...ledger.entries,
      [entry.requestId]: {
        phase: 'WAITING',
        until: entry.untilMs,
        minutes: Math.round((entry.untilMs - entry.nowMs) / 60_000),
      },
    },
  };
}

/** Replaces the row that was read by `next`, or writes nothing when anybody has written it since. */
export function ledgerWrite(
  read: Ledger,
  next: Ledger,
  onlyIf: readonly Condition[] = unchangedLedger(read),
): Write {
  return { kind: 'put', table: 'assignments', row: encodeLedger(nextVersion(read, next)), onlyIf };
}

/** Drops a row that has nothing left to say. */
export function ledgerDelete(read: Ledger): Write {
  return {
    kind: 'delete',
    table: 'assignments',
    key: { assignment_id: read.assignment_id },
    onlyIf: unchangedLedger(read),
  };
}

export function unchangedLedger(read: Ledger): readonly Condition[] {
  return isUnwritten(read)
    ? [{ attribute: 'version', absent: true }]
    : [{ attribute: 'version', is: read.version }];
}

function encodeLedger(ledger: Ledger): Row {
  const { assignment, ...row } = ledger;
  const encoded = z.encode(LedgerSchema, row);
  return {
    ...Object.fromEntries(Object.entries(encoded).filter(([, value]) => value !== undefined)),
    pair: pairId(assignment),
    // `gsi_due` is sparse: a row without work is not in it.
    ...(ledger.due_at === undefined ? {} : { shard: SHARD }),
  };
}
