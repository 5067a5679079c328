// Hundreds of endings in the middle of a sweep: what the sweep calls while one of them waits for its turn.

import { HOUR, MINUTE, SECOND } from '../../test/world.ts';
import { type Call, startSweepLeader } from './sweep-leader.ts';
import { createSweepWorld } from './sweep-world.ts';

export type Yielded = {
  readonly endings: number;
  /** From the first call of an ending to the last removal. */
  readonly durationMs: number;
  /** Of the sweep, while an ending waited to be begun. */
  readonly whileEndingsWait: number;
  /** Of the sweep, from the first ending's call to the last removal. */
  readonly meanwhile: number;
};

const UNTIL_MS = 2 * HOUR;

export async function measureYielding(endings: number): Promise<Yielded> {
  const gone: number[] = [];
  const { world } = await createSweepWorld({
    grants: endings,
    untilMs: UNTIL_MS,
    onAssignmentChange: ({ present, atMs }) => !present && gone.push(atMs),
  });
  const beganMs = world.clock.nowMs();
  const calls: Call[] = [];
  const leader = startSweepLeader(world, { rounds: 'with hot rounds', onCall: (call) => calls.push(call) });
  while (gone.length < endings) {
    if (world.clock.nowMs() - beganMs > UNTIL_MS + HOUR) throw new Error('the endings do not end');
    await world.advance(SECOND);
  }
  await world.advance(MINUTE);
  await leader.stop();
  const lastMs = Math.max(...gone);
  const first = calls.find(({ endingsWaiting }) => endingsWaiting > 0);
  if (first === undefined) throw new Error('no ending has waited');
  const ofSweep = calls.filter(
    ({ priority, atMs }) => priority === 'sweep' && atMs >= first.atMs && atMs <= lastMs,
  );
  return {
    endings,
    durationMs: lastMs - first.atMs,
    whileEndingsWait: ofSweep.filter(({ endingsWaiting }) => endingsWaiting > 0).length,
    meanwhile: ofSweep.length,
  };
}
