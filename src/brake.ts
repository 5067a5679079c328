// The brake on endings that nobody stated. It remembers across sweeps and restarts: how many were removed lately, and
// whether too many were about to be. One row of `jit_control`.

import { z } from 'zod';
import type { Row, Write } from './store.ts';
import { parseTimestamp, toDueAt, toTimestamp } from './timestamp.ts';

const BrakeRow = z.object({
  name: z.literal('brake'),
  version: z.int().positive(),
  tripped: z.boolean(),
  reason: z.string().optional(),
  tripped_at: z.string().optional(),
  /** When inferred endings were claimed, in the last 24 hours. */
  removals: z.array(z.string()),
  /** The digest that was released last: a release is good once. */
  released_digest: z.string().optional(),
  released_by_pass: z.string().optional(),
  released_at: z.string().optional(),
});
export type Brake = z.output<typeof BrakeRow> & {
  /** A hand spoiled the row: it withholds until a person mends it. */
  readonly unreadable?: true;
};

export const BRAKE_KEY = { name: 'brake' } as const;

const REMEMBERED_MS = 24 * 3_600_000;

/** The one parser of the brake's row. A row that cannot be read is a brake that has tripped: fail closed. */
export function parseBrakeRow(row: Row | undefined): Brake {
  if (row === undefined) return { name: 'brake', version: 0, tripped: false, removals: [] };
  const parsed = BrakeRow.safeParse(row);
  if (parsed.success) return parsed.data;
  const version = typeof row.version === 'number' ? row.version : 0;
  return {
    name: 'brake',
    version,
    tripped: true,
    unreadable: true,
    reason: 'the row of the brake cannot be read',
    removals: [],
  };
}

/** How many inferred endings count at `nowMs`. */
export function recentRemovals(brake: Brake, nowMs: number): readonly string[] {
  return brake.removals.filter((at) => (parseTimestamp(at) ?? nowMs) > nowMs - REMEMBERED_MS);
}

/** `next` in the place of the brake that was read. */
export function brakeWrite(read: Brake, next: Omit<Brake, 'name' | 'version'>): Write {
  return {
    kind: 'put',
    table: 'control',
    row: { ...next, ...BRAKE_KEY, version: read.version + 1 },
    onlyIf:
      read.version === 0
        ? [{ attribute: 'version', absent: true }]
        : [{ attribute: 'version', is: read.version }],
  };
}

/** One inferred ending is claimed: it counts for 24 hours. Undefined while the brake is tripped. */
export function countedClaim(brake: Brake, nowMs: number): Write | undefined {
  if (brake.tripped) return undefined;
  const removals = [...recentRemovals(brake, nowMs), toDueAt(nowMs)];
  return brakeWrite(brake, { ...brake, removals });
}

export function tripped(brake: Brake, reason: string, nowMs: number): Write {
  return brakeWrite(brake, { ...brake, tripped: true, reason, tripped_at: toTimestamp(nowMs) });
}

export function cleared(brake: Brake): Write {
  const { reason: _reason, tripped_at: _trippedAt, ...rest } = brake;
  return brakeWrite(brake, { ...rest, tripped: false });
}
