// `npm run simulate -- --exhaustive`: every point of every small world, or of those that are asked for.

import { type Point, pointsOf } from './exhaustive.ts';
import type { SimulateArguments } from './parse-arguments.ts';
import { report } from './report.ts';
import { SmallWorldNames } from './small-worlds.ts';
import type { Summary } from './summary.ts';
import { runPool } from './worker-pool.ts';

const POINTS_PER_TASK = 25;
const PROGRESS_MS = 10_000;
const SHOWN_MAX = 10;

export async function runExhaustively(
  { answers, jobs, untilFailure }: SimulateArguments,
  say: (text: string) => void,
): Promise<number> {
  const startedMs = performance.now();
  const points: Point[] = [];
  for (const world of SmallWorldNames) {
    const found = await pointsOf(world, answers).catch((error: Error) => error.message);
    if (typeof found === 'string') {
      say(`violation: ${found}`);
      return 1;
    }
    say(`${world}: ${found.length} points`);
    points.push(...found);
  }
  const all = points.length;
  let saidMs = startedMs;
  const nextTask = (summary: Summary) => {
    const given = untilFailure && summary.failures.length > 0 ? [] : points.splice(0, POINTS_PER_TASK);
    return given.length === 0 ? undefined : { points: given, ...(answers === undefined ? {} : { answers }) };
  };
  const onProgress = ({ histories, failures }: Summary) => {
    if (performance.now() - saidMs < PROGRESS_MS) return;
    saidMs = performance.now();
    say(`${histories} of ${all} points, ${failures.length} failed`);
  };
  const summary = await runPool({ nextTask, jobs, onProgress });
  say(report(summary, performance.now() - startedMs));
  for (const { where, violation } of summary.failures.slice(0, SHOWN_MAX))
    say(`violation: ${violation.check} by ${where}: ${violation.what}`);
  return summary.failures.length === 0 ? 0 : 1;
}
