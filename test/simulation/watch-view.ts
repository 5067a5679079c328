// S5: what nobody stated is inferred only from a list of that very pair, read to its end. Of access that nobody explains,
// the list was begun after it had been sighted; of access that is missing, it names the principal no longer.

import type { Row } from '../../src/store.ts';
import { isNewClaim, type SeenLedger, seenLedger } from './ledger-row.ts';
import { pairOf, seenAssignment } from './seen-assignment.ts';
import { type Listed, rowsOf, type Scene, type Watcher } from './watcher.ts';

const LISTS_KEPT = 5;

export function watchView(scene: Scene): Watcher {
  const lists = new Map<string, readonly Listed[]>();
  /** When a sighting was written down, by the assignment and its own instant: true epoch milliseconds. */
  const sightedMs = new Map<string, number>();

  const judgeInferred = (by: string, { assignment_id: id, sighting }: SeenLedger): void => {
    const sinceMs = sightedMs.get(sightingKey(id, sighting)) ?? Number.NEGATIVE_INFINITY;
    const shown = listsOf(by, id).some((list) => list.begunMs >= sinceMs && names(list, id));
    if (!shown) scene.report('S5', `${by} inferred the ending of ${id} without a list since it was sighted`);
  };
  const judgeMissing = (by: string, before: Row | undefined, after: SeenLedger): void => {
    // As it lay there: what a hand made of the rest has taken nothing for missing.
    const was = Object(before?.entries) as Readonly<Record<string, { readonly phase?: unknown } | undefined>>;
    const missing = Object.entries(after.entries).filter(
      ([request, { phase }]) => phase === 'MISSING' && was[request]?.phase !== 'MISSING',
    );
    if (
      missing.length === 0 ||
      listsOf(by, after.assignment_id).some((list) => !names(list, after.assignment_id))
    )
      return;
    scene.report('S5', `${by} took ${after.assignment_id} for missing without a list that says so`);
  };
  const listsOf = (by: string, id: string): readonly Listed[] => {
    const assignment = seenAssignment(id);
    return (assignment === undefined ? undefined : lists.get(`${by} ${pairOf(assignment)}`)) ?? [];
  };

  return {
    listed(listed) {
      const key = `${listed.by} ${listed.pair}`;
      lists.set(key, [...(lists.get(key) ?? []), listed].slice(-LISTS_KEPT));
    },
    written(written) {
      if (scene.actor(written.by) === undefined) return;
      for (const row of rowsOf(written, 'assignments')) {
        const [before, after] = [seenLedger(row.before), seenLedger(row.after)];
        if (after === undefined) continue;
        const key = sightingKey(after.assignment_id, after.sighting);
        if (after.sighting !== undefined && !sightedMs.has(key)) sightedMs.set(key, scene.nowMs());
        if (before?.stage === 'REST' && after.ending === 'inferred' && isNewClaim(after))
          judgeInferred(written.by, before);
        judgeMissing(written.by, row.before, after);
      }
    },
  };
}

function sightingKey(id: string, sighting: SeenLedger['sighting']): string {
  return `${id} ${sighting?.first_seen}`;
}

function names({ principalIds }: Listed, id: string): boolean {
  return principalIds.has(seenAssignment(id)?.principalId ?? '');
}
