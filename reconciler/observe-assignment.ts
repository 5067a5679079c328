// Looks at one assignment the way the loop does, and stops where the loop would act. What was seen goes into memory in
// the place of the ledger. It holds nothing that can write.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { AssignmentView } from '../src/assignment-view.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { DriftItem } from '../src/drift.ts';
import { type Change, type Plan, planChanges } from '../src/plan.ts';
import type { Policy } from '../src/policy.ts';
import type { Converged } from './converge-assignment.ts';
import { explainOrphan } from './explain-orphan.ts';
import type { LiveReader } from './identity-center.ts';
import { lookAtLive } from './look-at-live.ts';
import type { ObservedTables } from './observed-tables.ts';
import { readDesired } from './read-desired.ts';

export type ObserveDeps = {
  readonly tables: ObservedTables;
  readonly live: LiveReader;
  readonly clock: WallClock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
};

export type ObserveOptions = {
  readonly requestIds?: readonly string[];
  readonly doubt?: boolean;
  readonly firstSweep?: boolean;
};

/** Rules that only note what was seen. Any other is a deed, and an observer leaves it at saying so. */
export const NotingRules: ReadonlySet<string> = new Set([
  'rest-sighted',
  'rest-missing',
  'rest-remembered',
  'rest-out-of-scope',
  'rest-idle',
  'creating-runs',
  'created-unseen',
  'deleting-runs',
  'deleting-out-of-scope',
  'deleted-unproved',
]);

// One look leads to one note, and a second at most that says when to look again.
const NOTES_MAX = 4;

export async function observeAssignment(
  deps: ObserveDeps,
  assignment: Assignment,
  options: ObserveOptions,
): Promise<Converged> {
  const id = assignmentId(assignment);
  const read = await readView(deps, assignment, options);
  if ('unreadable' in read) return { assignmentId: id, drift: [], changes: [], unreadable: read.unreadable };
  const { view, plan } = noted(deps, read);
  const inference = plan.inferences[0];
  return {
    assignmentId: id,
    drift: await stillLive(deps, view, withoutGone(view, plan.drift)),
    changes: plan.changes,
    ...(inference === undefined ? {} : { inference }),
    ...(view.ledger.sighting === undefined ? {} : { sighting: view.ledger.sighting }),
  };
}

async function readView(
  deps: ObserveDeps,
  assignment: Assignment,
  options: ObserveOptions,
): Promise<AssignmentView | { readonly unreadable: string }> {
  const nowMs = deps.clock.nowMs();
  const { reader } = deps.tables;
  const read = await readDesired(reader, assignment, {
    requestIds: options.requestIds ?? [],
    nowMs,
    policy: deps.policy,
  });
  if ('unreadable' in read) return read;
  const desired = { ...read, clockIsWrong: deps.clockState().isWrong };
  const wantList = options.doubt ?? false;
  const live = await lookAtLive(deps.live, desired, { nowMs, wantList, priority: 'sweep' });
  const explainedBy = live.list === 'present' ? await explainOrphan(reader, desired, deps.policy) : undefined;
  return {
    ...desired,
    live,
    ...(explainedBy === undefined ? {} : { explainedBy }),
    firstSweep: options.firstSweep ?? false,
    sessionMs: 0,
    jitter: 0,
  };
}

/** Remembers what only notes, and plans again on it, until a deed or nothing is left. */
function noted(deps: ObserveDeps, read: AssignmentView): { view: AssignmentView; plan: Plan } {
  let view = read;
  for (let notes = 0; ; notes += 1) {
    const plan = planChanges({ views: [view], nowMs: deps.clock.nowMs(), policy: deps.policy });
    // Dropping a row that lies in memory only is forgetting; one of the table is left alone.
    if (plan.changes[0]?.rule === 'rest-forget') deps.tables.forget(view.ledger.assignment_id);
    const next = notes < NOTES_MAX ? noteOf(plan.changes[0]) : undefined;
    if (next === undefined) return { view, plan };
    deps.tables.remember(next.writes);
    view = { ...view, ledger: next.ledger };
  }
}

function noteOf(change: Change | undefined) {
  if (change?.next === undefined || !NotingRules.has(change.rule)) return undefined;
  const { writes, next: ledger } = change;
  return { writes: writes.filter(({ table }) => table === 'assignments'), ledger };
}

/** What was seen gone is no difference any more, though nobody wrote that down. */
function withoutGone({ live }: AssignmentView, drift: readonly DriftItem[]): readonly DriftItem[] {
  return live.list === 'absent' ? drift.filter(({ kind }) => kind !== 'orphaned') : drift;
}

/**
 * Nobody carries out the ending while we watch, so it is for AWS to say whether the access is still there: another hand
 * may have removed it long ago. What cannot be read counts as live.
 */
async function stillLive(
  deps: ObserveDeps,
  { ledger, live }: AssignmentView,
  drift: readonly DriftItem[],
): Promise<readonly DriftItem[]> {
  const isEnding = ({ kind }: DriftItem) => kind === 'expired' || kind === 'revoked';
  if (ledger.stage !== 'REST' || live.list !== undefined || !drift.some(isEnding)) return drift;
  const list = await deps.live.listPair(ledger.assignment, 'sweep');
  if (list.kind === 'unreadable') return drift;
  const { principalId } = ledger.assignment;
  const isListed = list.principals.some(
    (principal) => principal.principalType === 'USER' && principal.principalId === principalId,
  );
  if (isListed) return drift;
  deps.tables.forget(ledger.assignment_id);
  return drift.filter((item) => !isEnding(item) && item.kind !== 'stuck');
}
