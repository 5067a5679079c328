// What this leader knows of every difference: by assignment from its own looks, and what the last sweep found foreign.
// It is a memory for telling people; no decision stands on it.

import type { DriftItem, DriftKind, WithheldItem } from '../src/drift.ts';
import { parseTimestamp } from '../src/timestamp.ts';

export type DriftBoard = {
  /** What was seen of one assignment last; nothing takes it off the board. */
  put(assignmentId: string, drift: readonly DriftItem[]): void;
  putForeign(drift: readonly DriftItem[]): void;
  putWithheld(withheld: readonly WithheldItem[]): void;
  items(): readonly DriftItem[];
  withheld(): readonly WithheldItem[];
  clear(): void;
};

export function createDriftBoard(): DriftBoard {
  const byAssignment = new Map<string, readonly DriftItem[]>();
  let foreign: readonly DriftItem[] = [];
  let withheld: readonly WithheldItem[] = [];
  return {
    put(assignmentId, drift) {
      if (drift.length === 0) byAssignment.delete(assignmentId);
      else byAssignment.set(assignmentId, drift);
    },
    putForeign: (drift) => {
      foreign = drift;
    },
    putWithheld: (items) => {
      withheld = items;
    },
    items: () => [...[...byAssignment.values()].flat(), ...foreign],
    withheld: () => withheld,
    clear() {
      byAssignment.clear();
      foreign = [];
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
