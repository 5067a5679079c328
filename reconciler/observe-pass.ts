// Answers a pass that somebody asked for, under a name of its own. A dry run is what an observer does all day; it forces
// nothing.

import type { Assignment } from '../src/assignment.ts';
import { assignmentId } from '../src/assignment.ts';
import type { Log } from '../src/log.ts';
import { PassRow, passKey } from '../src/pass.ts';
import { OBSERVE_PREFIX } from '../src/published-state.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { readBrake } from './judge-inferences.ts';
import type { ObserveDeps } from './observe-assignment.ts';
import type { ObserveWriter } from './observe-writer.ts';
import type { ObserverMemory } from './observer-memory.ts';
import { assignmentsInScope, driftOfPreview, previewAssignments } from './preview.ts';
import { failedPass, type Outcome, reportOf } from './run-pass.ts';

export type ObservePassDeps = Omit<ObserveDeps, 'tables'> & {
  readonly memory: ObserverMemory;
  readonly publisher: ObserveWriter;
  readonly log: Log;
};

/** Does nothing for a pass that was answered, or that nobody asked for. */
export async function observePass(deps: ObservePassDeps, passId: string): Promise<void> {
  const { reader } = deps.memory.tables;
  const wish = passKey(passId);
  const name = `${OBSERVE_PREFIX}${wish.name}`;
  const asked = PassRow.safeParse(await reader.get('control', wish));
  if (!asked.success || (await reader.get('control', { name })) !== undefined) return;
  const pass = asked.data;
  const outcome = pass.dry_run ? await preview(deps, pass) : refused();
  const row: PassRow = { ...pass, name, ...outcome, finished_at: toTimestamp(deps.clock.nowMs()) };
  await deps.publisher.transact([{ kind: 'put', table: 'control', row }]);
}

function refused(): Outcome {
  return { state: 'FAILED', error: 'this controller only observes' };
}

async function preview(deps: ObservePassDeps, pass: PassRow): Promise<Outcome> {
  const { memory } = deps;
  try {
    const reads = { ...deps, store: memory.tables.reader };
    const whole = Object.values(pass.scope).every((id) => id === undefined);
    const found = await assignmentsInScope(reads, pass.scope);
    const assignments = whole ? distinct([...found, ...memory.tables.due(deps.clock.nowMs())]) : found;
    const planned = await previewAssignments(reads, assignments, { doubt: !whole });
    const drift = driftOfPreview(planned.plan, memory.board.items());
    const stored = await readBrake(memory.tables.reader);
    const reason = memory.trippedBecause;
    const brake = reason === undefined ? stored : { tripped: true, reason };
    return {
      state: 'DONE',
      report: reportOf(planned, { withheld: memory.withheld, drift, brake }),
      results: [],
    };
  } catch (error) {
    return failedPass(deps.log, pass.pass_id, error);
  }
}

function distinct(assignments: readonly Assignment[]): readonly Assignment[] {
  return [...new Map(assignments.map((assignment) => [assignmentId(assignment), assignment])).values()];
}
