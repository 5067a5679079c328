// What a leader holds while it leads, made anew with every lease: its door to Identity Center, what it was told, what it
// knows, and the assignments it works on. The parts of the loop are functions of it.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { Brake } from '../src/brake.ts';
import { failedDrift } from '../src/drift-of.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { UnreadPair } from '../src/published-state.ts';
import { isCanaryRequest } from '../src/request.ts';
import { inSpan } from '../src/trace.ts';
import { type AssignmentWork, createAssignmentWork } from './assignment-work.ts';
import { withBoundedReads } from './bounded-reads.ts';
import { type Converged, convergeAssignment } from './converge-assignment.ts';
import type { ConvergeDeps } from './converge-deps.ts';
import { countChanges } from './count-changes.ts';
import type { OutboxState } from './deliver-notifications.ts';
import { createDriftBoard, type DriftBoard } from './drift-board.ts';
import { createHeard, type Heard } from './heard.ts';
import { createHotRounds, type HotRounds } from './hot-rounds.ts';
import { changesInTurn, liveInTurn, storeInTurn } from './ports-in-turn.ts';
import { createPutOff } from './put-off.ts';
import type { IdentityCenter, ReconcilerDeps } from './run-forever.ts';
import { tellUnreadSets } from './tell-unread-sets.ts';
import type { Turn } from './turn.ts';
import { createWatchSight } from './watch-sight.ts';

export type Lease = { readonly epoch: number; readonly mayAct: () => boolean };

/** The loops that something may ask to run at once. */
export type Pokes = { tick(): void; sweep(): void; deliver(): void; runPasses(): void };

/** What the leader remembers for itself. Losing it loses time, and nothing else. */
export type LeaderMemory = {
  outbox: OutboxState;
  /** As it was read last, for telling people; undefined when it is to be read again. */
  brake: Brake | undefined;
  lastPass: { readonly finishedMs: number; readonly durationMs: number } | undefined;
  lastSweepMs: number | undefined;
  /** Old requests that are still to be taken over; undefined while the tables were not read whole. */
  leftOver: readonly string[] | undefined;
  /** On the monotonic clock: when what is seldom due was read, and when the status was published. */
  rareMs: number;
  statusMs: number;
  nudgesVersion: number;
  /** How many passes its loops have begun. */
  passes: number;
  /** The passes in the row of the nudges that were heard. */
  passesHeard: ReadonlySet<string>;
};

export type Leadership = ReconcilerDeps & {
  readonly epoch: number;
  readonly mayAct: () => boolean;
  /** Aborted when this leadership ends. */
  readonly ended: AbortSignal;
  readonly log: Log;
  readonly aws: IdentityCenter;
  readonly live: IdentityCenter['live'];
  readonly raise: IdentityCenter['slots']['raise'];
  readonly board: DriftBoard;
  readonly heard: Heard;
  readonly work: AssignmentWork;
  /** Whether a claim, its call to AWS or the recording of its answer is on its way. */
  readonly isChanging: () => boolean;
  /** A closer look at one assignment, whatever its row says. */
  readonly look: (assignment: Assignment) => Promise<Converged | undefined>;
  readonly poke: Pokes;
  /** What a long sweep lists more often. */
  readonly hot: HotRounds;
  readonly onUnreadSet: (unread: UnreadPair) => void;
  /** The passes that are under way, by id. */
  readonly passes: Map<string, Promise<void>>;
  readonly memory: LeaderMemory;
};

/** After an outage thousands of assignments may be due at once. */
export const READS_AT_ONCE = 32;

export function takeLeadership(
  deps: ReconcilerDeps,
  lease: Lease,
  poke: Pokes,
  ended: AbortSignal,
): Leadership {
  const aws = deps.openIdentityCenter();
  const board = createDriftBoard(deps.clock);
  const log = deps.log.child({ epoch: lease.epoch });
  const mayAct = () => !ended.aborted && lease.mayAct();
  const changes = countChanges(aws.slots);
  const store = withBoundedReads(deps.store, READS_AT_ONCE);
  const putOff = createPutOff(deps);
  const watchSight = createWatchSight({ ...deps, live: aws.live, store });
  const converge = { ...deps, ...aws, slots: changes.slots, store, putOff, watchSight, mayAct, log };
  const work = createAssignmentWork({
    converge: (assignment, options, turn) =>
      inSpan('converge', { 'jit.assignment_id': assignmentId(assignment), ...ofPass(options.passId) }, () =>
        convergeAssignment(inConvergeTurn(converge, turn), assignment, options),
      ),
    followMaxMs: deps.tickIntervalMs,
    onConverged: (converged) => {
      board.put(converged.assignmentId, converged.drift);
      if (wroteToOutbox(converged)) poke.deliver();
      observeDurations(deps, converged);
    },
    onFailed: (assignment, cause) => board.putFailure(failedDrift(assignment, cause, deps.clock.nowMs())),
    clock: deps.clock,
    log,
  });
  aws.whenEnded((id) => work.wake(id));
  return {
    ...deps,
    epoch: lease.epoch,
    mayAct,
    ended,
    log,
    aws,
    live: aws.live,
    raise: aws.slots.raise,
    board,
    heard: createHeard(),
    work,
    isChanging: changes.isChanging,
    look: (assignment) => work.begin(assignment, { doubt: true }),
    poke,
    hot: createHotRounds({ ...deps, log }),
    onUnreadSet: tellUnreadSets(log),
    passes: new Map(),
    memory: nothingYet(),
  };
}

/** One run of an assignment: abandoned, it reads nothing, claims nothing and calls nothing any more. */
export function inConvergeTurn(
  deps: ConvergeDeps & Pick<IdentityCenter, 'isQueued'>,
  turn: Turn,
): ConvergeDeps {
  return {
    ...deps,
    ...changesInTurn(deps, turn),
    store: storeInTurn(deps.store, turn),
    live: liveInTurn(deps, turn),
    mayAct: () => !turn.isAbandoned() && deps.mayAct(),
  };
}

function nothingYet(): LeaderMemory {
  return {
    outbox: { pending: 0, oldestSeconds: 0 },
    brake: undefined,
    lastPass: undefined,
    lastSweepMs: undefined,
    leftOver: undefined,
    rareMs: Number.NEGATIVE_INFINITY,
    statusMs: Number.NEGATIVE_INFINITY,
    nudgesVersion: -1,
    passes: 0,
    passesHeard: new Set(),
  };
}

function wroteToOutbox({ changes }: Converged): boolean {
  return changes.some(({ writes }) => writes.some(({ table }) => table === 'outbox'));
}

/** How long endings and grants took, from the changes that completed them. */
function observeDurations({ metrics }: Pick<ReconcilerDeps, 'metrics'>, converged: Converged): void {
  for (const { measured, requestIds } of converged.changes) {
    if (measured === undefined) continue;
    const seconds = measured.durationMs / 1000;
    // Its own quick endings, by the day, would hide the slow ones of people.
    if (requestIds.length > 0 && requestIds.every(isCanaryRequest))
      showCanary(metrics, measured.what, seconds);
    else if (measured.what === 'grant') metrics.grantSeconds.observe(seconds);
    else metrics.revocationSeconds.observe({ reason: measured.what }, seconds);
  }
}

function showCanary(metrics: Metrics, what: string, seconds: number): void {
  if (what === 'grant') metrics.canaryGrantSeconds.set(seconds);
  else metrics.canaryRevocationSeconds.set(seconds);
}

function ofPass(passId: string | undefined): Record<string, string> {
  return passId === undefined ? {} : { 'jit.pass_id': passId };
}
