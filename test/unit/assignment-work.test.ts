// Runs of assignments: each once, each by itself, and none for ever.

import { expect, it } from 'vitest';
import { createAssignmentWork, RUN_STANDS_STILL_MAX_MS } from '../../reconciler/assignment-work.ts';
import type { Converged } from '../../reconciler/converge-assignment.ts';
import type { Turn } from '../../reconciler/turn.ts';
import { type Assignment, assignmentId } from '../../src/assignment.ts';
import { isTimeout } from '../../src/time-limit.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';
import { ADMIN, ANA, DEV, worldLog } from '../world.ts';

const ASSIGNMENT: Assignment = { accountId: DEV, permissionSetArn: ADMIN, principalId: ANA.id };
const ID = assignmentId(ASSIGNMENT);
const CONVERGED: Converged = { assignmentId: ID, drift: [], changes: [] };
const never = () => new Promise<never>(() => undefined);

function stage(converge: (turn: Turn, clock: VirtualClock, run: number) => Promise<Converged>) {
  const clock = createVirtualClock();
  const failed: { readonly id: string; readonly cause: unknown }[] = [];
  const converged: Converged[] = [];
  const logged: unknown[] = [];
  let runs = 0;
  const work = createAssignmentWork({
    converge: (_assignment, _options, turn) => {
      runs += 1;
      return converge(turn, clock, runs);
    },
    followMaxMs: 5_000,
    onConverged: (each) => converged.push(each),
    onFailed: (assignment, cause) => failed.push({ id: assignmentId(assignment), cause }),
    clock,
    log: worldLog((level, message) => logged.push([level, message])),
  });
  return { clock, work, failed, converged, logged, runs: () => runs };
}

it('a run that stands still is abandoned, said, and followed by another', async () => {
  const { clock, work, failed, converged, logged } = stage((turn, _clock, run) =>
    run === 1 ? turn.step(never) : Promise.resolve(CONVERGED),
  );
  const first = work.begin(ASSIGNMENT, {});
  expect(await clock.run(first)).toBeUndefined();
  expect(clock.elapsedMs()).toBe(RUN_STANDS_STILL_MAX_MS);
  expect(failed.map(({ id }) => id)).toEqual([ID]);
  expect(isTimeout(failed[0]?.cause)).toBe(true);
  expect(logged).toEqual([['error', 'converging an assignment failed']]);
  expect(work.isUnderWay(ID)).toBe(false);
  expect(await clock.run(work.begin(ASSIGNMENT, {}))).toEqual(CONVERGED);
  expect(converged).toEqual([CONVERGED]);
});

it('a run that was abandoned acts no more, whatever wakes it, and what it found is not believed', async () => {
  let wake: () => void = () => undefined;
  const acts: string[] = [];
  const { clock, work, converged, failed } = stage(async (turn, _clock, run) => {
    if (run > 1) return CONVERGED;
    await turn.step(() => new Promise<void>((resolve) => (wake = resolve)));
    acts.push(turn.isAbandoned() ? 'knows that it may not' : 'would act');
    await turn.step(async () => acts.push('acted')).catch(() => undefined);
    return { ...CONVERGED, unreadable: 'late' };
  });
  await clock.run(work.begin(ASSIGNMENT, {}));
  await clock.run(work.begin(ASSIGNMENT, {}));
  wake();
  await clock.advance(1_000);
  expect(acts).toEqual(['knows that it may not']);
  expect(converged).toEqual([CONVERGED]);
  expect(failed).toHaveLength(1);
});

it('a run that throws is said as well', async () => {
  const cause = new Error('the rows contradict each other');
  const { clock, work, failed } = stage(() => Promise.reject(cause));
  expect(await clock.run(work.begin(ASSIGNMENT, {}))).toBeUndefined();
  expect(failed).toEqual([{ id: ID, cause }]);
});

it('a run that is told to stop has not failed', async () => {
  const { clock, work, failed, logged } = stage(async (turn, time) => {
    while (!turn.ended.aborted) await turn.step(() => time.sleep(1_000));
    throw new Error('the call budget is closed');
  });
  const begun = work.begin(ASSIGNMENT, {});
  await clock.advance(500);
  work.stop();
  await clock.run(begun);
  expect(failed).toEqual([]);
  expect(logged).toEqual([]);
});

it('a run that waits for its turn is not abandoned, however long that takes', async () => {
  const { clock, work, failed } = stage(async (turn, time) => {
    let queued = true;
    await turn.step(
      async () => {
        await time.sleep(10 * RUN_STANDS_STILL_MAX_MS);
        queued = false;
      },
      () => queued,
    );
    return CONVERGED;
  });
  expect(await clock.run(work.begin(ASSIGNMENT, {}))).toEqual(CONVERGED);
  expect(failed).toEqual([]);
});
