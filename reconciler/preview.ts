// What would be done now, without a writer: it can hold nothing but readers, so it cannot write by accident. The same
// code serves `GET /plan`, dry runs and observe mode.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { AssignmentView } from '../src/assignment-view.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { DriftItem } from '../src/drift.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import type { PassScope } from '../src/pass.ts';
import { type Plan, planChanges } from '../src/plan.ts';
import type { Policy } from '../src/policy.ts';
import { assignmentOf, parseRequestRow, requestKey } from '../src/request.ts';
import { type StoreReader, scanAll } from '../src/store.ts';
import { findWork } from './find-work.ts';
import type { LiveReader } from './identity-center.ts';
import { lookAtLive } from './look-at-live.ts';
import { readDesired } from './read-desired.ts';

export type PreviewDeps = {
  readonly store: StoreReader;
  readonly live: LiveReader;
  readonly clock: WallClock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
};

export type Preview = {
  readonly plan: Plan;
  readonly unread: readonly string[];
  /** How many assignments were not looked at because there were too many. */
  readonly left: number;
};

const ASSIGNMENTS_MAX = 500;

/** The plan for a scope: without one, everything that is due. */
export async function previewScope(deps: PreviewDeps, scope: PassScope): Promise<Preview> {
  const assignments = await assignmentsInScope(deps, scope);
  return previewAssignments(deps, assignments, {
    doubt: Object.values(scope).some((id) => id !== undefined),
  });
}

export async function previewAssignments(
  deps: PreviewDeps,
  assignments: readonly Assignment[],
  options: { readonly doubt: boolean },
): Promise<Preview> {
  const views: AssignmentView[] = [];
  const unread: string[] = [];
  for (const assignment of assignments.slice(0, ASSIGNMENTS_MAX)) {
    const view = await previewView(deps, assignment, options.doubt);
    if ('unreadable' in view) unread.push(`${assignmentId(assignment)}: ${view.unreadable}`);
    else views.push(view);
    const list = 'unreadable' in view ? undefined : view.live.list;
    if (typeof list === 'object') unread.push(`${assignmentId(assignment)}: ${list.unreadable}`);
  }
  const plan = planChanges({ views, nowMs: deps.clock.nowMs(), policy: deps.policy });
  return { plan, unread, left: Math.max(0, assignments.length - ASSIGNMENTS_MAX) };
}

async function previewView(
  deps: PreviewDeps,
  assignment: Assignment,
  doubt: boolean,
): Promise<AssignmentView | { readonly unreadable: string }> {
  const nowMs = deps.clock.nowMs();
  const read = await readDesired(deps.store, assignment, { requestIds: [], nowMs, policy: deps.policy });
  if ('unreadable' in read) return read;
  const desired = { ...read, clockIsWrong: deps.clockState().isWrong };
  const live = await lookAtLive(deps.live, desired, { nowMs, wantList: doubt, priority: 'sweep' });
  return { ...desired, live, sessionMs: 0, jitter: 0 };
}

/** The assignments that a scope is about. */
export async function assignmentsInScope(
  deps: Pick<PreviewDeps, 'store' | 'live' | 'clock' | 'policy'>,
  scope: PassScope,
): Promise<readonly Assignment[]> {
  if (scope.request_id !== undefined) return ofRequest(deps, scope.request_id);
  if (scope.account_id === undefined && scope.principal_id === undefined) return everythingDue(deps);
  const found = new Map<string, Assignment>();
  for await (const { assignment } of ledgers(deps.store)) {
    const inAccount = scope.account_id === undefined || assignment.accountId === scope.account_id;
    const ofPrincipal = scope.principal_id === undefined || assignment.principalId === scope.principal_id;
    if (inAccount && ofPrincipal) found.set(assignmentId(assignment), assignment);
  }
  for (const assignment of await liveInScope(deps, scope)) found.set(assignmentId(assignment), assignment);
  return [...found.values()];
}

async function ofRequest(
  { store, policy }: Pick<PreviewDeps, 'store' | 'policy'>,
  requestId: string,
): Promise<readonly Assignment[]> {
  const row = await store.get('requests', requestKey(requestId));
  const request = row === undefined ? undefined : parseRequestRow(row);
  if (request === undefined) return [];
  const named = {
    ...request,
    permission_set_arn: request.permission_set_arn ?? policy.defaultPermissionSetArn,
  };
  const assignment = assignmentOf(named);
  return assignment === undefined ? [] : [assignment];
}

async function everythingDue({ store, clock, policy }: Pick<PreviewDeps, 'store' | 'clock' | 'policy'>) {
  const { defaultPermissionSetArn } = policy;
  const found = await findWork(store, {
    nowMs: clock.nowMs(),
    requestIds: [],
    rare: true,
    defaultPermissionSetArn,
  });
  // A plan of half of what is due would be taken for the whole.
  const [unread] = found.unread;
  if (unread !== undefined) throw unread;
  return found.assignments.map(({ assignment }) => assignment);
}

async function* ledgers(store: StoreReader): AsyncGenerator<Ledger> {
  for await (const row of scanAll(store, 'assignments')) {
    const ledger = parseLedgerRow(row);
    if (!isMalformedLedger(ledger)) yield ledger;
  }
}

/** What is live in an account's managed sets, or held by a person: it may be in no row of ours. */
async function liveInScope(
  { live, policy }: Pick<PreviewDeps, 'live' | 'policy'>,
  scope: PassScope,
): Promise<readonly Assignment[]> {
  const { account_id: accountId, principal_id: principalId } = scope;
  if (accountId === undefined) {
    const list =
      principalId === undefined ? undefined : await live.listPairsOfPrincipal(principalId, 'person');
    if (list?.kind !== 'listed' || principalId === undefined) return [];
    return list.pairs
      .map((pair) => ({ ...pair, principalId }))
      .filter(({ permissionSetArn }) => policy.scope.permissionSetArns.includes(permissionSetArn));
  }
  const found: Assignment[] = [];
  for (const permissionSetArn of policy.scope.permissionSetArns) {
    const list = await live.listPair({ accountId, permissionSetArn }, 'person');
    if (list.kind === 'unreadable') continue;
    for (const principal of list.principals) {
      if (principal.principalType === 'USER')
        found.push({ accountId, permissionSetArn, principalId: principal.principalId });
    }
  }
  return found;
}

/** What is known already, and what this plan saw anew. */
export function driftOfPreview(plan: Plan, known: readonly DriftItem[]): readonly DriftItem[] {
  const key = (item: DriftItem) => `${item.kind} ${item.assignment_id}`;
  return [...new Map([...known, ...plan.drift].map((item) => [key(item), item])).values()];
}
