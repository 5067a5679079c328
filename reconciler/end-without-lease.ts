// What has ended is removed also while nobody can hold the lease: where its table is gone, or takes nothing, there is no
// leader anywhere, and an ending waits for nothing but AWS. Only the steps of stated endings are made, each claimed on the
// ledger's version, so that several processes may do it side by side; everything else waits for a leader.

import { adoptOperations } from './adopt-operations.ts';
import { createAssignmentWork, type WorkOptions } from './assignment-work.ts';
import { withBoundedReads } from './bounded-reads.ts';
import { convergeAssignment } from './converge-assignment.ts';
import { inConvergeTurn, READS_AT_ONCE } from './leadership.ts';
import { createPutOff } from './put-off.ts';
import { reckonDrift } from './reckon-drift.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { type Repeated, repeat } from './repeat.ts';
import type { ReconcilerDeps } from './run-forever.ts';
import type { Turn } from './turn.ts';
import { createWatchSight } from './watch-sight.ts';

export type WithoutLease = {
  /** Whether nobody can be known to lead: the lease can neither be read nor written, for longer than one lasts. */
  readonly isLost: () => boolean;
  readonly limitMs: number;
  readonly signal: AbortSignal;
};

export function endWithoutLease(deps: ReconcilerDeps, { isLost, limitMs, signal }: WithoutLease): Repeated {
  const { clock, log, tickIntervalMs } = deps;
  let endings: Endings | undefined;
  const end = async (): Promise<void> => {
    const ended = endings;
    endings = undefined;
    await ended?.stop();
  };
  signal.addEventListener('abort', () => void end(), { once: true });
  const onError = (error: unknown) =>
    log.error('what has ended could not be looked for without a lease', { error });
  return repeat(
    { clock, intervalMs: () => tickIntervalMs, limitMs, action: 'end without a lease', signal, onError },
    async (turn) => {
      if (!isLost()) return end();
      if (endings === undefined) {
        log.error('nobody can hold the lease: what has ended is removed without one, all else waits', {});
        endings = await openEndings(deps, isLost);
      }
      await endings.tick(turn);
    },
  );
}

type Endings = { tick(turn: Turn): Promise<void>; stop(): Promise<void> };

/** A call budget of its own, as a new leader has, and the operations that run already counted in it. */
async function openEndings(deps: ReconcilerDeps, mayAct: () => boolean): Promise<Endings> {
  const aws = deps.openIdentityCenter();
  const store = withBoundedReads(deps.store, READS_AT_ONCE);
  const watchSight = createWatchSight({ ...deps, live: aws.live, store });
  const converge = { ...deps, ...aws, store, putOff: createPutOff(deps), watchSight, mayAct };
  const all = createAssignmentWork({
    converge: (assignment, options, turn) =>
      convergeAssignment(inConvergeTurn(converge, turn), assignment, options),
    followMaxMs: deps.tickIntervalMs,
    onConverged: () => undefined,
    // Its log line has said it; the board is a leader's.
    onFailed: () => undefined,
    clock: deps.clock,
    log: deps.log,
  });
  const begin = (assignment: Parameters<typeof all.begin>[0], options: WorkOptions) =>
    all.begin(assignment, { ...options, onlyEndings: true });
  const work = { begin, isUnderWay: all.isUnderWay };
  aws.whenEnded((id) => all.wake(id));
  try {
    await adoptOperations({ ...deps, store }, aws.slots);
  } catch (error) {
    aws.close();
    throw error;
  }
  return {
    async tick(turn) {
      // A row that names no assignment is bookkeeping: it waits for a leader.
      const tick = { ...deps, store, work, raise: aws.slots.raise, mayAct: () => false };
      const { unsettled } = await turn.step(() => reconcileOnce(tick, { requestIds: [], rare: true }));
      const { due } = await turn.step(() => reckonDrift({ ...deps, store }, unsettled ?? new Map()));
      for (const { assignment, requestIds } of due) void work.begin(assignment, { requestIds });
    },
    async stop() {
      all.stop();
      aws.close();
      await all.drained();
    },
  };
}
