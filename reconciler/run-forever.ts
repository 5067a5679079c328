// When the loop's work is done: the lease's beat, nudges, ticks, the rolling sweep and the outbox, each in its own time.
// What is done is elsewhere. Everything that leads is made anew with every lease, and ends with it.

import type { CanarySettings } from '../src/canary.ts';
import type { Clock } from '../src/clock.ts';
import type { BrakeLimits } from '../src/guard.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { NotificationBody } from '../src/notification.ts';
import type { Nudge } from '../src/nudge.ts';
import type { Policy } from '../src/policy.ts';
import type { Store } from '../src/store.ts';
import { clearLevels } from './clear-levels.ts';
import type { Delivery } from './deliver-notifications.ts';
import { handOver, type Stopped } from './hand-over.ts';
import type { LiveReader, LiveWriter, OperationSlots } from './identity-center.ts';
import { type Leading, lead } from './lead.ts';
import { createLeader } from './leader.ts';
import type { BudgetState } from './publish-status.ts';
import { repeat } from './repeat.ts';

/** Identity Center behind one call budget. A new leader gets a new one, which starts empty. */
export type IdentityCenter = {
  readonly live: LiveReader;
  readonly writer: LiveWriter;
  readonly slots: OperationSlots;
  budgetState(): BudgetState;
  /** Who is to be told when an operation on an assignment, by its id, runs no longer. Sooner than it is due, or never. */
  whenEnded(tell: (assignmentId: string) => void): void;
  close(): void;
};

export type ReconcilerDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly openIdentityCenter: () => IdentityCenter;
  /** Gives up waiting when the signal is aborted: a plugin that hangs must not hold the lease. */
  readonly send: (body: NotificationBody, givingUp: AbortSignal) => Promise<Delivery>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Another name for every start. */
  readonly holder: string;
  readonly policy: Policy;
  readonly limits: BrakeLimits;
  /** Absent where there is no canary. */
  readonly canary?: CanarySettings | undefined;
  readonly tickIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly leaseDurationMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
};

export type Reconciler = {
  /** Look at this now: something was said in this process. It is only a hint, and may be lost. */
  nudge(nudges: readonly Omit<Nudge, 'at'>[]): void;
  /** False when only a restart would help: the loop hangs. That the tables do not answer is no such case. */
  isAlive(): boolean;
  /** Whether this process leads, or stands by and could take over at any moment. */
  isHealthy(): boolean;
  isLeading(): boolean;
  /** Whether a sweep has been completed since this process began to lead. */
  hasSwept(): boolean;
  /** Finishes or hands over what is under way, gives the lease up, and resolves, whatever hangs. */
  stop(): Promise<Stopped>;
};

// Often enough that a few beats may be lost, and seldom enough to cost next to nothing.
const BEATS_PER_LEASE = 5;
// A standby looks more often than a leader beats: from the moment a leader gives the lease up, nobody acts until it does.
const STANDBY_LOOK_MS = 500;
// A standby that has not heard from the table for so many leases is not healthy.
const UNHEALTHY_LEASES = 2;
// One look takes 16 s at the most where the table hangs, and ends: after so long without an end it is this process.
const HANGS_MS = 60_000;

export function runForever(deps: ReconcilerDeps): Reconciler {
  const stopping = new AbortController();
  const leader = createLeader({ ...deps, durationMs: deps.leaseDurationMs });
  let leading: Leading | undefined;
  let beatMs = deps.clock.elapsedMs();
  let triedMs = beatMs;
  const betweenBeatsMs = deps.leaseDurationMs / BEATS_PER_LEASE;

  /** A leader that cannot renew its lease leads no longer, though it does not know of another yet. */
  const showLead = (): void => {
    const leads = leading !== undefined && leader.mayAct();
    deps.metrics.leader.set(leads ? 1 : 0);
    if (!leads) clearLevels(deps.metrics);
  };

  const followLease = async (): Promise<void> => {
    await leader.beat();
    beatMs = deps.clock.elapsedMs();
    const epoch = leader.epoch();
    if (leading !== undefined && leading.epoch !== epoch) {
      deps.log.warn('no longer the leader', { epoch: leading.epoch });
      const ended = leading;
      leading = undefined;
      // What is under way may take its time to end; another leads meanwhile.
      showLead();
      await ended.stop();
    }
    if (epoch !== undefined && leading === undefined && !stopping.signal.aborted) {
      deps.log.info('leading', { epoch });
      leading = lead(deps, { epoch, mayAct: leader.mayAct });
    }
    showLead();
  };

  const beats = repeat(
    {
      clock: deps.clock,
      intervalMs: () =>
        leader.epoch() === undefined ? Math.min(STANDBY_LOOK_MS, betweenBeatsMs) : betweenBeatsMs,
      signal: stopping.signal,
      onError: (error) => {
        deps.log.error('the lease could not be renewed or read', { error });
        showLead();
      },
    },
    () =>
      followLease().finally(() => {
        triedMs = deps.clock.elapsedMs();
      }),
  );

  return {
    nudge: (nudges) => leading?.nudge(nudges),
    isAlive: () =>
      deps.clock.elapsedMs() - triedMs < Math.max(HANGS_MS, UNHEALTHY_LEASES * deps.leaseDurationMs),
    isHealthy: () => deps.clock.elapsedMs() - beatMs < UNHEALTHY_LEASES * deps.leaseDurationMs,
    isLeading: () => leading !== undefined && leader.mayAct(),
    hasSwept: () => leading?.hasSwept() ?? false,
    async stop() {
      stopping.abort();
      const stopped = await handOver(deps, {
        ended: Promise.all([beats.stopped, leading?.stop()]),
        isChanging: leading?.isChanging ?? (() => false),
        release: leader.release,
      });
      leading = undefined;
      showLead();
      return stopped;
    },
  };
}
