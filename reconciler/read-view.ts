// Everything that a decision about one assignment may know, read in the order that makes it sound: what is desired first,
// then AWS, and what may explain what is live.

import type { Assignment } from '../src/assignment.ts';
import { type AssignmentView, standingsOf } from '../src/assignment-view.ts';
import { endingPriority, ledgerFacts } from '../src/ledger-facts.ts';
import type { Priority } from '../src/priority.ts';
import { StoreError } from '../src/store-error.ts';
import type { ConvergeOptions } from './converge-assignment.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import { explainOrphan } from './explain-orphan.ts';
import { isFirstLook } from './first-look.ts';
import { lookAtLive } from './look-at-live.ts';
import { type Desired, readDesired, type UnreadableLedger } from './read-desired.ts';

/** `doubt`: AWS is looked at even where the row is at rest. Throws StoreError where the ledger's row cannot be read. */
export async function readView(
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
  const live = isOfNoUse(options, desired, nowMs)
    ? {}
    : await lookAtLive(deps.live, desired, { nowMs, wantList: doubt, priority });
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

/** Without a lease nothing but endings is made: a row at rest that has none would be looked at with every tick, for nothing. */
function isOfNoUse({ onlyEndings }: ConvergeOptions, desired: Desired, nowMs: number): boolean {
  if (onlyEndings !== true || desired.ledger.stage !== 'REST') return false;
  return standingsOf(desired, nowMs).ended.length === 0;
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
  try {
    const sightLost = await deps.watchSight();
    return sightLost === undefined ? {} : { sightLost };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { sightLost: error.message };
  }
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
