// Makes one planned change in its turn, and what happens where it cannot be written: an ending goes on without what lies
// beside it, anything else is left for later.

import type { AssignmentView } from '../src/assignment-view.ts';
import { type Change, planChanges } from '../src/plan.ts';
import { stepOf } from '../src/step-of.ts';
import { StoreError } from '../src/store-error.ts';
import { type Applied, applyChange } from './apply-change.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import { readDesired } from './read-desired.ts';

const REFUSED_MAX = 3;
const REFUSED_BESIDE_MAX = 2;
const FIRST_WAIT_MAX_MS = 1_000;

/**
 * Writes a change, and makes its call. Where it cannot be written, an ending goes on the ledger's row alone, and anything
 * else is put off: a row or a table that takes nothing must keep nobody's access.
 */
export async function applyOrPutOff(
  deps: ConvergeDeps,
  planned: Planned,
  refusals: Refusals,
): Promise<Applied | { readonly kind: 'put off' }> {
  const { change } = planned;
  const step = stepOf(change.rule, change.requestIds);
  let why: string;
  try {
    const applied = await applyInTurn(deps, planned);
    if (applied.kind !== 'refused') {
      refusals.clear();
      if (applied.kind === 'written') deps.putOff.written(change.assignmentId, step);
      return applied;
    }
    // Somebody else wrote: look again. Refused again and again by what lies beside the ledger, it is no race.
    if (!refusals.count(change, applied.failed)) return applied;
    why = 'the rows beside the ledger are never as they were read';
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    why = error.message;
  }
  refusals.clear();
  const { alone, ...rest } = change;
  if (alone !== undefined) return applyInTurn(deps, { ...planned, change: { ...rest, ...alone } });
  deps.putOff.failed(change.assignmentId, step, why);
  return { kind: 'put off' };
}

export type Planned = { readonly change: Change; readonly view: AssignmentView; readonly startedMs: number };

export type Refusals = {
  /** Counts one; answers whether it is beside the ledger, and no race any more. */
  count(change: Change, failed: readonly number[]): boolean;
  clear(): void;
  /** Refused again and again by the ledger's own row: the next tick is soon enough. */
  isHopeless(): boolean;
};

export function createRefusals(): Refusals {
  let inARow = 0;
  return {
    count({ writes }, failed) {
      inARow += 1;
      const byLedger =
        failed.length === 0 || failed.some((position) => writes[position]?.table === 'assignments');
      return !byLedger && inARow >= REFUSED_BESIDE_MAX;
    },
    clear: () => {
      inARow = 0;
    },
    isHopeless: () => inARow >= REFUSED_MAX,
  };
}

/**
 * A change with a call waits for its turn first and is claimed afterwards, so that whoever is approved while it waits
 * is not too late. After a wait it is planned again from rows read then.
 */
async function applyInTurn(deps: ConvergeDeps, planned: Planned): Promise<Applied> {
  const { change, view } = planned;
  if (change.call === undefined) return applyChange(deps, change);
  const { assignment_id: key, assignment } = view.ledger;
  const operation = { key, accountId: assignment.accountId, priority: change.priority };
  const turn = await deps.slots.operate(operation, async () => {
    const isOld = deps.clock.elapsedMs() - planned.startedMs > FIRST_WAIT_MAX_MS;
    const applied: Applied =
      isOld && !(await isStillPlanned(deps, planned))
        ? { kind: 'refused', failed: [] }
        : await applyChange(deps, change);
    const call = applied.kind === 'written' ? applied.call : undefined;
    return {
      applied,
      called: call !== undefined,
      // An operation whose id was not recorded counts as lost, and what is lost must not stand in its own way.
      started: call?.kind === 'accepted' && applied.kind === 'written' && applied.recorded === true,
      ...(call?.kind === 'failed' && call.throttled !== undefined ? { throttled: call.throttled } : {}),
    };
  });
  return turn.applied;
}

/** Whether rows read now, with the same evidence, lead to the same change. */
async function isStillPlanned(deps: ConvergeDeps, { change, view }: Planned): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const requestIds = [...view.requests.keys()];
  const { policy } = deps;
  const desired = await readDesired(deps.store, view.ledger.assignment, { requestIds, nowMs, policy });
  if ('unreadable' in desired || desired.ledger.version !== view.ledger.version) return false;
  const clockIsWrong = deps.clockState().isWrong;
  const again = { ...view, ...desired, clockIsWrong };
  const plan = planChanges({ views: [again], nowMs, policy: deps.policy });
  return [...plan.changes, ...plan.inferences.map((inference) => inference.change)].some(
    (planned) => planned.rule === change.rule && planned.requestIds.join() === change.requestIds.join(),
  );
}
