// One whole sweep of an observer: the same look at everything, the same guard, and then words in the place of deeds.

import type { Assignment } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import { type DriftItem, type WithheldItem, withheldDigest } from '../src/drift.ts';
import { type BrakeLimits, guard } from '../src/guard.ts';
import type { Log } from '../src/log.ts';
import { scopeFingerprint } from '../src/managed-scope.ts';
import type { Policy } from '../src/policy.ts';
import { type CoverageHead, publishedKey } from '../src/published-state.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import { unreadDrift } from '../src/unread-drift.ts';
import type { Converged } from './converge-assignment.ts';
import type { LiveReader } from './identity-center.ts';
import { readBrake } from './judge-inferences.ts';
import type { ObserveOptions } from './observe-assignment.ts';
import type { ObserveWriter } from './observe-writer.ts';
import type { ObserverMemory } from './observer-memory.ts';
import { publishList } from './publish-list.ts';
import { type SweepReads, type SweepResult, sweepFacts, sweepNoting } from './sweep.ts';

export type ObserveSweepDeps = {
  readonly memory: ObserverMemory;
  readonly publisher: ObserveWriter;
  readonly live: LiveReader;
  readonly clock: WallClock;
  readonly policy: Policy;
  readonly limits: BrakeLimits;
  readonly clockState: () => ClockState;
  readonly look: (assignment: Assignment, options: ObserveOptions) => Promise<Converged | undefined>;
  readonly goesOn: () => boolean;
  readonly onUnreadSet: SweepReads['onUnreadSet'];
  readonly log: Log;
};

/** So many assignments that would be removed are named beside their number. */
const NAMED_MAX = 100;

/** Looks at everything and publishes what differs; undefined when it was interrupted. */
export async function observeSweep(deps: ObserveSweepDeps): Promise<SweepResult | undefined> {
  const { memory } = deps;
  const result = await sweepNoting(
    {
      ...deps,
      store: memory.tables.reader,
      look: (assignment, options) => deps.look(assignment, { ...options, doubt: true }),
      completedFingerprint: async () => memory.fingerprint ?? (await enforcedFingerprint(deps)),
      mayAct: deps.goesOn,
    },
    memory.notes,
  );
  if (result === undefined) return undefined;
  const judged = await judge(deps, result);
  memory.withheld = judged.withheld;
  memory.fingerprint = scopeFingerprint(deps.policy.scope);
  memory.lastSweepMs = result.finishedMs;
  memory.board.putForeign(result.foreign);
  memory.board.putUnread(unreadDrift(result.progress.unread, memory.board.items(), result.finishedMs));
  memory.board.putWithheld(judged.withheld);
  memory.tables.prune();
  await publishDrift(deps, memory.board.items());
  await publishCoverage(deps, result);
  await publishWithheld(deps, judged);
  return result;
}

/** Beside an enforcing controller that has swept under this scope, nothing new would wait as part of a first sweep. */
async function enforcedFingerprint({ memory }: ObserveSweepDeps): Promise<string | undefined> {
  const head = await memory.tables.reader.get('control', publishedKey('coverage', 'enforce'));
  return typeof head?.fingerprint === 'string' ? head.fingerprint : undefined;
}

type Judged = { readonly withheld: readonly WithheldItem[]; readonly allowed: readonly string[] };

/** What the guard would say. A brake that would have tripped stays so in memory, as it would in its row. */
async function judge(
  { memory, limits, clock, clockState }: ObserveSweepDeps,
  result: SweepResult,
): Promise<Judged> {
  const brake = await readBrake(memory.tables.reader);
  const tripped = memory.trippedBecause !== undefined;
  const guarded = guard({
    inferences: result.inferences,
    sweep: sweepFacts(result),
    brake: tripped ? { ...brake, tripped, reason: memory.trippedBecause } : brake,
    limits,
    nowMs: clock.nowMs(),
    clockIsWrong: clockState().isWrong,
  });
  if (guarded.brake.kind === 'trips') memory.trippedBecause = guarded.brake.reason;
  if (guarded.brake.kind === 'clears') memory.trippedBecause = undefined;
  return guarded;
}

async function publishDrift(
  { publisher, clock }: ObserveSweepDeps,
  drift: readonly DriftItem[],
): Promise<void> {
  const nowMs = clock.nowMs();
  const head = { published_at: toTimestamp(nowMs) };
  await publishList(publisher, { name: 'drift', mode: 'observe', nowMs }, head, drift);
}

async function publishCoverage(
  { publisher, policy }: ObserveSweepDeps,
  { progress, finishedMs: nowMs }: SweepResult,
): Promise<void> {
  const head: CoverageHead & { fingerprint: string } = {
    completed_at: toTimestamp(nowMs),
    started_at: progress.started_at,
    duration_seconds: Math.max(0, (nowMs - (parseTimestamp(progress.started_at) ?? nowMs)) / 1000),
    pairs: progress.pairs,
    live: progress.live,
    unread: progress.unread.length,
    fingerprint: scopeFingerprint(policy.scope),
  };
  await publishList(publisher, { name: 'coverage', mode: 'observe', nowMs }, head, progress.unread);
}

async function publishWithheld({ publisher, clock, log }: ObserveSweepDeps, judged: Judged): Promise<void> {
  const { withheld, allowed } = judged;
  const head = {
    ...(withheld.length === 0 ? {} : { digest: withheldDigest(withheld) }),
    would_remove: allowed.length,
    would_remove_first: allowed.slice(0, NAMED_MAX),
  };
  await publishList(publisher, { name: 'withheld', mode: 'observe', nowMs: clock.nowMs() }, head, withheld);
  if (allowed.length > 0)
    log.info('unexplained access would be removed by a controller that enforces', { count: allowed.length });
}
