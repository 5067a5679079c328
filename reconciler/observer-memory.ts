// What an observer knows between its looks: the only place where it may keep anything. It dies with the process, and
// then everything is seen anew.

import type { Brake } from '../src/brake.ts';
import type { MonotonicClock, Timer } from '../src/clock.ts';
import type { WithheldItem } from '../src/drift.ts';
import { withReadLimit } from '../src/limited-store.ts';
import type { StoreReader } from '../src/store.ts';
import type { SweepProgress } from '../src/sweep-progress.ts';
import { createDriftBoard, type DriftBoard } from './drift-board.ts';
import { createObservedTables, type ObservedTables } from './observed-tables.ts';
import { STORE_ANSWER_MAX_MS } from './port-limits.ts';
import type { SweepNotes } from './sweep.ts';

export type ObserverMemory = {
  readonly tables: ObservedTables;
  readonly board: DriftBoard;
  readonly notes: SweepNotes;
  /** Why the brake would have tripped; undefined while it would not. */
  trippedBecause: Brake['reason'];
  withheld: readonly WithheldItem[];
  /** The scope under which a sweep was last completed. */
  fingerprint: string | undefined;
  /** Wall clock, epoch milliseconds. */
  lastSweepMs: number | undefined;
  /** Monotonic clock. */
  tookOverMs: number;
};

export function createObserverMemory(store: StoreReader, clock: MonotonicClock & Timer): ObserverMemory {
  let progress: SweepProgress | undefined;
  return {
    tables: createObservedTables(withReadLimit(store, clock, STORE_ANSWER_MAX_MS), clock),
    board: createDriftBoard(clock),
    notes: {
      read: async () => progress,
      write: async (reached) => {
        progress = reached;
      },
      clear: async () => {
        progress = undefined;
      },
    },
    trippedBecause: undefined,
    withheld: [],
    fingerprint: undefined,
    lastSweepMs: undefined,
    tookOverMs: Number.NEGATIVE_INFINITY,
  };
}
