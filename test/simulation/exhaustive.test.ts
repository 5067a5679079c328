// Small worlds with one thing gone wrong at one effect. Here every effect that writes or calls, a stride of the points
// at a time; `npm run simulate -- --exhaustive` goes through all of them.

import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { type Point, pointsOf } from './exhaustive.ts';
import { SmallWorldNames } from './small-worlds.ts';
import { failuresOf } from './tell-failures.ts';
import { runPool } from './worker-pool.ts';

/** One of so many points, beginning with another one every day. */
const STRIDE = Number(process.env.POINTS_STRIDE ?? 96);
const TODAY = Math.floor(Date.now() / 86_400_000);
const POINTS_PER_TASK = 10;

const ACTING: readonly Point['phase'][] = [
  'claim',
  'call',
  'record',
  'prove',
  'adopt',
  'judge',
  'deliver',
  'send',
  'api write',
];

function todays(points: readonly Point[]): readonly Point[] {
  const acting = points.filter(({ phase }) => ACTING.includes(phase));
  const others = points.filter(({ phase }) => !ACTING.includes(phase));
  const every = (stride: number) => (_point: Point, position: number) => (position + TODAY) % stride === 0;
  return [...acting.filter(every(Math.ceil(STRIDE / 3))), ...others.filter(every(STRIDE * 2))];
}

it('every small world comes out right, whatever goes wrong at one effect', async () => {
  const left: Point[] = [];
  for (const world of SmallWorldNames) {
    const points = await pointsOf(world);
    const chosen = todays(points);
    process.stdout.write(`${world}: ${chosen.length} of ${points.length} points\n`);
    expect(chosen.length, world).toBeGreaterThan(0);
    left.push(...chosen);
  }
  const all = left.length;
  const summary = await runPool({
    nextTask: () => {
      const points = left.splice(0, POINTS_PER_TASK);
      return points.length === 0 ? undefined : { points };
    },
    jobs: availableParallelism(),
    onProgress: () => undefined,
  });
  expect(failuresOf(summary)).toEqual([]);
  expect(summary.histories).toBe(all);
});
