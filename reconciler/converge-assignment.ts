// Makes one assignment match, step by step: read desired, look at live, plan, apply, prove, until nothing is left to do
// now. It follows its own operation for as long as that is quick; what takes longer is found again by when it is due.

import type { Assignment } from '../src/assignment.ts';
import { assignmentId } from '../src/assignment.ts';
import { type AssignmentView, standingsOf } from '../src/assignment-view.ts';
import type { DriftItem } from '../src/drift.ts';
import { unreadableDrift } from '../src/drift-of.ts';
import type { Ledger, Sighting } from '../src/ledger.ts';
import { endingPriority, ledgerFacts } from '../src/ledger-facts.ts';
import { mendLedger } from '../src/mend-ledger.ts';
import { type Change, type Inference, type Plan, planChanges } from '../src/plan.ts';
import type { Priority } from '../src/priority.ts';
import type { Write } from '../src/store.ts';
import { StoreError } from '../src/store-error.ts';
import { type Applied, applyChange } from './apply-change.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import { explainOrphan } from './explain-orphan.ts';
import { isFirstLook } from './first-look.ts';
import { logChange } from './log-change.ts';
import { lookAtLive } from './look-at-live.ts';
import { type Desired, readDesired, type UnreadableLedger } from './read-desired.ts';

export type ConvergeOptions = {
  /** Requests to look at beside those that the ledger names. */
  readonly requestIds?: readonly string[];
  /** Of the pass that asked for it, for the log. */
  readonly passId?: string;
  /** Look at AWS even where the row is at rest: the sweep or a person has reason to doubt it. */
  readonly doubt?: boolean;
  readonly firstSweep?: boolean;
  /** How an inferred ending is counted when it is claimed; undefined: it is not let through. Asked at the claim. */
  readonly countInference?: (inference: Inference) => Promise<Write | undefined>;
  /** Aborted to wake it: something was said about this assignment, or it is to stop. */
  readonly woken: () => AbortSignal;
  /** Aborted when the process stops, or leads no longer. */
  readonly stopped: AbortSignal;
  /** Follow an operation by sleeping at most this long between looks; beyond it, leave it to be found when due. */
  readonly followMaxMs: number;
};

export type Converged = {
  readonly assignmentId: string;
  readonly drift: readonly DriftItem[];
  readonly changes: readonly Change[];
  /** An ending that nobody stated, and that was not let through. */
  readonly inference?: Inference;
  /** Since when it is live and unexplained, where it is. */
  readonly sighting?: Sighting;
  /** Why nothing could be done. */
  readonly unreadable?: string;
};

// A row takes a handful of steps from any stage to rest; this many means that somebody keeps writing it.
const STEPS_MAX = 200;
const REFUSED_MAX = 3;
const FIRST_WAIT_MAX_MS = 1_000;

export async function convergeAssignment(
  given: ConvergeDeps,
  assignment: Assignment,
  options: ConvergeOptions,
): Promise<Converged> {
  const { passId } = options;
  const deps = passId === undefined ? given : { ...given, log: given.log.child({ pass_id: passId }) };
  const changes: Change[] = [];
  const id = assignmentId(assignment);
  let doubt = options.doubt ?? false;
  let last: LastSeen = { drift: [] };
  let refused = 0;
  let onlyChecks = false;
  for (let step = 0; step < STEPS_MAX && !options.stopped.aborted; step += 1) {
    const startedMs = deps.clock.elapsedMs();
    const view = await readView(deps, assignment, { ...options, onlyChecks }, doubt);
    if ('unreadable' in view) {
      const mended = await mendedRow(deps, view);
      if (mended === undefined) {
        const drift = [unreadableDrift(assignment, view.unreadable, deps.clock.nowMs())];
        return { assignmentId: id, drift, changes, unreadable: view.unreadable };
      }
      changes.push(mended);
      continue;
    }
    const plan = planChanges({ views: [view], nowMs: deps.clock.nowMs(), policy: deps.policy });
    const inference = plan.inferences[0];
    last = lastSeen(view, plan);
    const change = (await letThrough(inference, options)) ?? plan.changes[0];
    if (change === undefined) {
      if (!(await followed(deps, view.ledger, options))) break;
      continue;
    }
    // Whether or not its recording is answered: what ended at AWS must not keep its account from the next operation.
    freeSlot(deps, view.ledger, change);
    const applied = await applyInTurn(deps, { change, view, startedMs }).catch((error: unknown) => {
      // A request's row that cannot take what is observed must not keep its access: the claim does without it, once.
      if (change.call !== 'DELETE' || onlyChecks || !(error instanceof StoreError)) throw error;
      onlyChecks = true;
      return { kind: 'refused' } as const;
    });
    if (applied.kind === 'not leading') break;
    // Somebody else wrote: look again. Refused again and again it is no race, and the next tick is soon enough.
    refused = applied.kind === 'refused' ? refused + 1 : 0;
    if (refused >= REFUSED_MAX) break;
    if (applied.kind === 'written') {
      changes.push(change);
      logChange(deps.log, view.ledger, change);
      // A list was wanted to judge the row at rest. It has been judged; what follows asks for itself.
      if (view.live.list !== undefined) doubt = false;
    }
  }
  return { assignmentId: id, changes, ...last };
}

type LastSeen = Pick<Converged, 'drift' | 'inference' | 'sighting' | 'unreadable'>;

function lastSeen({ ledger, live }: AssignmentView, plan: Plan): LastSeen {
  const [inference] = plan.inferences;
  return {
    drift: plan.drift,
    ...(typeof live.list === 'object' ? { unreadable: live.list.unreadable } : {}),
    ...(inference === undefined ? {} : { inference }),
    ...(ledger.sighting === undefined ? {} : { sighting: ledger.sighting }),
  };
}

async function readView(
  deps: ConvergeDeps,
  assignment: Assignment,
  options: ConvergeOptions & { readonly onlyChecks: boolean },
  doubt: boolean,
): Promise<AssignmentView | UnreadableLedger> {
  const nowMs = deps.clock.nowMs();
  const desired = await readDesired(deps.store, assignment, { requestIds: options.requestIds ?? [], nowMs });
  if ('unreadable' in desired) return desired;
  const priority = lookPriority(deps, desired, nowMs);
  const live = await lookAtLive(deps.live, desired, { nowMs, wantList: doubt, priority });
  const explainedBy =
    live.list === 'present' ? await explainOrphan(deps.store, desired, deps.policy) : undefined;
  return {
    ...desired,
    live,
    ...(explainedBy === undefined ? {} : { explainedBy }),
    firstSweep:
      options.firstSweep === true ||
      (live.list === 'present' &&
        desired.ledger.sighting === undefined &&
        (await isFirstLook(deps.store, deps.policy, assignment))),
    sessionMs: await sessionMs(deps, desired.ledger, live, priority),
    jitter: deps.random(),
    onlyChecks: options.onlyChecks,
  };
}

/** What was done about a row that cannot be understood; undefined where it stays as it is, for now or for a person. */
async function mendedRow(
  deps: ConvergeDeps,
  { unreadable, mend }: UnreadableLedger,
): Promise<Change | undefined> {
  if (mend === undefined) return undefined;
  const change = mendLedger(mend.salvaged, mend.audited, deps.clock.nowMs());
  const applied = await applyChange(deps, change);
  if (applied.kind !== 'written') return undefined;
  deps.log.warn('a row of the ledger could not be understood, and was mended', {
    assignment_id: change.assignmentId,
    why: unreadable,
  });
  return change;
}

/** How long sessions last is only asked for when it is about to be said. */
async function sessionMs(
  deps: ConvergeDeps,
  ledger: Ledger,
  live: AssignmentView['live'],
  priority: Priority,
): Promise<number> {
  if (ledger.stage !== 'DELETED' || live.list !== 'absent') return 0;
  return deps.live.sessionDurationMs(ledger.assignment.permissionSetArn, priority);
}

/** Following and proving inherit the priority of what they follow. */
function lookPriority(deps: ConvergeDeps, desired: Desired, nowMs: number): Priority {
  const { ledger } = desired;
  const view: AssignmentView = { ...desired, live: {}, sessionMs: 0, jitter: 0 };
  if (ledger.stage === 'CREATING' || ledger.stage === 'CREATED') return 'grant';
  if (ledger.stage === 'REST') return standingsOf(desired, nowMs).granted.length > 0 ? 'sweep' : 'orphan';
  if (ledger.ending === 'inferred') return 'orphan';
  if (ledger.ending === 'released') return 'person';
  return endingPriority(ledgerFacts(view, nowMs, deps.policy));
}

async function letThrough(
  inference: Inference | undefined,
  { countInference }: ConvergeOptions,
): Promise<Change | undefined> {
  if (inference === undefined || countInference === undefined) return undefined;
  const counted = await countInference(inference);
  if (counted === undefined) return undefined;
  return { ...inference.change, writes: [...inference.change.writes, counted] };
}

/**
 * A change with a call waits for its turn first and is claimed afterwards, so that whoever is approved while it waits
 * is not too late. After a wait it is planned again from rows read then.
 */
async function applyInTurn(
  deps: ConvergeDeps,
  planned: { readonly change: Change; readonly view: AssignmentView; readonly startedMs: number },
): Promise<Applied> {
  const { change, view } = planned;
  if (change.call === undefined) return applyChange(deps, change);
  const { assignment_id: key, assignment } = view.ledger;
  const operation = { key, accountId: assignment.accountId, priority: change.priority };
  const turn = await deps.slots.operate(operation, async () => {
    const isOld = deps.clock.elapsedMs() - planned.startedMs > FIRST_WAIT_MAX_MS;
    const applied: Applied =
      isOld && !(await isStillPlanned(deps, planned)) ? { kind: 'refused' } : await applyChange(deps, change);
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
async function isStillPlanned(
  deps: ConvergeDeps,
  { change, view }: { readonly change: Change; readonly view: AssignmentView },
): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const requestIds = [...view.requests.keys()];
  const desired = await readDesired(deps.store, view.ledger.assignment, { requestIds, nowMs });
  if ('unreadable' in desired || desired.ledger.version !== view.ledger.version) return false;
  const plan = planChanges({ views: [{ ...view, ...desired }], nowMs, policy: deps.policy });
  return [...plan.changes, ...plan.inferences.map((inference) => inference.change)].some(
    (again) => again.rule === change.rule && again.requestIds.join() === change.requestIds.join(),
  );
}

/** A verdict came, or nobody waits for one any longer: the next operation on the account may begin. */
function freeSlot(deps: ConvergeDeps, before: Ledger, { next }: Change): void {
  const id = before.op?.id;
  // A change of a request's own row leaves the operation as it is.
  if (id !== undefined && next !== undefined && next.op?.id !== id) deps.slots.finish(before.assignment_id);
}

/** Sleeps until the row is due, where that is soon; answers whether to look again. */
async function followed(deps: ConvergeDeps, ledger: Ledger, options: ConvergeOptions): Promise<boolean> {
  if (ledger.due_at === undefined || ledger.stage === 'REST') return false;
  const waitMs = ledger.due_at - deps.clock.nowMs();
  if (waitMs > options.followMaxMs || options.stopped.aborted) return false;
  await deps.clock.sleep(Math.max(1, waitMs), options.woken());
  return !options.stopped.aborted;
}
