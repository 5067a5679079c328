// A pass that somebody asked for (`POST /reconcile`, `GET /plan`), as a row of `jit_control`: the API writes the wish,
// the leader carries it out and writes what came of it.

import { z } from 'zod';
import { DriftItem, PlannedChange, WithheldItem } from './drift.ts';
import type { Key } from './store.ts';

/** At most one field; none means everything. */
export const PassScope = z.object({
  request_id: z.string().optional(),
  account_id: z.string().optional(),
  principal_id: z.string().optional(),
});
export type PassScope = z.output<typeof PassScope>;

export const PassReport = z.object({
  changes: z.array(PlannedChange),
  withheld: z.array(WithheldItem),
  /** Names what is withheld, for `release_withheld`. Absent when nothing is. */
  digest: z.string().optional(),
  /** The brake on endings that nobody stated, and why it has tripped. */
  brake: z.object({ tripped: z.boolean(), reason: z.string().optional() }).optional(),
  drift: z.array(DriftItem),
  /** What was not looked at, and why. */
  unread: z.array(z.string()),
  /** True where lists were cut because the whole would not fit a row; the totals are whole. */
  truncated: z.boolean(),
  totals: z.object({ changes: z.int(), withheld: z.int(), drift: z.int() }),
});
export type PassReport = z.output<typeof PassReport>;

export const PassStates = ['REQUESTED', 'RUNNING', 'DONE', 'FAILED'] as const;

export const PassRow = z.object({
  name: z.string(),
  pass_id: z.string(),
  state: z.enum(PassStates),
  requested_at: z.string(),
  finished_at: z.string().optional(),
  actor_email: z.string(),
  reason: z.string(),
  scope: PassScope,
  dry_run: z.boolean(),
  /** The digest of what a named person lets go. */
  release_withheld: z.string().optional(),
  report: PassReport.optional(),
  /** What happened, in sentences: what was claimed, released, refused. */
  results: z.array(z.string()).optional(),
  error: z.string().optional(),
  /** Epoch seconds; a day after the request. */
  expires_at: z.number(),
});
export type PassRow = z.output<typeof PassRow>;

export function passKey(passId: string): Key {
  return { name: `pass#${passId}` };
}
