// Takes back what a process said while it led. Its numbers would stand still from then on, and be watched as if they were
// how things are.

import type { Metrics } from '../src/metrics.ts';
import { RequestStatuses } from '../src/request.ts';
import { type BudgetState, setLevels } from './publish-status.ts';

const NO_BUDGET: BudgetState = {
  ratePerSecond: 0,
  outstanding: 0,
  outstandingMax: 0,
  queued: { person: 0, expiry: 0, grant: 0, orphan: 0, sweep: 0 },
};

/** Back to zero, as in a process that never led. Counts, durations and instants stay: they remain true. */
export function clearLevels(metrics: Metrics): void {
  setLevels(metrics, { items: () => [], withheld: () => [] }, NO_BUDGET, 0);
  metrics.outboxPending.set(0);
  metrics.outboxOldestSeconds.set(0);
  metrics.sweepUnreadPairs.set(0);
  metrics.canaryIntervalSeconds.set(0);
  metrics.canaryGrantSeconds.set(0);
  metrics.canaryRevocationSeconds.set(0);
  for (const status of RequestStatuses) metrics.requests.set({ status }, 0);
}
