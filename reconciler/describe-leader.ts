// What `GET /status` says of the leader, from what it knows. Pure.

import type { Brake } from '../src/brake.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { ReconcilerStatus } from '../src/published-state.ts';
import { toTimestamp } from '../src/timestamp.ts';
import type { OutboxState } from './deliver-notifications.ts';
import { describeClock } from './describe-clock.ts';
import { type DriftBoard, summarizeDrift } from './drift-board.ts';
import type { BudgetState } from './publish-status.ts';

export type LeaderState = {
  readonly nowMs: number;
  readonly leader: { readonly holder: string; readonly epoch: number };
  readonly lastPass: { readonly finishedMs: number; readonly durationMs: number } | undefined;
  readonly lastSweepMs: number | undefined;
  readonly underWay: number;
  readonly board: DriftBoard;
  readonly budget: BudgetState;
  readonly outbox: OutboxState;
  readonly brake: Brake;
  readonly clock: ClockState;
};

export function describeLeader(state: LeaderState): ReconcilerStatus {
  const { lastPass, lastSweepMs, budget, outbox, brake } = state;
  const summary = summarizeDrift(state.board.items(), state.nowMs);
  return {
    published_at: toTimestamp(state.nowMs),
    mode: 'enforce',
    leader: state.leader,
    ...(lastPass === undefined
      ? {}
      : {
          last_pass: {
            finished_at: toTimestamp(lastPass.finishedMs),
            outcome: 'ok',
            duration_ms: Math.round(lastPass.durationMs),
          },
        }),
    ...(lastSweepMs === undefined ? {} : { last_full_sweep_at: toTimestamp(lastSweepMs) }),
    backlog: { under_way: state.underWay, ...Object.fromEntries(summary.byKind) },
    oldest_overdue_seconds: summary.oldestOverdueSeconds,
    overdue: summary.overdue,
    stuck: summary.stuck,
    call_budget: {
      rate_per_second: budget.ratePerSecond,
      outstanding: budget.outstanding,
      outstanding_max: budget.outstandingMax,
      queued: { ...budget.queued },
    },
    clock: describeClock(state.clock),
    outbox: {
      pending: outbox.pending,
      oldest_seconds: outbox.oldestSeconds,
      ...(outbox.lastError === undefined ? {} : { last_error: outbox.lastError }),
    },
    brake: {
      tripped: brake.tripped,
      ...(brake.reason === undefined ? {} : { reason: brake.reason }),
      withheld: state.board.withheld().length,
    },
  };
}
