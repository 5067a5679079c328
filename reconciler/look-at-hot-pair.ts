// Lists one pair out of its turn, so that what is new there is sighted early. It tells the sweep nothing but what is
// unexplained: what was read, what could not be read, and what may be inferred is for the sweep itself to find.

import { pairId } from '../src/assignment.ts';
import type { Converged } from './converge-assignment.ts';
import type { Pair } from './identity-center.ts';
import { readPair } from './read-pair.ts';
import type { SweepReads } from './sweep.ts';

/** Answers the assignments that are unexplained and not held. What goes wrong here is left to the sweep. */
export async function lookAtHotPair(deps: SweepReads, pair: Pair): Promise<readonly string[]> {
  try {
    const list = await deps.live.listPair(pair, 'sweep');
    if (list.kind === 'unreadable') return [];
    // What the ledger has lost is found by the sweep, from requests that are read once for all of it.
    const { findings } = await readPair(deps, pair, { principals: list.principals, granted: new Map() });
    const looked = await Promise.all(
      findings.news.map((assignment) => deps.look(assignment, { firstSweep: false, requestIds: [] })),
    );
    return looked.flatMap((converged) =>
      converged !== undefined && isUnexplained(converged) ? [converged.assignmentId] : [],
    );
  } catch (error) {
    if (deps.mayAct()) deps.log.warn('looking at a hot pair failed', { pair: pairId(pair), error });
    return [];
  }
}

/** Seen live without an explanation, once at least, and not held for a release. */
export function isUnexplained({ sighting }: Converged): boolean {
  return sighting !== undefined && sighting.held === undefined;
}
