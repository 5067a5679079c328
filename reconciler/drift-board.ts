// What this leader knows of every difference: by assignment from its own looks and from what the rows say, and what the
// last sweep found foreign. It is a memory for telling people; no decision stands on it.

import type { MonotonicClock } from '../src/clock.ts';
import type { DriftItem, DriftKind, WithheldItem } from '../src/drift.ts';
import { parseTimestamp } from '../src/timestamp.ts';

export type DriftBoard = {
  /** What a look at one assignment found; it stands until the next, or until it is old and the rows say otherwise. */
  put(assignmentId: string, drift: readonly DriftItem[]): void;
  /** A look that came to nothing: it is a difference until one succeeds, or it is old. */
  putFailure(item: DriftItem): void;
  /** What the rows say, by assignment; of the others they say that there is nothing. */
  reckon(drift: ReadonlyMap<string, readonly DriftItem[]>): void;
  putForeign(drift: readonly DriftItem[]): void;
  /** What the last sweep could not look at. */
  putUnread(drift: readonly DriftItem[]): void;
  putWithheld(withheld: readonly WithheldItem[]): void;
  items(): readonly DriftItem[];
  withheld(): readonly WithheldItem[];
  clear(): void;
};

type Known = { readonly drift: readonly DriftItem[]; readonly atMs: number };

/** A look knows more than the rows. What is due is looked at again well within this time, unless its runs hang. */
const LOOK_STANDS_MS = 120_000;

export function createDriftBoard(clock: MonotonicClock): DriftBoard {
  const looked = new Map<string, Known>();
  const failed = new Map<string, { readonly item: DriftItem; readonly atMs: number }>();
  let reckoned: ReadonlyMap<string, readonly DriftItem[]> | undefined;
  let foreign: readonly DriftItem[] = [];
  let unread: readonly DriftItem[] = [];
  let withheld: readonly WithheldItem[] = [];
  return {
    put(assignmentId, drift) {
      failed.delete(assignmentId);
      // That nothing was found has to be remembered only against rows that were read before.
      if (drift.length === 0 && reckoned === undefined) looked.delete(assignmentId);
      else looked.set(assignmentId, { drift, atMs: clock.elapsedMs() });
    },
    putFailure: (item) => failed.set(item.assignment_id, { item, atMs: clock.elapsedMs() }),
    reckon(drift) {
      const nowMs = clock.elapsedMs();
      const isOld = ({ atMs }: { readonly atMs: number }) => nowMs - atMs >= LOOK_STANDS_MS;
      for (const [id, known] of looked) if (isOld(known)) looked.delete(id);
      // What goes on failing fails again before that; what was looked at once and is not due is told by its rows.
      for (const [id, failure] of failed) if (isOld(failure)) failed.delete(id);
      reckoned = drift;
    },
    putForeign: (drift) => {
      foreign = drift;
    },
    putUnread: (drift) => {
      unread = drift;
    },
    putWithheld: (items) => {
      withheld = items;
    },
    items() {
      const byRows = [...(reckoned ?? [])].flatMap(([id, drift]) => (looked.has(id) ? [] : drift));
      const failures = [...failed.values()].map(({ item }) => item);
      const byLooks = [...looked.values()].flatMap(({ drift }) => drift);
      return [...byLooks, ...byRows, ...failures, ...foreign, ...unread];
    },
    withheld: () => withheld,
    clear() {
      looked.clear();
      failed.clear();
      reckoned = undefined;
      foreign = [];
      unread = [];
      withheld = [];
    },
  };
}

export type DriftSummary = {
  readonly byKind: ReadonlyMap<DriftKind, number>;
  readonly overdue: number;
  readonly oldestOverdueSeconds: number;
  readonly stuck: number;
};

/** The numbers of the board. Overdue are stated endings that are not seen done. */
export function summarizeDrift(items: readonly DriftItem[], nowMs: number): DriftSummary {
  const byKind = new Map<DriftKind, number>();
  for (const item of items) byKind.set(item.kind, (byKind.get(item.kind) ?? 0) + 1);
  const overdue = items.filter((item) => item.kind === 'revoked' || item.kind === 'expired');
  const oldest = Math.min(nowMs, ...overdue.map((item) => parseTimestamp(item.since) ?? nowMs));
  return {
    byKind,
    overdue: overdue.length,
    oldestOverdueSeconds: (nowMs - oldest) / 1000,
    stuck: byKind.get('stuck') ?? 0,
  };
}
