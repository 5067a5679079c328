// The endings that nobody stated, judged together when a sweep is complete: the guard decides, the brake is written
// before anything goes, what is withheld is published with its digest, and what is allowed is claimed one by one.

import { SYSTEM, subjectEvent } from '../src/audit-event.ts';
import {
  BRAKE_KEY,
  type Brake,
  brakeWrite,
  cleared,
  countedClaim,
  parseBrakeRow,
  tripped,
} from '../src/brake.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import { type WithheldItem, withheldDigest } from '../src/drift.ts';
import { type BrakeLimits, type Guarded, guard } from '../src/guard.ts';
import type { Log } from '../src/log.ts';
import type { Inference } from '../src/plan.ts';
import type { Store, Write } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { LEASE_KEY } from './leader.ts';
import { publishList } from './publish-list.ts';
import { type SweepResult, sweepFacts } from './sweep.ts';

export type JudgeDeps = {
  readonly store: Store;
  readonly clock: WallClock;
  readonly limits: BrakeLimits;
  readonly clockState: () => ClockState;
  /** Of the lease under which the sweep was made. */
  readonly epoch: number;
  /** Looks again at an assignment, and claims its ending if that still stands and is counted. */
  readonly claim: (inference: Inference, count: () => Promise<Write | undefined>) => Promise<unknown>;
  readonly log: Log;
};

/** Answers what is withheld now. */
export async function judgeInferences(
  deps: JudgeDeps,
  result: SweepResult,
): Promise<readonly WithheldItem[]> {
  const brake = await readBrake(deps.store);
  const guarded = guard({
    inferences: result.inferences,
    sweep: sweepFacts(result),
    brake,
    limits: deps.limits,
    nowMs: deps.clock.nowMs(),
    clockIsWrong: deps.clockState().isWrong,
  });
  await moveBrake(deps, brake, guarded);
  await publishWithheld(deps, guarded.withheld);
  const byId = new Map(result.inferences.map((inference) => [inference.change.assignmentId, inference]));
  for (const id of guarded.allowed) {
    const inference = byId.get(id);
    if (inference !== undefined) await deps.claim(inference, () => countClaim(deps));
  }
  return guarded.withheld;
}

export async function readBrake(store: Pick<Store, 'get'>): Promise<Brake> {
  return parseBrakeRow(await store.get('control', BRAKE_KEY));
}

/** Each claim raises the brake's count in its own transaction, on the condition that nobody tripped it meanwhile. */
async function countClaim({ store, clock }: JudgeDeps): Promise<Write | undefined> {
  return countedClaim(await readBrake(store), clock.nowMs());
}

/**
 * A leader that stood still in the middle of its sweep saw nothing of what its successor sighted and withholds since. Its
 * own clocks may not tell it, but the lease does.
 */
function stillLeading(epoch: number): Write {
  return { kind: 'check', table: 'control', key: LEASE_KEY, onlyIf: [{ attribute: 'epoch', is: epoch }] };
}

async function moveBrake(deps: JudgeDeps, brake: Brake, guarded: Guarded): Promise<void> {
  const nowMs = deps.clock.nowMs();
  if (guarded.brake.kind === 'clears') {
    const written = await deps.store.transact([cleared(brake), stillLeading(deps.epoch)]);
    if (written.outcome === 'written')
      deps.log.info('the brake is released: nothing is withheld by it any more');
  }
  if (guarded.brake.kind !== 'trips') return;
  const { reason } = guarded.brake;
  const event = subjectEvent({
    subject: 'control#brake',
    version: brake.version + 1,
    type: 'WITHHELD',
    actor: SYSTEM,
    details: { reason, withheld: String(guarded.withheld.length) },
    nowMs,
  });
  const written = await deps.store.transact([tripped(brake, reason, nowMs), event]);
  if (written.outcome === 'written')
    deps.log.error('the brake has tripped: no unexplained access is removed until a person releases it', {
      reason,
    });
}

async function publishWithheld(
  { store, clock }: JudgeDeps,
  withheld: readonly WithheldItem[],
): Promise<void> {
  const head = withheld.length === 0 ? {} : { digest: withheldDigest(withheld) };
  await publishList(store, { name: 'withheld', mode: 'enforce', nowMs: clock.nowMs() }, head, withheld);
}

/** The brake remembers which digest was released last, by which pass: a release is good once. */
export function releasedBrake(brake: Brake, digest: string, passId: string, nowMs: number): Write {
  return brakeWrite(brake, {
    ...brake,
    released_digest: digest,
    released_by_pass: passId,
    released_at: toTimestamp(nowMs),
  });
}
