// A nudge tells the leader, across processes, what to look at before its next tick. Losing one costs a tick, never an
// ending: it carries ids only, and what is wanted is always read from the tables. A pass is found by its nudge alone, so
// the two are written together.

import { z } from 'zod';
import { asItLies } from './as-it-lies.ts';
import type { Row, Write } from './store.ts';
import { parseTimestamp, toDueAt } from './timestamp.ts';

const Nudge = z.object({
  at: z.string(),
  request_id: z.string().optional(),
  pass_id: z.string().optional(),
  principal_id: z.string().optional(),
});
export type Nudge = z.output<typeof Nudge>;

const NudgesRow = z.object({ version: z.int().positive(), recent: z.array(Nudge) });
export type NudgesRow = z.output<typeof NudgesRow>;

export const NUDGES_KEY = { name: 'nudges' } as const;

/** Ids are carried for a while because an index may lag behind the write that the nudge is about. */
const KEPT_MAX = 200;
const KEPT_MS = 120_000;
/** A pass is found in no other way, so its nudge waits longer for a leader. */
const PASS_KEPT_MS = 3_600_000;

/** The row of all recent nudges. One that cannot be read is begun anew. */
export function parseNudgesRow(row: Row | undefined): NudgesRow | undefined {
  const parsed = NudgesRow.safeParse(row);
  return parsed.success ? parsed.data : undefined;
}

/** Whether a nudge still counts: a leader that has just begun hears what was said while nobody led. */
export function isRecentNudge({ at, pass_id }: Nudge, nowMs: number): boolean {
  return (parseTimestamp(at) ?? 0) > nowMs - (pass_id === undefined ? KEPT_MS : PASS_KEPT_MS);
}

/** Adds nudges to the row that was read; refused when another process added one since. */
export function nudgesWrite(
  read: Row | undefined,
  added: readonly Omit<Nudge, 'at'>[],
  nowMs: number,
): Write {
  const before = parseNudgesRow(read);
  const kept = (before?.recent ?? []).filter((nudge) => isRecentNudge(nudge, nowMs));
  const at = toDueAt(nowMs);
  const recent = [...kept, ...added.map((nudge) => ({ at, ...nudge }))];
  return {
    kind: 'put',
    table: 'control',
    row: { ...NUDGES_KEY, version: (before?.version ?? 0) + 1, recent: recent.slice(-KEPT_MAX) },
    onlyIf: [asItLies('version', read?.version)],
  };
}
