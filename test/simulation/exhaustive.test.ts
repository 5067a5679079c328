// Small worlds with one thing gone wrong at one effect. Here every effect that writes or calls, a stride of the points
// at a time; `npm run simulate -- --exhaustive` goes through all of them.

import { expect, it } from 'vitest';
import { type Point, pointsOf } from './exhaustive.ts';
import { type SmallWorldName, SmallWorldNames } from './small-worlds.ts';
import { runTask } from './worker.ts';

/** One of so many points, beginning with another one every day. */
const STRIDE = Number(process.env.POINTS_STRIDE ?? 24);
const TODAY = Math.floor(Date.now() / 86_400_000);
const PATIENCE_MS = 600_000;

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

it.each(SmallWorldNames)(
  "the small world '%s' comes out right, whatever goes wrong at one effect",
  async (world: SmallWorldName) => {
    const points = await pointsOf(world);
    const chosen = todays(points);
    const summary = await runTask({ points: chosen });
    process.stdout.write(`${world}: ${chosen.length} of ${points.length} points\n`);
    expect(
      summary.failures.map(({ where, violation }) => `${where}: ${violation.check} ${violation.what}`),
    ).toEqual([]);
  },
  PATIENCE_MS,
);
