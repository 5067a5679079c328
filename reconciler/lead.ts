// What the leader does while it leads: takes over old tables once, then ticks, listens, sweeps and delivers. It fits the
// parts of the loop together; each of them is a file of its own.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import { isMalformedLedger, parseLedgerRow } from '../src/ledger.ts';
import { scopeFingerprint } from '../src/managed-scope.ts';
import { SHARD } from '../src/notification.ts';
import { NUDGES_KEY, type Nudge, parseNudgesRow } from '../src/nudge.ts';
import { type CoverageHead, publishedKey } from '../src/published-state.ts';
import { RequestStatuses } from '../src/request.ts';
import { queryAll } from '../src/store.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import { createAssignmentWork } from './assignment-work.ts';
import { backFill } from './back-fill.ts';
import { withBoundedReads } from './bounded-reads.ts';
import { type Converged, convergeAssignment } from './converge-assignment.ts';
import { deliverNotifications, type OutboxState } from './deliver-notifications.ts';
import { createDriftBoard, summarizeDrift } from './drift-board.ts';
import { judgeInferences, readBrake } from './judge-inferences.ts';
import { publishList } from './publish-list.ts';
import { setLevels, statusWrite } from './publish-status.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { repeat } from './repeat.ts';
import type { ReconcilerDeps } from './run-forever.ts';
import { runPass } from './run-pass.ts';
import { searchPrincipal } from './search-principal.ts';
import { type SweepResult, sweep } from './sweep.ts';

export type Leading = {
  readonly epoch: number;
  nudge(nudges: readonly Omit<Nudge, 'at'>[]): void;
  hasSwept(): boolean;
  stop(): Promise<void>;
};

const LISTEN_INTERVAL_MS = 1_000;
/** The statuses in which something is seldom due are read this often. */
const RARE_INTERVAL_MS = 60_000;
/** A deep memory of nudges is for a leader that has just begun. */
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
  const told = { requestIds: new Set<string>(), passIds: new Set<string>(), principalIds: new Set<string>() };
  const log = deps.log.child({ epoch: lease.epoch });
  const mayAct = () => !ending.signal.aborted && lease.mayAct();
  let outbox: OutboxState = { pending: 0, oldestSeconds: 0 };
  let lastPass: { finishedMs: number; ok: boolean; durationMs: number } | undefined;
  let lastSweepMs: number | undefined;
  let takenOver = false;
  let rareMs = Number.NEGATIVE_INFINITY;
  let statusMs = Number.NEGATIVE_INFINITY;
  let nudgesVersion = -1;

  const converge = { ...deps, ...aws, store: withBoundedReads(deps.store, READS_AT_ONCE), mayAct, log };
  const work = createAssignmentWork({
    converge: (assignment, options) => convergeAssignment(converge, assignment, options),
    followMaxMs: deps.tickIntervalMs,
    onConverged: (converged) => {
      board.put(converged.assignmentId, converged.drift);
      if (converged.changes.some((change) => change.writes.some((write) => write.table === 'outbox')))
        deliver.poke();
      observeDurations(deps, converged);
    },
    log,
  });

  const look = (assignment: Assignment) => work.begin(assignment, { doubt: true });

  const tick = async (): Promise<void> => {
    const startedMs = deps.clock.elapsedMs();
    const rare = startedMs - rareMs >= RARE_INTERVAL_MS;
    if (rare) rareMs = startedMs;
    const requestIds = [...told.requestIds];
    told.requestIds.clear();
    const done = await reconcileOnce(
      { ...deps, work, mayAct, log, raise: aws.slots.raise },
      { requestIds, rare },
    );
    if (done.open !== undefined) setOpenRequests(deps, done.open);
    await searchPrincipals();
    lastPass = { finishedMs: deps.clock.nowMs(), ok: true, durationMs: deps.clock.elapsedMs() - startedMs };
    deps.metrics.passes.inc({ outcome: 'ok' });
    deps.metrics.passSeconds.observe(lastPass.durationMs / 1000);
    deps.metrics.lastPassTimestampSeconds.set(lastPass.finishedMs / 1000);
    await publishStatus();
  };

  const searchPrincipals = async (): Promise<void> => {
    for (const principalId of [...told.principalIds]) {
      const found = await searchPrincipal({ ...deps, live: aws.live }, principalId);
      if (!found.goesOn) told.principalIds.delete(principalId);
      const ids = found.requests.map((request) => request.request_id);
      await reconcileOnce(
        { ...deps, work, mayAct, log, raise: aws.slots.raise },
        { requestIds: ids, rare: false },
      );
      for (const assignment of found.assignments) void look(assignment);
    }
  };

  const listen = async (): Promise<void> => {
    const row = parseNudgesRow(await deps.store.get('control', NUDGES_KEY));
    if (row === undefined || row.version === nudgesVersion) return;
    nudgesVersion = row.version;
    const since = deps.clock.nowMs() - NUDGE_MAX_AGE_MS;
    hear(row.recent.filter((nudge) => (parseTimestamp(nudge.at) ?? 0) >= since));
  };

  const hear = (nudges: readonly Omit<Nudge, 'at'>[]): void => {
    for (const nudge of nudges) {
      if (nudge.request_id !== undefined) told.requestIds.add(nudge.request_id);
      if (nudge.principal_id !== undefined) told.principalIds.add(nudge.principal_id);
      if (nudge.pass_id !== undefined) told.passIds.add(nudge.pass_id);
    }
    if (nudges.length > 0) ticks.poke();
    if (told.passIds.size > 0) passes.poke();
  };

  const runPasses = async (): Promise<void> => {
    for (const passId of [...told.passIds]) {
      told.passIds.delete(passId);
      const knownDrift = () => board.items();
      await runPass({ ...deps, live: aws.live, look, knownDrift, pokeSweep: () => sweeps.poke() }, passId);
    }
  };

  const sweepAll = async (): Promise<void> => {
    if (!takenOver) return;
    const startedMs = deps.clock.elapsedMs();
    const lookClosely = (assignment: Assignment, options: { firstSweep: boolean }) =>
      work.begin(assignment, { doubt: true, firstSweep: options.firstSweep });
    const completedFingerprint = () => readFingerprint(deps);
    const result = await sweep({
      ...deps,
      live: aws.live,
      look: lookClosely,
      completedFingerprint,
      mayAct,
      log,
    });
    if (result === undefined) return;
    const withheld = await judgeInferences(
      {
        ...deps,
        claim: (inference, countInference) =>
          work.begin(inference.view.ledger.assignment, { doubt: true, countInference }),
        log,
      },
      result,
    );
    board.putForeign(result.foreign);
    board.putWithheld(withheld);
    await publishSweep(deps, result, board.items());
    lastSweepMs = result.finishedMs;
    deps.metrics.sweepSeconds.observe((deps.clock.elapsedMs() - startedMs) / 1000);
    deps.metrics.lastFullSweepTimestampSeconds.set(result.finishedMs / 1000);
    deps.metrics.sweepUnreadPairs.set(result.progress.unread.length);
  };

  const deliverAll = async (): Promise<void> => {
    outbox = await deliverNotifications({ ...deps, mayAct, log });
    deps.metrics.outboxPending.set(outbox.pending);
    deps.metrics.outboxOldestSeconds.set(outbox.oldestSeconds);
  };

  const publishStatus = async (): Promise<void> => {
    const nowMs = deps.clock.nowMs();
    setLevels(deps.metrics, board, aws.budgetState(), nowMs);
    if (deps.clock.elapsedMs() - statusMs < STATUS_INTERVAL_MS || !mayAct()) return;
    statusMs = deps.clock.elapsedMs();
    await deps.store.transact([statusWrite(await describe(nowMs))]);
  };

  const describe = async (nowMs: number) => {
    const summary = summarizeDrift(board.items(), nowMs);
    const budget = aws.budgetState();
    const brake = await readBrake(deps.store);
    return {
      published_at: toTimestamp(nowMs),
      mode: 'enforce' as const,
      leader: { holder: deps.holder, epoch: lease.epoch },
      ...(lastPass === undefined
        ? {}
        : {
            last_pass: {
              finished_at: toTimestamp(lastPass.finishedMs),
              outcome: lastPass.ok ? ('ok' as const) : ('failed' as const),
              duration_ms: lastPass.durationMs,
            },
          }),
      ...(lastSweepMs === undefined ? {} : { last_full_sweep_at: toTimestamp(lastSweepMs) }),
      backlog: { under_way: work.size(), ...Object.fromEntries(summary.byKind) },
      oldest_overdue_seconds: summary.oldestOverdueSeconds,
      overdue: summary.overdue,
      stuck: summary.stuck,
      call_budget: {
        rate_per_second: budget.ratePerSecond,
        outstanding: budget.outstanding,
        outstanding_max: budget.outstandingMax,
        queued: { ...budget.queued },
      },
      outbox: {
        pending: outbox.pending,
        oldest_seconds: outbox.oldestSeconds,
        ...(outbox.lastError === undefined ? {} : { last_error: outbox.lastError }),
      },
      brake: {
        tripped: brake.tripped,
        ...(brake.reason === undefined ? {} : { reason: brake.reason }),
        withheld: board.withheld().length,
      },
    };
  };

  const takeOver = async (): Promise<void> => {
    if (takenOver) return;
    await adoptOperations(deps, aws.slots.adopt);
    takenOver = await backFill({ ...deps, mayAct, log });
    sweeps.poke();
  };

  const every = (intervalMs: number, name: string, act: () => Promise<void>) =>
    repeat(
      {
        clock: deps.clock,
        intervalMs: () => intervalMs,
        signal: ending.signal,
        onError: (error) => {
          if (name === 'tick') deps.metrics.passes.inc({ outcome: 'failed' });
          log.error('a part of the loop failed, its next time comes', { part: name, error });
        },
      },
      act,
    );
  const sweeps = every(deps.sweepIntervalMs, 'sweep', sweepAll);
  const deliver = every(deps.tickIntervalMs, 'outbox', deliverAll);
  const passes = every(deps.tickIntervalMs, 'passes', runPasses);
  const ticks = every(deps.tickIntervalMs, 'tick', async () => {
    await takeOver();
    await tick();
  });
  const listening = every(LISTEN_INTERVAL_MS, 'nudges', listen);

  return {
    epoch: lease.epoch,
    nudge: hear,
    hasSwept: () => lastSweepMs !== undefined,
    async stop() {
      ending.abort();
      work.stop();
      aws.close();
      await Promise.all([sweeps, deliver, passes, ticks, listening].map(({ stopped }) => stopped));
      await work.drained();
    },
  };
}

/** What another leader had begun still occupies AWS: it counts against the slots until its verdict or its patience. */
async function adoptOperations(
  { store, clock }: Pick<ReconcilerDeps, 'store' | 'clock'>,
  adopt: (operation: { key: string; accountId: string; startedAgoMs: number }) => void,
): Promise<void> {
  const partition = { attribute: 'shard', value: SHARD };
  for await (const row of queryAll(store, { table: 'assignments', index: 'gsi_due', partition })) {
    const ledger = parseLedgerRow(row);
    if (isMalformedLedger(ledger) || ledger.op?.id === undefined) continue;
    const startedAgoMs = Math.max(0, clock.nowMs() - ledger.op.claimed_at);
    adopt({ key: assignmentId(ledger.assignment), accountId: ledger.assignment.accountId, startedAgoMs });
  }
}

async function readFingerprint({ store }: Pick<ReconcilerDeps, 'store'>): Promise<string | undefined> {
  const head = await store.get('control', publishedKey('coverage', 'enforce'));
  return typeof head?.fingerprint === 'string' ? head.fingerprint : undefined;
}

/** The coverage is written last: under its fingerprint, what is found from now on may be inferred from. */
async function publishSweep(
  { store, policy }: Pick<ReconcilerDeps, 'store' | 'policy'>,
  result: SweepResult,
  drift: readonly unknown[],
): Promise<void> {
  const nowMs = result.finishedMs;
  const { progress } = result;
  await publishList(
    store,
    { name: 'drift', mode: 'enforce', nowMs },
    { published_at: toTimestamp(nowMs) },
    drift,
  );
  const head: CoverageHead & { fingerprint: string } = {
    completed_at: toTimestamp(nowMs),
    started_at: progress.started_at,
    duration_seconds: Math.max(0, (nowMs - (parseTimestamp(progress.started_at) ?? nowMs)) / 1000),
    pairs: progress.pairs,
    live: progress.live,
    unread: progress.unread.length,
    fingerprint: scopeFingerprint(policy.scope),
  };
  await publishList(store, { name: 'coverage', mode: 'enforce', nowMs }, head, progress.unread);
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
