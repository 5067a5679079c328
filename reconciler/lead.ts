// What the leader does while it leads: takes over old tables once, then ticks, listens, sweeps and delivers. It fits the
// parts of the loop together; each of them is a file of its own.

import type { Assignment } from '../src/assignment.ts';
import { NUDGES_KEY, type Nudge, parseNudgesRow } from '../src/nudge.ts';
import { RequestStatuses } from '../src/request.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import { adoptOperations } from './adopt-operations.ts';
import { createAssignmentWork } from './assignment-work.ts';
import { backFill, backFillRequests } from './back-fill.ts';
import { withBoundedReads } from './bounded-reads.ts';
import { type Converged, convergeAssignment } from './converge-assignment.ts';
import { deliverNotifications, type OutboxState } from './deliver-notifications.ts';
import { describeLeader } from './describe-leader.ts';
import { createDriftBoard } from './drift-board.ts';
import { createHeard } from './heard.ts';
import { judgeInferences, readBrake } from './judge-inferences.ts';
import { setLevels, statusWrite } from './publish-status.ts';
import { completedFingerprint, publishSweep } from './publish-sweep.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { repeat } from './repeat.ts';
import type { ReconcilerDeps } from './run-forever.ts';
import { runPass } from './run-pass.ts';
import { searchPrincipal } from './search-principal.ts';
import { sweep } from './sweep.ts';

export type Leading = {
  readonly epoch: number;
  nudge(nudges: readonly Omit<Nudge, 'at'>[]): void;
  hasSwept(): boolean;
  stop(): Promise<void>;
};

const LISTEN_INTERVAL_MS = 1_000;
/** What is seldom due, and what was typed into rows that are not due, is looked for this often. */
const RARE_INTERVAL_MS = 60_000;
/** A leader that has just begun hears what was said while nobody led. */
const NUDGE_MAX_AGE_MS = 120_000;
const STATUS_INTERVAL_MS = 5_000;
/** After an outage thousands of assignments may be due at once. */
const READS_AT_ONCE = 32;

export function lead(
  deps: ReconcilerDeps,
  lease: { readonly epoch: number; readonly mayAct: () => boolean },
): Leading {
  const ending = new AbortController();
  const aws = deps.openIdentityCenter();
  const board = createDriftBoard();
  const heard = createHeard();
  const log = deps.log.child({ epoch: lease.epoch });
  const mayAct = () => !ending.signal.aborted && lease.mayAct();
  const { clock, metrics, store } = deps;
  const state = {
    outbox: { pending: 0, oldestSeconds: 0 } as OutboxState,
    lastPass: undefined as { finishedMs: number; durationMs: number } | undefined,
    lastSweepMs: undefined as number | undefined,
    /** Old requests that are still to be taken over; undefined while the tables were not read whole. */
    leftOver: undefined as readonly string[] | undefined,
    rareMs: Number.NEGATIVE_INFINITY,
    statusMs: Number.NEGATIVE_INFINITY,
    nudgesVersion: -1,
  };

  const converge = { ...deps, ...aws, store: withBoundedReads(store, READS_AT_ONCE), mayAct, log };
  const work = createAssignmentWork({
    converge: (assignment, options) => convergeAssignment(converge, assignment, options),
    followMaxMs: deps.tickIntervalMs,
    onConverged: (converged) => {
      board.put(converged.assignmentId, converged.drift);
      if (wroteToOutbox(converged)) deliver.poke();
      observeDurations(deps, converged);
    },
    log,
  });
  const parts = { ...deps, live: aws.live, work, mayAct, log, raise: aws.slots.raise };
  const look = (assignment: Assignment) => work.begin(assignment, { doubt: true });

  const takeOver = async (): Promise<void> => {
    if (state.leftOver !== undefined) return;
    await adoptOperations(deps, aws.slots);
    state.leftOver = await backFill(parts);
    sweeps.poke();
  };

  const tick = async (): Promise<void> => {
    await takeOver();
    const startedMs = clock.elapsedMs();
    const rare = startedMs - state.rareMs >= RARE_INTERVAL_MS;
    if (rare) state.rareMs = startedMs;
    if (rare && state.leftOver !== undefined && state.leftOver.length > 0) {
      state.leftOver = (await backFillRequests(parts, state.leftOver)) ?? state.leftOver;
    }
    const { open } = await reconcileOnce(parts, { requestIds: heard.takeRequests(), rare });
    if (open !== undefined) setOpenRequests(deps, open);
    for (const principalId of heard.principals()) await endEverythingOf(principalId);
    state.lastPass = { finishedMs: clock.nowMs(), durationMs: clock.elapsedMs() - startedMs };
    metrics.passes.inc({ outcome: 'ok' });
    metrics.passSeconds.observe(state.lastPass.durationMs / 1000);
    metrics.lastPassTimestampSeconds.set(state.lastPass.finishedMs / 1000);
    await publishStatus();
  };

  const endEverythingOf = async (principalId: string): Promise<void> => {
    const found = await searchPrincipal(parts, principalId);
    if (!found.goesOn) heard.letGo(principalId);
    const requestIds = found.requests.map((request) => request.request_id);
    await reconcileOnce(parts, { requestIds, rare: false });
    for (const assignment of found.assignments) void look(assignment);
  };

  const hear = (nudges: readonly Omit<Nudge, 'at'>[]): void => {
    heard.hear(nudges);
    if (nudges.length > 0) ticks.poke();
    if (heard.hasPasses()) passes.poke();
  };

  const listen = async (): Promise<void> => {
    const row = parseNudgesRow(await store.get('control', NUDGES_KEY));
    if (row === undefined || row.version === state.nudgesVersion) return;
    state.nudgesVersion = row.version;
    const since = clock.nowMs() - NUDGE_MAX_AGE_MS;
    hear(row.recent.filter((nudge) => (parseTimestamp(nudge.at) ?? 0) >= since));
  };

  const runPasses = async (): Promise<void> => {
    const pass = { ...parts, look, knownDrift: () => board.items(), pokeSweep: () => sweeps.poke() };
    for (const passId of heard.takePasses()) await runPass(pass, passId);
  };

  const sweepAll = async (): Promise<void> => {
    // Nothing is inferred before the tables have been taken over.
    if (state.leftOver === undefined) return;
    const startedMs = clock.elapsedMs();
    const result = await sweep({
      ...parts,
      look: (assignment, { firstSweep }) => work.begin(assignment, { doubt: true, firstSweep }),
      completedFingerprint: () => completedFingerprint(store),
    });
    if (result === undefined) return;
    const withheld = await judgeInferences(
      {
        ...parts,
        claim: ({ view }, countInference) =>
          work.begin(view.ledger.assignment, { doubt: true, countInference }),
      },
      result,
    );
    board.putForeign(result.foreign);
    board.putWithheld(withheld);
    await publishSweep(deps, result, board.items());
    state.lastSweepMs = result.finishedMs;
    metrics.sweepSeconds.observe((clock.elapsedMs() - startedMs) / 1000);
    metrics.lastFullSweepTimestampSeconds.set(result.finishedMs / 1000);
    metrics.sweepUnreadPairs.set(result.progress.unread.length);
  };

  const deliverAll = async (): Promise<void> => {
    state.outbox = await deliverNotifications(parts);
    metrics.outboxPending.set(state.outbox.pending);
    metrics.outboxOldestSeconds.set(state.outbox.oldestSeconds);
  };

  const publishStatus = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const budget = aws.budgetState();
    setLevels(metrics, board, budget, nowMs);
    if (clock.elapsedMs() - state.statusMs < STATUS_INTERVAL_MS || !mayAct()) return;
    state.statusMs = clock.elapsedMs();
    const leader = { holder: deps.holder, epoch: lease.epoch };
    const brake = await readBrake(store);
    const status = describeLeader({ ...state, nowMs, leader, underWay: work.size(), board, budget, brake });
    await store.transact([statusWrite(status)]);
  };

  const every = (intervalMs: number, part: string, act: () => Promise<void>) => {
    const onError = (error: unknown) => {
      if (part === 'tick') metrics.passes.inc({ outcome: 'failed' });
      log.error('a part of the loop failed, its next time comes', { part, error });
    };
    return repeat({ clock, intervalMs: () => intervalMs, signal: ending.signal, onError }, act);
  };
  const sweeps = every(deps.sweepIntervalMs, 'sweep', sweepAll);
  const deliver = every(deps.tickIntervalMs, 'outbox', deliverAll);
  const passes = every(deps.tickIntervalMs, 'passes', runPasses);
  const ticks = every(deps.tickIntervalMs, 'tick', tick);
  const listening = every(LISTEN_INTERVAL_MS, 'nudges', listen);

  return {
    epoch: lease.epoch,
    nudge: hear,
    hasSwept: () => state.lastSweepMs !== undefined,
    async stop() {
      ending.abort();
      work.stop();
      aws.close();
      await Promise.all([sweeps, deliver, passes, ticks, listening].map(({ stopped }) => stopped));
      await work.drained();
    },
  };
}

function wroteToOutbox({ changes }: Converged): boolean {
  return changes.some(({ writes }) => writes.some(({ table }) => table === 'outbox'));
}

function setOpenRequests(
  { metrics }: Pick<ReconcilerDeps, 'metrics'>,
  open: ReadonlyMap<string, number>,
): void {
  for (const status of RequestStatuses) metrics.requests.set({ status }, open.get(status) ?? 0);
}

/** How long endings and grants took, from the changes that completed them. */
function observeDurations({ metrics }: Pick<ReconcilerDeps, 'metrics'>, converged: Converged): void {
  for (const { measured } of converged.changes) {
    if (measured === undefined) continue;
    const seconds = measured.durationMs / 1000;
    if (measured.what === 'grant') metrics.grantSeconds.observe(seconds);
    else metrics.revocationSeconds.observe({ reason: measured.what }, seconds);
  }
}
