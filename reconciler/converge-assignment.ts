// Makes one assignment match, step by step: read desired, look at live, plan, apply, prove, until nothing is left to do
// now. It follows its own operation for as long as that is quick; what takes longer is found again by when it is due.

import type { Assignment } from '../src/assignment.ts';
import { assignmentId } from '../src/assignment.ts';
import type { AssignmentView } from '../src/assignment-view.ts';
import type { DriftItem } from '../src/drift.ts';
import { putOffDrift, unreadableDrift } from '../src/drift-of.ts';
import type { Ledger, Sighting } from '../src/ledger.ts';
import { isUnknownToAws } from '../src/ledger-facts.ts';
import { mendLedger } from '../src/mend-ledger.ts';
import { type Change, type Inference, type Plan, planChanges } from '../src/plan.ts';
import { stepOf } from '../src/step-of.ts';
import type { Write } from '../src/store.ts';
import { StoreError } from '../src/store-error.ts';
import { applyChange } from './apply-change.ts';
import { applyOrPutOff, createRefusals } from './apply-or-put-off.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import { logChange } from './log-change.ts';
import type { UnreadableLedger } from './read-desired.ts';
import { readView } from './read-view.ts';

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
/** A row that has to be mended again and again is typed by somebody, or by a rule that a bound contradicts: the next tick is soon enough. */
const MENDS_MAX = 3;

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
  let mends = 0;
  for (let step = 0; step < STEPS_MAX && !options.stopped.aborted; step += 1) {
    const startedMs = deps.clock.elapsedMs();
    const view = await readView(deps, assignment, options, doubt);
    if ('unreadable' in view) {
      const mended = mends < MENDS_MAX ? await mendedRow(deps, view) : undefined;
      mends += 1;
      if (mended === undefined) {
        const drift = [unreadableDrift(assignment, view.unreadable, deps.clock.nowMs())];
        return { assignmentId: id, drift, changes, unreadable: view.unreadable };
      }
      changes.push(mended);
      continue;
    }
    // A row that a hand took names no operation any more: what it had begun must not keep its account for minutes.
    if (view.ledger.op === undefined || isUnknownToAws(view, deps.clock.nowMs())) deps.slots.finish(id);
    const nowMs = deps.clock.nowMs();
    const plan = planChanges({ views: [view], nowMs, policy: deps.policy });
    last = lastSeen(deps, view, plan);
    const change = await chosen(plan, options);
    if (change === undefined) {
      if (!(await followed(deps, view.ledger, { ...options, plannedMs: nowMs }))) break;
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

/** A verdict came, or nobody waits for one any longer: the next operation on the account may begin. */
function isFreed(before: Ledger, { next }: Change): boolean {
  const id = before.op?.id;
  // A change of a request's own row leaves the operation as it is.
  return id !== undefined && next !== undefined && next.op?.id !== id;
}

/**
 * Sleeps until the row is due, where that is soon; answers whether to look again. Where it was due when it was planned, and
 * nothing could be done, everything that it asks for was put off: looking again at once would use the calls of everybody else.
 */
async function followed(
  deps: ConvergeDeps,
  ledger: Ledger,
  options: ConvergeOptions & { readonly plannedMs: number },
): Promise<boolean> {
  if (ledger.due_at === undefined || ledger.stage === 'REST' || ledger.due_at <= options.plannedMs)
    return false;
  const waitMs = ledger.due_at - deps.clock.nowMs();
  if (waitMs > options.followMaxMs || options.stopped.aborted) return false;
  await deps.clock.sleep(Math.max(1, waitMs), options.woken());
  return !options.stopped.aborted;
}
