// A ledger row as the watchers read it: straight from the table, and not through the parser of those they watch.

import { z } from 'zod';
import type { Row } from '../../src/store.ts';

const Instant = z.string().transform((text) => Date.parse(text));

const SeenLedger = z.object({
  assignment_id: z.string(),
  version: z.number(),
  stage: z.enum(['REST', 'CREATING', 'CREATED', 'DELETING', 'DELETED']),
  due_at: Instant.optional(),
  /** With `gone`, the ending was proved and waits to be recorded. */
  entries: z.record(
    z.string(),
    z.object({ phase: z.string(), until: Instant, gone: z.object({}).optional() }),
  ),
  op: z
    .object({
      kind: z.string(),
      claimed_at: Instant,
      looks: z.number(),
      id: z.string().optional(),
      request_id: z.string().optional(),
    })
    .optional(),
  last_error: z.unknown().optional(),
  ending: z.string().optional(),
  watch_until: Instant.optional(),
  lost_sight: z.unknown().optional(),
  sighting: z
    .object({
      first_seen: Instant,
      held: z.string().optional(),
      released: z.object({ by: z.string(), until: Instant }).optional(),
    })
    .optional(),
});
export type SeenLedger = z.output<typeof SeenLedger>;

/** Undefined where there is no row, or none that means anything. */
export function seenLedger(row: Row | undefined): SeenLedger | undefined {
  return row === undefined ? undefined : SeenLedger.safeParse(row).data;
}

/** Whether a write of a reconciler claimed an operation: one that nobody has asked after, due at once. */
export function isNewClaim({ stage, op, last_error, due_at }: SeenLedger): boolean {
  if (stage !== 'CREATING' && stage !== 'DELETING') return false;
  return (
    op !== undefined &&
    op.id === undefined &&
    op.looks === 0 &&
    last_error === undefined &&
    due_at === op.claimed_at
  );
}

/** Whether the claim was there before, and the write only added something to the row. */
export function isSameClaim(before: SeenLedger | undefined, after: SeenLedger): boolean {
  return before?.stage === after.stage && before.op?.claimed_at === after.op?.claimed_at;
}

const ENDINGS: readonly unknown[] = ['REVOKED', 'EXPIRED', 'DENIED', 'ERROR'];
const STATUSES: readonly unknown[] = [...ENDINGS, 'PENDING', 'APPROVED', 'GRANTED'];

/** `design.md` §2: a request wants its assignment while it is approved or granted, nobody ended it, and its time is ahead. */
export function wants(
  entry: SeenLedger['entries'][string],
  request: Row | undefined,
  nowMs: number,
): boolean {
  if (request === undefined || ENDINGS.includes(request.status) || isSignedRevoke(request)) return false;
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return false;
  // An earlier end that a hand typed counts at once.
  if (Date.parse(String(request.end_time)) <= nowMs) return false;
  return (entry.phase === 'WAITING' || entry.phase === 'GRANTED') && entry.until > nowMs;
}

/** `design.md` S4: a flip names who revoked, and that stands whatever status is typed over it. */
export function isSignedRevoke({ revoked_by: by, audited_status: audited }: Row): boolean {
  return typeof by === 'string' && by.trim() !== '' && STATUSES.includes(audited);
}

export function isEndingStatus(status: unknown): boolean {
  return ENDINGS.includes(status);
}
