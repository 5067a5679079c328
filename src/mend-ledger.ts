// A row of the ledger that cannot be understood, because a hand has been at it. What can still be read of it is kept, and
// what cannot comes back from the audit, as for a row that was lost. Waiting for a person instead would keep the access
// past its end and past every revoke. Pure.

import { asItLies } from './as-it-lies.ts';
import { SYSTEM, subjectEvent } from './audit-event.ts';
import {
  type Entry,
  isMalformedLedger,
  type Ledger,
  ledgerWrite,
  type MalformedLedger,
  nextVersion,
  parseLedgerRow,
} from './ledger.ts';
import type { Change } from './plan.ts';
import type { SoundLedger } from './sound-ledger.ts';
import type { Condition, Row, Write } from './store.ts';

const WHY_MAX_CHARS = 1_000;
// Above the milliseconds of every clock: the row's own version is lost, and no paused writer may know the next one.
const VERSION_UNKNOWN = 2 ** 52;

/** What is known of a spoilt row. `lost` are the requests whose entries cannot be read. */
export type Salvaged = {
  readonly from: MalformedLedger;
  readonly ledger: Ledger;
  readonly lost: readonly string[];
};

/** Undefined where the key of the row names no assignment: nothing can be known of that. */
export function salvageLedger(from: MalformedLedger): Salvaged | undefined {
  const lost = new Set(from.at.flatMap((path) => lostEntry(path) ?? []));
  const spoilt = new Set(
    from.at.filter((path) => lostEntry(path) === undefined).map(([attribute]) => attribute),
  );
  const sound = Object.fromEntries(Object.entries(from.row).filter(([attribute]) => !spoilt.has(attribute)));
  const entries = Object.fromEntries(Object.entries(Object(sound.entries)).filter(([id]) => !lost.has(id)));
  const ledger = parseLedgerRow({ version: VERSION_UNKNOWN, stage: 'REST', ...sound, entries });
  if (isMalformedLedger(ledger)) return undefined;
  return { from, ledger: spoilt.has('stage') ? withStage(ledger) : withCreator(ledger), lost: [...lost] };
}

/** A row that is understood and cannot be believed. Where the audit knows no better, what is too long ends at its bound. */
export function salvageLies({ ledger, lies, tooLong }: SoundLedger, row: Row): Salvaged {
  const malformed = lies.join('; ');
  return { from: { malformed, assignment_id: ledger.assignment_id, at: [], row }, ledger, lost: tooLong };
}

function lostEntry([attribute, id]: readonly PropertyKey[]): string | undefined {
  return attribute === 'entries' && id !== undefined ? String(id) : undefined;
}

/** Whose Create has succeeded is known by who still waits: it must not be created a second time. */
function withCreator(ledger: Ledger): Ledger {
  const [first, ...others] = Object.entries(ledger.entries).filter(([, { phase }]) => phase === 'WAITING');
  if (ledger.stage !== 'CREATED' || ledger.op !== undefined || first === undefined || others.length > 0)
    return ledger;
  return { ...ledger, op: { kind: 'CREATE', request_id: first[0], claimed_at: 0, looks: 0 } };
}

/** An operation that was under way is followed to its verdict. */
function withStage(ledger: Ledger): Ledger {
  if (ledger.op === undefined) return ledger;
  return { ...ledger, stage: ledger.op.kind === 'CREATE' ? 'CREATING' : 'DELETING' };
}

/**
 * Puts the row right, and nothing else: everything else is decided from the row as it is then. `audited` are the entries
 * that the audit knows of its requests, by request id.
 */
export function mendLedger(
  { from, ledger }: Salvaged,
  audited: ReadonlyMap<string, Entry>,
  nowMs: number,
): Change {
  // A row may be spoilt in a thousand places: the row and its event have a size.
  const why = from.malformed.slice(0, WHY_MAX_CHARS);
  const known = Object.fromEntries(Object.entries(ledger.entries).filter(([id]) => !audited.has(id)));
  const next = { ...ledger, due_at: nowMs, entries: { ...Object.fromEntries(audited), ...known } };
  const stored = asStored(from.row);
  const alone = { ...next, mended: why };
  return {
    assignmentId: ledger.assignment_id,
    rule: 'ledger-mended',
    reason: `the row of the ledger could not be understood: ${why}`,
    requestIds: Object.keys(next.entries),
    priority: 'person',
    writes: [ledgerWrite(ledger, next, stored), mendEvent(ledger, why, nowMs)],
    next: nextVersion(ledger, next),
    alone: { writes: [ledgerWrite(ledger, alone, stored)], next: nextVersion(ledger, alone) },
  };
}

function mendEvent(ledger: Ledger, why: string, nowMs: number): Write {
  return subjectEvent({
    subject: `assignment#${ledger.assignment_id}`,
    accountId: ledger.assignment.accountId,
    version: ledger.version + 1,
    type: 'HAND_EDIT',
    actor: SYSTEM,
    details: { note: `the row of the ledger could not be understood (${why}); what it still said was kept` },
    nowMs,
  });
}

/** The event of a mend that was written without it; undefined where none is owed. */
export function recordMend(ledger: Ledger, nowMs: number): Change | undefined {
  const { mended, ...next } = ledger;
  if (mended === undefined) return undefined;
  return {
    assignmentId: ledger.assignment_id,
    rule: 'mend-recorded',
    reason: 'the row of the ledger was mended, and that can be recorded now',
    requestIds: [],
    priority: 'person',
    writes: [ledgerWrite(ledger, next), mendEvent(ledger, mended, nowMs)],
    next: nextVersion(ledger, next),
  };
}

/** The row may lie there without a version, or with one that is none. */
function asStored({ version }: Row): readonly Condition[] {
  if (version !== undefined) return [asItLies('version', version)];
  return [
    { attribute: 'assignment_id', present: true },
    { attribute: 'version', absent: true },
  ];
}
