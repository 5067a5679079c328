// What an observer says of itself: the row that `GET /status` of an observing API reads. Pure.

import type { ClockState } from '../src/clock-offset.ts';
import type { ReconcilerStatus } from '../src/published-state.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { describeClock } from './describe-clock.ts';
import { summarizeDrift } from './drift-board.ts';
import type { ObserverMemory } from './observer-memory.ts';
import type { BudgetState } from './publish-status.ts';

export type LastPass = { readonly finishedMs: number; readonly durationMs: number };

export function observedStatus({
  memory,
  budget,
  lastPass,
  clockState,
  nowMs,
}: {
  readonly memory: ObserverMemory;
  readonly budget: BudgetState;
  readonly lastPass: LastPass | undefined;
  readonly clockState: ClockState;
  readonly nowMs: number;
}): ReconcilerStatus {
  const summary = summarizeDrift(memory.board.items(), nowMs);
  return {
    published_at: toTimestamp(nowMs),
    mode: 'observe',
    ...(lastPass === undefined ? {} : { last_pass: passed(lastPass) }),
    ...(memory.lastSweepMs === undefined ? {} : { last_full_sweep_at: toTimestamp(memory.lastSweepMs) }),
    backlog: { under_way: 0, ...Object.fromEntries(summary.byKind) },
    oldest_overdue_seconds: summary.oldestOverdueSeconds,
    overdue: summary.overdue,
    stuck: summary.stuck,
    call_budget: {
      rate_per_second: budget.ratePerSecond,
      outstanding: budget.outstanding,
      outstanding_max: budget.outstandingMax,
      queued: { ...budget.queued },
    },
    clock: describeClock(clockState),
    // It delivers nothing, and what others have to deliver is for them to say.
    outbox: { pending: 0, oldest_seconds: 0 },
    brake: {
      tripped: memory.trippedBecause !== undefined,
      ...(memory.trippedBecause === undefined ? {} : { reason: memory.trippedBecause }),
      withheld: memory.withheld.length,
    },
  };
}

function passed({ finishedMs, durationMs }: LastPass) {
  return { finished_at: toTimestamp(finishedMs), outcome: 'ok' as const, duration_ms: durationMs };
}
