// How far the rolling sweep has come, as a row of `jit_control`, so that a restart goes on where it was. Only the leader
// writes it; a paused one may set it back, which costs calls and nothing else.

import { z } from 'zod';
import type { Row, Write } from './store.ts';

const SweepRow = z.object({
  name: z.literal('sweep'),
  started_at: z.string(),
  /** When this was written down. */
  noted_at: z.string().optional(),
  fingerprint: z.string(),
  /** The pair that was swept last, in the order of the sweep; absent at the beginning. */
  after_pair: z.string().optional(),
  pairs: z.int().nonnegative(),
  live: z.int().nonnegative(),
  requests_named: z.int().nonnegative(),
  requests_found: z.int().nonnegative(),
  unread: z.array(
    z.object({
      permission_set_arn: z.string(),
      account_id: z.string().optional(),
      why: z.string(),
      unknown_to_aws: z.boolean().optional(),
    }),
  ),
});
export type SweepProgress = z.output<typeof SweepRow>;

export const SWEEP_KEY = { name: 'sweep' } as const;

/** The one parser of the row. One that cannot be read is a sweep that has not begun. */
export function parseSweepRow(row: Row | undefined): SweepProgress | undefined {
  const parsed = SweepRow.safeParse(row);
  return parsed.success ? parsed.data : undefined;
}

export function newSweep(fingerprint: string, startedAt: string): SweepProgress {
  return {
    name: 'sweep',
    started_at: startedAt,
    fingerprint,
    pairs: 0,
    live: 0,
    requests_named: 0,
    requests_found: 0,
    unread: [],
  };
}

/** A row holds 400 KB: of a sweep that could read next to nothing, a restart keeps the first so many. */
const UNREAD_KEPT_MAX = 500;

export function sweepWrite(progress: SweepProgress): Write {
  const row = { ...progress, unread: progress.unread.slice(0, UNREAD_KEPT_MAX) };
  return { kind: 'put', table: 'control', row };
}

export const SWEEP_DONE: Write = { kind: 'delete', table: 'control', key: SWEEP_KEY };
