// What the reconciler says of itself: the row that `GET /status` reads, and the numbers that are watched.

import { DriftKinds, WithheldReasons } from '../src/drift.ts';
import type { Metrics } from '../src/metrics.ts';
import { Priorities, type Priority } from '../src/priority.ts';
import { OBSERVE_PREFIX, type ReconcilerStatus } from '../src/published-state.ts';
import type { Write } from '../src/store.ts';
import { type DriftBoard, summarizeDrift } from './drift-board.ts';

export type BudgetState = {
  readonly ratePerSecond: number;
  readonly outstanding: number;
  readonly outstandingMax: number;
  readonly queued: Readonly<Record<Priority, number>>;
};

export type ReconcilerMetrics = Pick<
  Metrics,
  | 'driftAssignments'
  | 'revocationOverdueSeconds'
  | 'revocationsOverdue'
  | 'stuckOperations'
  | 'contestedAssignments'
  | 'withheldRevocations'
  | 'identityCenterRateLimit'
  | 'operationsOutstanding'
  | 'callQueueLength'
>;

export function statusWrite(status: ReconcilerStatus): Write {
  const name = status.mode === 'observe' ? `${OBSERVE_PREFIX}status` : 'status';
  return { kind: 'put', table: 'control', row: { ...status, name } };
}

/** Sets every level that follows from the board and the budget; a series without a cause goes back to zero. */
export function setLevels(
  metrics: ReconcilerMetrics,
  board: Pick<DriftBoard, 'items' | 'withheld'>,
  budget: BudgetState,
  nowMs: number,
): void {
  const summary = summarizeDrift(board.items(), nowMs);
  for (const kind of DriftKinds) metrics.driftAssignments.set({ kind }, summary.byKind.get(kind) ?? 0);
  metrics.revocationsOverdue.set(summary.overdue);
  metrics.revocationOverdueSeconds.set(summary.oldestOverdueSeconds);
  metrics.stuckOperations.set(summary.stuck);
  metrics.contestedAssignments.set(summary.byKind.get('contested') ?? 0);
  for (const reason of WithheldReasons) {
    const count = board.withheld().filter((item) => item.reason === reason).length;
    metrics.withheldRevocations.set({ reason }, count);
  }
  metrics.identityCenterRateLimit.set(budget.ratePerSecond);
  metrics.operationsOutstanding.set(budget.outstanding);
  for (const priority of Priorities) metrics.callQueueLength.set({ priority }, budget.queued[priority]);
}
