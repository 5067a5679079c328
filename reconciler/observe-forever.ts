// Observe mode: looks, plans and shows, and changes nothing. It takes no lease, holds readers only, and publishes below
// `observe#`, so that it can run beside a controller that enforces.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { Clock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { BrakeLimits } from '../src/guard.ts';
import { withReadLimit, withWriteLimit } from '../src/limited-store.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import { NUDGES_KEY, type Nudge, parseNudgesRow } from '../src/nudge.ts';
import type { Policy } from '../src/policy.ts';
import type { StoreReader } from '../src/store.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import { RUN_STANDS_STILL_MAX_MS } from './assignment-work.ts';
import type { Converged } from './converge-assignment.ts';
import { handOver } from './hand-over.ts';
import type { LiveReader } from './identity-center.ts';
import { type ObserveOptions, observeAssignment } from './observe-assignment.ts';
import { observePass } from './observe-pass.ts';
import { type LastPass, observedStatus } from './observe-status.ts';
import { observeSweep } from './observe-sweep.ts';
import { takeOverInMemory } from './observe-take-over.ts';
import { createObserveTick } from './observe-tick.ts';
import type { ObserveWriter } from './observe-writer.ts';
import type { ObserverMemory } from './observer-memory.ts';
import { STORE_ANSWER_MAX_MS } from './port-limits.ts';
import { liveInTurn } from './ports-in-turn.ts';
import { type BudgetState, setLevels, statusWrite } from './publish-status.ts';
import { repeat } from './repeat.ts';
import type { Reconciler } from './run-forever.ts';
import { createClockTeller } from './tell-clock.ts';
import { tellUnreadSets } from './tell-unread-sets.ts';
import { beginTurn, type Turn } from './turn.ts';

/** Identity Center behind a call budget, for looking only. */
export type IdentityCenterReader = {
  readonly live: LiveReader;
  /** Whether a question about this still waits for its turn. */
  isQueued(about: string): boolean;
  budgetState(): BudgetState;
  close(): void;
};

export type ObserverDeps = {
  readonly store: StoreReader;
  readonly publisher: ObserveWriter;
  readonly memory: ObserverMemory;
  readonly openIdentityCenter: () => IdentityCenterReader;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
  readonly limits: BrakeLimits;
  readonly tickIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
};

const LISTEN_INTERVAL_MS = 1_000;
const NUDGE_MAX_AGE_MS = 120_000;
const STATUS_INTERVAL_MS = 5_000;
/** The tables have not answered for so long: not healthy. */
const UNHEALTHY_MS = 30_000;
/** Asking takes 16 s at the most where they hang, and ends: after so long without an end it is this process. */
const HANGS_MS = 60_000;

/** Reading is no step of a turn here: pages of the tables may take as long together. */
const TURN_STANDS_STILL_MAX_MS = 300_000;
/** It cannot begin anew as a leader does: where no tick has come to an end for so long, only a restart helps. */
const STALLED_MAX_MS = 2 * TURN_STANDS_STILL_MAX_MS;

export function observeForever(given: ObserverDeps): Reconciler {
  const { clock, memory, metrics, log } = given;
  const ending = new AbortController();
  const goesOn = () => !ending.signal.aborted;
  const aws = given.openIdentityCenter();
  const told = { requestIds: new Set<string>(), passIds: new Set<string>() };
  let heardMs = clock.elapsedMs();
  let endedMs = heardMs;
  const deps = withLimits(given, () => {
    endedMs = clock.elapsedMs();
  });
  let nudgesVersion = -1;
  let statusMs = Number.NEGATIVE_INFINITY;
  let lastPass: LastPass | undefined;

  const look = async (assignment: Assignment, options: ObserveOptions): Promise<Converged | undefined> => {
    const action = `look at ${assignmentId(assignment)}`;
    const { done } = beginTurn({ clock, limitMs: RUN_STANDS_STILL_MAX_MS, action }, (turn) =>
      observeAssignment({ ...deps, tables: memory.tables, live: liveInTurn(aws, turn) }, assignment, options),
    );
    const seen = await done.catch((error: unknown) => {
      if (goesOn()) log.error('looking at an assignment failed', { assignment, error });
    });
    if (seen !== undefined && seen.unreadable === undefined) memory.board.put(seen.assignmentId, seen.drift);
    return seen ?? undefined;
  };
  const observeTick = createObserveTick({ ...deps, goesOn });
  const tellClock = createClockTeller(deps);
  /** Looks have limits of their own. */
  const looking =
    (turn: Turn): typeof look =>
    (...args) =>
      turn.step(
        () => look(...args),
        () => true,
      );
  const onUnreadSet = tellUnreadSets(log);

  const tick = async (turn: Turn): Promise<void> => {
    tellClock();
    const startedMs = clock.elapsedMs();
    const requestIds = [...told.requestIds];
    told.requestIds.clear();
    await observeTick(requestIds, looking(turn));
    if (turn.isAbandoned()) return;
    lastPass = { finishedMs: clock.nowMs(), durationMs: clock.elapsedMs() - startedMs };
    metrics.passes.inc({ outcome: 'ok' });
    metrics.passSeconds.observe(lastPass.durationMs / 1000);
    metrics.lastPassTimestampSeconds.set(lastPass.finishedMs / 1000);
    await publishStatus();
  };

  const publishStatus = async (): Promise<void> => {
    const budget = aws.budgetState();
    setLevels(metrics, memory.board, budget, clock.nowMs());
    if (clock.elapsedMs() - statusMs < STATUS_INTERVAL_MS) return;
    statusMs = clock.elapsedMs();
    const clockState = deps.clockState();
    const status = observedStatus({ memory, budget, lastPass, clockState, nowMs: clock.nowMs() });
    await deps.publisher.transact([statusWrite(status)]);
  };

  const sweepAll = async (turn: Turn): Promise<void> => {
    const startedMs = clock.elapsedMs();
    await takeOverInMemory({ ...deps, goesOn });
    const result = await observeSweep({
      ...deps,
      publisher: publisherInTurn(deps.publisher, turn),
      live: liveInTurn(aws, turn),
      look: looking(turn),
      goesOn: () => !turn.ended.aborted,
      onUnreadSet,
    });
    if (result === undefined) return;
    metrics.sweepSeconds.observe((clock.elapsedMs() - startedMs) / 1000);
    metrics.lastFullSweepTimestampSeconds.set(result.finishedMs / 1000);
    metrics.sweepUnreadPairs.set(result.progress.unread.length);
  };

  /** The nudges are everybody's: they are read, and left for the leader of a controller that enforces. */
  const listen = async (): Promise<void> => {
    const row = parseNudgesRow(await deps.store.get('control', NUDGES_KEY));
    heardMs = clock.elapsedMs();
    if (row === undefined || row.version === nudgesVersion) return;
    nudgesVersion = row.version;
    const since = clock.nowMs() - NUDGE_MAX_AGE_MS;
    hear(row.recent.filter((nudge) => (parseTimestamp(nudge.at) ?? 0) >= since));
  };

  const hear = (nudges: readonly Omit<Nudge, 'at'>[]): void => {
    for (const { request_id: requestId, pass_id: passId } of nudges) {
      if (requestId !== undefined) told.requestIds.add(requestId);
      if (passId !== undefined) told.passIds.add(passId);
    }
    if (told.requestIds.size > 0) ticks.poke();
    if (told.passIds.size > 0) passes.poke();
  };

  const answerPasses = async (turn: Turn): Promise<void> => {
    const answering = { publisher: publisherInTurn(deps.publisher, turn), live: liveInTurn(aws, turn) };
    for (const passId of [...told.passIds]) {
      told.passIds.delete(passId);
      await observePass({ ...deps, ...answering }, passId).catch((error: unknown) => {
        // Nobody speaks of it again: it is tried the next time, and the others now.
        told.passIds.add(passId);
        log.warn('a pass could not be answered yet', { pass_id: passId, error });
      });
    }
  };

  const every = (intervalMs: number, part: string, act: (turn: Turn) => Promise<void>) => {
    const onError = (error: unknown): void => {
      if (!goesOn()) return;
      if (part === 'tick') metrics.passes.inc({ outcome: 'failed' });
      log.error('a part of the loop failed, its next time comes', { part, error });
    };
    const turns = { clock, limitMs: TURN_STANDS_STILL_MAX_MS, action: part, signal: ending.signal };
    return repeat({ ...turns, intervalMs: () => intervalMs, onError }, act);
  };
  const passes = every(deps.tickIntervalMs, 'passes', answerPasses);
  const ticks = every(deps.tickIntervalMs, 'tick', tick);
  const sweeps = every(deps.sweepIntervalMs, 'sweep', sweepAll);
  const listening = every(LISTEN_INTERVAL_MS, 'nudges', listen);

  return {
    nudge: hear,
    isAlive: () => clock.elapsedMs() - endedMs < HANGS_MS && ticks.stalledForMs() < STALLED_MAX_MS,
    isHealthy: () => clock.elapsedMs() - heardMs < UNHEALTHY_MS,
    isLeading: () => false,
    hasSwept: () => memory.lastSweepMs !== undefined,
    async stop() {
      ending.abort();
      aws.close();
      const ended = Promise.all([passes, ticks, sweeps, listening].map(({ stopped }) => stopped));
      // It holds no lease and changes nothing.
      return handOver(deps, { ended, isChanging: () => false, release: async () => true });
    },
  };
}

/**
 * Whatever hangs below them, nothing that is asked of the tables waits without an end. `onEnd` is told whenever a read
 * comes to its end by itself: where none does any more, it is this process that hangs.
 */
function withLimits(deps: ObserverDeps, onEnd: () => void): ObserverDeps {
  const { store, publisher, clock } = deps;
  const told = {
    ...store,
    get: (...args: Parameters<typeof store.get>) => store.get(...args).finally(onEnd),
  };
  return {
    ...deps,
    store: withReadLimit(told, clock, STORE_ANSWER_MAX_MS),
    publisher: { ...publisher, ...withWriteLimit(publisher, clock, STORE_ANSWER_MAX_MS) },
  };
}

/** A turn that was abandoned publishes nothing any more. */
function publisherInTurn(publisher: ObserveWriter, turn: Turn): ObserveWriter {
  return { ...publisher, transact: (writes) => turn.step(() => publisher.transact(writes)) };
}
