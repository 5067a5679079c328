// Makes one assignment match, step by step: read desired, look at live, plan, apply, prove, until nothing is left to do
// now. It follows its own operation for as long as that is quick; what takes longer is found again by when it is due.

import type { Assignment } from '../src/assignment.ts';
import { assignmentId } from '../src/assignment.ts';
import { type AssignmentView, standingsOf } from '../src/assignment-view.ts';
import type { DriftItem } from '../src/drift.ts';
import { putOffDrift, unreadableDrift } from '../src/drift-of.ts';
import type { Ledger, Sighting } from '../src/ledger.ts';
import { endingPriority, ledgerFacts } from '../src/ledger-facts.ts';
import { mendLedger } from '../src/mend-ledger.ts';
import { type Change, type Inference, type Plan, planChanges } from '../src/plan.ts';
import type { Priority } from '../src/priority.ts';
import { stepOf } from '../src/step-of.ts';
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
  /** Nobody leads: only the steps of stated endings are made. */
  readonly onlyEndings?: boolean;
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
const REFUSED_BESIDE_MAX = 2;
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
  const refusals = createRefusals();
  for (let step = 0; step < STEPS_MAX && !options.stopped.aborted; step += 1) {
    const startedMs = deps.clock.elapsedMs();
    const view = await readView(deps, assignment, options, doubt);
    if ('unreadable' in view) {
      const mended = await mendedRow(deps, view);
      if (mended === undefined) {
        const drift = [unreadableDrift(assignment, view.unreadable, deps.clock.nowMs())];
        return { assignmentId: id, drift, changes, unreadable: view.unreadable };
      }
      changes.push(mended);
      continue;
    }
    // A row that a hand took names no operation any more: what it had begun must not keep its account for minutes.
    if (view.ledger.op === undefined) deps.slots.finish(id);
    const plan = planChanges({ views: [view], nowMs: deps.clock.nowMs(), policy: deps.policy });
    last = lastSeen(deps, view, plan);
    const change = await chosen(plan, options);
    if (change === undefined) {
      if (!(await followed(deps, view.ledger, options))) break;
      continue;
    }
    // Whether or not its recording is answered: what ended at AWS must not keep its account from the next operation.
    if (isFreed(view.ledger, change)) deps.slots.finish(id);
    const applied = await applyOrPutOff(deps, { change, view, startedMs }, refusals);
    if (applied.kind === 'not leading') break;
    if (applied.kind === 'refused' && refusals.isHopeless()) break;
    if (applied.kind !== 'written') continue;
    changes.push(change);
    logChange(deps.log, view.ledger, change);
    // A list was wanted to judge the row at rest. It has been judged; what follows asks for itself.
    if (view.live.list !== undefined) doubt = false;
  }
  return { assignmentId: id, changes, ...last };
}

/** The one change of the plan that is made now; undefined where none is. */
async function chosen(plan: Plan, options: ConvergeOptions): Promise<Change | undefined> {
  const [stated] = plan.changes;
  if (options.onlyEndings === true) return stated?.ending === true ? stated : undefined;
  return (await letThrough(plan.inferences[0], options)) ?? stated;
}

/**
 * Writes a change, and makes its call. Where it cannot be written, an ending goes on the ledger's row alone, and anything
 * else is put off: a row or a table that takes nothing must keep nobody's access.
 */
async function applyOrPutOff(
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

type Planned = { readonly change: Change; readonly view: AssignmentView; readonly startedMs: number };

type Refusals = {
  /** Counts one; answers whether it is beside the ledger, and no race any more. */
  count(change: Change, failed: readonly number[]): boolean;
  clear(): void;
  /** Refused again and again by the ledger's own row: the next tick is soon enough. */
  isHopeless(): boolean;
};

function createRefusals(): Refusals {
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

type LastSeen = Pick<Converged, 'drift' | 'inference' | 'sighting' | 'unreadable'>;

function lastSeen(deps: ConvergeDeps, view: AssignmentView, plan: Plan): LastSeen {
  const { ledger, live } = view;
  const [inference] = plan.inferences;
  const why = ({ assignmentId: of, rule, requestIds }: Change) =>
    deps.putOff.why(of, stepOf(rule, requestIds));
  const putOff = plan.putOff.map((change) => putOffDrift(view, change, why(change), deps.clock.nowMs()));
  return {
    drift: [...plan.drift, ...putOff],
    ...(typeof live.list === 'object' ? { unreadable: live.list.unreadable } : {}),
    ...(inference === undefined ? {} : { inference }),
    ...(ledger.sighting === undefined ? {} : { sighting: ledger.sighting }),
  };
}

async function readView(
  deps: ConvergeDeps,
  assignment: Assignment,
  options: ConvergeOptions,
  doubt: boolean,
): Promise<AssignmentView | UnreadableLedger> {
  const nowMs = deps.clock.nowMs();
  const { policy } = deps;
  const read = await readDesired(deps.store, assignment, {
    requestIds: options.requestIds ?? [],
    nowMs,
    policy,
  });
  if ('unreadable' in read) return read;
  const desired = { ...read, clockIsWrong: deps.clockState().isWrong };
  const priority = lookPriority(deps, desired, nowMs);
  const live = await lookAtLive(deps.live, desired, { nowMs, wantList: doubt, priority });
  return {
    ...desired,
    live,
    ...(await explained(deps, desired, live, options.firstSweep ?? false)),
    ...(await sightOf(deps, desired, live)),
    sessionMs: await sessionMs(deps, desired, live, { nowMs, priority }),
    jitter: deps.random(),
    putOff: deps.putOff.steps(desired.ledger.assignment_id),
  };
}

/** What may explain live access that no entry speaks for. Where it cannot be read, nothing is inferred. */
async function explained(
  { store, policy }: ConvergeDeps,
  desired: Desired,
  live: AssignmentView['live'],
  firstSweep: boolean,
): Promise<Pick<AssignmentView, 'explainedBy' | 'firstSweep' | 'unread'>> {
  if (live.list !== 'present') return { firstSweep };
  const { ledger } = desired;
  try {
    const explainedBy = await explainOrphan(store, desired, policy);
    const isFirst = ledger.sighting === undefined && (await isFirstLook(store, policy, ledger.assignment));
    return {
      ...(explainedBy === undefined ? {} : { explainedBy }),
      firstSweep: firstSweep || isFirst,
    };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { firstSweep, unread: { ...desired.unread, explained: error.message } };
  }
}

/** Before anything is concluded from two lists without it: are they right about the others? */
async function sightOf(
  deps: ConvergeDeps,
  { ledger }: Desired,
  live: AssignmentView['live'],
): Promise<Pick<AssignmentView, 'sightLost'>> {
  // Whether it is a grace since the first is for the plan to say, at its own moment: it must not be asked before this.
  if (live.list !== 'absent' || ledger.absent_since === undefined) return {};
  const { assignment } = ledger;
  try {
    const sightLost = await deps.watchSight(assignment);
    return sightLost === undefined ? {} : { sightLost };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { sightLost: error.message };
  }
}

/** What was done about a row that cannot be understood; undefined where it stays as it is, for now or for a person. */
async function mendedRow(
  deps: ConvergeDeps,
  { unreadable, mend }: UnreadableLedger,
): Promise<Change | undefined> {
  if (mend === undefined) return undefined;
  const change = mendLedger(mend.salvaged, mend.audited, deps.clock.nowMs());
  const applied = await applyChange(deps, change).catch((error: unknown) => {
    // Its event is written later: the access must not stay because of it.
    if (!(error instanceof StoreError) || change.alone === undefined) throw error;
    return applyChange(deps, { ...change, ...change.alone });
  });
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
  desired: Desired,
  live: AssignmentView['live'],
  { nowMs, priority }: { readonly nowMs: number; readonly priority: Priority },
): Promise<number> {
  const { ledger } = desired;
  if (live.list !== 'absent') return 0;
  const isEnded = ledger.stage === 'REST' && standingsOf(desired, nowMs).ended.length > 0;
  if (ledger.stage !== 'DELETED' && !isEnded) return 0;
  return deps.live.sessionDurationMs(ledger.assignment.permissionSetArn, priority);
}

/** Following and proving inherit the priority of what they follow. */
function lookPriority(deps: ConvergeDeps, desired: Desired, nowMs: number): Priority {
  const { ledger } = desired;
  const view: AssignmentView = { ...desired, live: {}, sessionMs: 0, jitter: 0 };
  const standings = standingsOf(desired, nowMs);
  if (ledger.stage === 'CREATING' || ledger.stage === 'CREATED') return 'grant';
  if (ledger.stage === 'REST' && standings.ended.length === 0)
    return standings.granted.length > 0 ? 'sweep' : 'orphan';
  if (ledger.ending === 'inferred') return 'orphan';
  if (ledger.ending === 'released') return 'person';
  return endingPriority(ledgerFacts(view, nowMs, deps.policy));
}

async function letThrough(
  inference: Inference | undefined,
  { countInference }: ConvergeOptions,
): Promise<Change | undefined> {
  if (inference === undefined || countInference === undefined) return undefined;
  if (inference.view.clockIsWrong === true) return undefined;
  const counted = await countInference(inference);
  if (counted === undefined) return undefined;
  return { ...inference.change, writes: [...inference.change.writes, counted] };
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

/** A verdict came, or nobody waits for one any longer: the next operation on the account may begin. */
function isFreed(before: Ledger, { next }: Change): boolean {
  const id = before.op?.id;
  // A change of a request's own row leaves the operation as it is.
  return id !== undefined && next !== undefined && next.op?.id !== id;
}

/** Sleeps until the row is due, where that is soon; answers whether to look again. */
async function followed(deps: ConvergeDeps, ledger: Ledger, options: ConvergeOptions): Promise<boolean> {
  if (ledger.due_at === undefined || ledger.stage === 'REST') return false;
  const waitMs = ledger.due_at - deps.clock.nowMs();
  if (waitMs > options.followMaxMs || options.stopped.aborted) return false;
  await deps.clock.sleep(Math.max(1, waitMs), options.woken());
  return !options.stopped.aborted;
}
