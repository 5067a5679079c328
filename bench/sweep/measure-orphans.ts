// Access by another hand, at random times on random pairs: how long until it is sighted, and how long until it is gone.

import { assignmentId } from '../../src/assignment.ts';
import { DORA, HOUR, MINUTE, seededRandom } from '../../test/world.ts';
import { type Rounds, startSweepLeader } from './sweep-leader.ts';
import { chooseSome, createSweepWorld, type Pair, type SweepWorld } from './sweep-world.ts';

export type Found = {
  readonly where: 'with grants' | 'quiet';
  /** From its appearance, milliseconds. */
  readonly sightedMs: number;
  readonly goneMs: number;
};

const LASTING_MS = 1_000 * HOUR;
/** They appear within so long; after that, the last are waited for. */
const APPEARING_MS = 40 * HOUR;
const WAITING_MS = 12 * HOUR;

type Orphan = { readonly id: string; readonly pair: Pair; readonly where: Found['where']; atMs: number };

/** So many of each kind. */
export async function measureOrphans(
  rounds: Rounds,
  { grants, orphans }: { readonly grants: number; readonly orphans: number },
): Promise<readonly Found[]> {
  const gone = new Map<string, number>();
  const sighted = new Map<string, number>();
  const made = await createSweepWorld({
    grants,
    untilMs: LASTING_MS,
    onAssignmentChange: ({ assignment, present, atMs }) =>
      !present && gone.set(assignmentId(assignment), atMs),
  });
  const { world } = made;
  world.store.hooks.onAfterWrite = (writes) => {
    for (const write of writes) {
      if (write.kind !== 'put' || write.table !== 'assignments' || write.row.sighting === undefined) continue;
      const id = String(write.row.assignment_id);
      if (!sighted.has(id)) sighted.set(id, world.clock.nowMs());
    }
  };
  const leader = startSweepLeader(world, { rounds, onCall: () => undefined });
  while (leader.sweeps() < 1) await world.advance(MINUTE);
  const appeared = await letThemAppear(made, orphans);
  const lastMs = world.clock.nowMs() + WAITING_MS;
  while (appeared.some(({ id }) => !gone.has(id)) && world.clock.nowMs() < lastMs)
    await world.advance(10 * MINUTE);
  await leader.stop();
  return appeared.map(({ id, where, atMs }) => ({
    where,
    sightedMs: (sighted.get(id) ?? Number.POSITIVE_INFINITY) - atMs,
    goneMs: (gone.get(id) ?? Number.POSITIVE_INFINITY) - atMs,
  }));
}

async function letThemAppear(
  { world, pairs, granted }: SweepWorld,
  count: number,
): Promise<readonly Orphan[]> {
  const random = seededRandom(31);
  const beganMs = world.clock.nowMs();
  const hot = new Set(granted.map(({ accountId }) => accountId));
  const quiet = pairs.filter(({ accountId }) => !hot.has(accountId));
  const orphans = [
    ...chooseSome(granted, count).map((pair) => ({ pair, where: 'with grants' as const })),
    ...chooseSome(quiet, count).map((pair) => ({ pair, where: 'quiet' as const })),
  ].map((orphan) => ({
    ...orphan,
    id: assignmentId({ ...orphan.pair, principalId: DORA.id }),
    atMs: Math.round(beganMs + random() * APPEARING_MS),
  }));
  for (const { pair, atMs } of [...orphans].sort((a, b) => a.atMs - b.atMs)) {
    await world.advance(atMs - world.clock.nowMs());
    const assignment = { ...pair, principalType: 'USER', principalId: DORA.id } as const;
    world.model.change({ kind: 'assign', assignment }, world.clock.nowMs());
  }
  return orphans;
}
