// When the loop's work is done: the lease's beat, nudges, ticks, the rolling sweep and the outbox, each in its own time.
// What is done is elsewhere. Everything that leads is made anew with every lease, and ends with it.

import type { CanarySettings } from '../src/canary.ts';
import type { Clock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { BrakeLimits } from '../src/guard.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { NotificationBody } from '../src/notification.ts';
import type { Nudge } from '../src/nudge.ts';
import type { Policy } from '../src/policy.ts';
import type { Store } from '../src/store.ts';
import { within } from '../src/within.ts';
import { clearLevels } from './clear-levels.ts';
import type { Delivery } from './deliver-notifications.ts';
import { endWithoutLease } from './end-without-lease.ts';
import { handOver, type Stopped } from './hand-over.ts';
import type { LiveReader, LiveWriter, OperationSlots } from './identity-center.ts';
import { type Leading, lead, TURN_STANDS_STILL_MAX_MS } from './lead.ts';
import { createLeader } from './leader.ts';
import { storeOfLease, withPortLimits } from './port-limits.ts';
import type { BudgetState } from './publish-status.ts';
import { repeat } from './repeat.ts';
import { createClockTeller } from './tell-clock.ts';
import type { Turn } from './turn.ts';

/** Identity Center behind one call budget. A new leader gets a new one, which starts empty. */
export type IdentityCenter = {
  readonly live: LiveReader;
  readonly writer: LiveWriter;
  readonly slots: OperationSlots;
  /** Whether a question about this, or an operation of this key, still waits for its turn. */
  isQueued(about: string): boolean;
  budgetState(): BudgetState;
  /** Who is to be told when an operation on an assignment, by its id, runs no longer. Sooner than it is due, or never. */
  whenEnded(tell: (assignmentId: string) => void): void;
  close(): void;
};

export type ReconcilerDeps = {
  readonly store: Store;
  /** Put right while it is wrong. */
  readonly clock: Clock;
  /** What is known of the process's own clock. */
  readonly clockState: () => ClockState;
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
  /**
   * False when only a restart would help: the loop hangs, also when it was begun anew under another lease. That the
   * tables do not answer is no such case.
   */
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
// A call to a table that hangs ends by itself after 16 s: after so long without an end it is this process.
const HANGS_MS = 60_000;
// A leader in which no tick has come to an end for so long, while the lease's own calls are answered, is of no use.
const STALLED_MAX_MS = 2 * TURN_STANDS_STILL_MAX_MS;
// Led anew, everything but the process itself is new: what stalls again is mended by a restart only.
const STALLS_MAX = 2;
// What is under way may take its time to end; the lease is not to be left alone for it.
const ENDS_WITHIN_MS = 10_000;

export function runForever(given: ReconcilerDeps): Reconciler {
  const deps = withPortLimits(given);
  const { clock, log } = deps;
  const stopping = new AbortController();
  let leading: Leading | undefined;
  /** Those that lead no longer, and have something under way. */
  const ending = new Set<Leading>();
  let beatMs = clock.elapsedMs();
  let endedMs = beatMs;
  const onEnd = (): void => {
    endedMs = clock.elapsedMs();
  };
  const clockIsWrong = () => deps.clockState().isWrong;
  const leader = createLeader({
    ...deps,
    store: storeOfLease(given, onEnd),
    durationMs: deps.leaseDurationMs,
    clockIsWrong,
  });
  const tellClock = createClockTeller(deps);
  /** Whether the lease was taken with a clock known to be wrong: nobody else wanted it. */
  let leadsKnowingly = false;
  let stalls = 0;
  const betweenBeatsMs = deps.leaseDurationMs / BEATS_PER_LEASE;

  /** A leader that cannot renew its lease leads no longer, though it does not know of another yet. */
  const showLead = (): void => {
    const leads = leading !== undefined && leader.mayAct();
    deps.metrics.leader.set(leads ? 1 : 0);
    if (!leads) clearLevels(deps.metrics);
  };

  const endLeading = (ended: Leading): Promise<void> => {
    leading = undefined;
    ending.add(ended);
    // What is under way may take its time to end; another leads meanwhile.
    showLead();
    return ended.stop().finally(() => ending.delete(ended));
  };

  const handOverFrom = (given: Leading) =>
    handOver(deps, { ended: endLeading(given), isChanging: () => isChanging(), release: leader.release });

  /** As at the end of a process, except that this one lives, and lets another have the lease first. */
  const giveUp = async (stalled: Leading): Promise<void> => {
    log.error('no tick has come to an end for minutes: the lease is given up', { epoch: stalled.epoch });
    stalls += 1;
    leader.standAside();
    await handOverFrom(stalled);
  };

  /** Another process may have a right clock: it is given the time to take the lease. */
  const giveWay = async (ended: Leading): Promise<void> => {
    log.warn('the lease is given up: a process whose clock is right may lead', { epoch: ended.epoch });
    const { leaseGivenUp } = await handOverFrom(ended);
    if (!leaseGivenUp) leader.letRunDown();
  };

  const isChanging = (): boolean =>
    [...ending, ...(leading === undefined ? [] : [leading])].some((each) => each.isChanging());

  const followLease = async (turn: Turn): Promise<void> => {
    tellClock();
    if (leading !== undefined && clockIsWrong() && !leadsKnowingly) await giveWay(leading);
    const ticks = leading?.ticks();
    if (ticks !== undefined && ticks.ended() > 0 && ticks.stalledForMs() === 0) stalls = 0;
    // Where the lease cannot be renewed either, the tables answer nobody: giving it up would help nobody.
    if (leading !== undefined && leader.mayAct() && leading.ticks().stalledForMs() > STALLED_MAX_MS)
      await giveUp(leading);
    await leader.beat();
    if (turn.isAbandoned()) return;
    beatMs = clock.elapsedMs();
    const epoch = leader.epoch();
    if (leading !== undefined && leading.epoch !== epoch) {
      log.warn('no longer the leader', { epoch: leading.epoch });
      await within(clock, ENDS_WITHIN_MS, endLeading(leading));
      if (turn.isAbandoned()) return;
    }
    if (epoch !== undefined && leading === undefined && !stopping.signal.aborted) {
      log.info('leading', { epoch });
      leadsKnowingly = clockIsWrong();
      leading = lead(deps, { epoch, mayAct: leader.mayAct });
    }
    showLead();
  };

  const beats = repeat(
    {
      clock,
      intervalMs: () =>
        leader.epoch() === undefined ? Math.min(STANDBY_LOOK_MS, betweenBeatsMs) : betweenBeatsMs,
      limitMs: HANGS_MS,
      action: 'follow the lease',
      signal: stopping.signal,
      onError: (error) => {
        log.error('the lease could not be renewed or read', { error });
        showLead();
      },
    },
    followLease,
  );

  const withoutLease = endWithoutLease(deps, {
    isLost: () => clock.elapsedMs() - beatMs > UNHEALTHY_LEASES * deps.leaseDurationMs,
    limitMs: TURN_STANDS_STILL_MAX_MS,
    signal: stopping.signal,
  });

  return {
    nudge: (nudges) => leading?.nudge(nudges),
    isAlive: () =>
      stalls < STALLS_MAX &&
      clock.elapsedMs() - endedMs < Math.max(HANGS_MS, UNHEALTHY_LEASES * deps.leaseDurationMs),
    isHealthy: () => clock.elapsedMs() - beatMs < UNHEALTHY_LEASES * deps.leaseDurationMs,
    isLeading: () => leading !== undefined && leader.mayAct(),
    hasSwept: () => leading?.hasSwept() ?? false,
    async stop() {
      stopping.abort();
      const stopped = await handOver(deps, {
        ended: Promise.all([beats.stopped, withoutLease.stopped, leading?.stop()]),
        isChanging,
        release: leader.release,
      });
      leading = undefined;
      showLead();
      return stopped;
    },
  };
}
