// A process that runs what it is handed, a handful at a time, and says what came of it.

import { type Point, runPoint } from './exhaustive.ts';
import { historyOf } from './history.ts';
import { runHistory } from './run-history.ts';
import type { ScenarioName } from './scenarios.ts';
import { smallWorld } from './small-worlds.ts';
import { addRan, emptySummary, type Summary } from './summary.ts';
import type { Answer } from './unverified-facts.ts';

export type Seeds = {
  readonly from: number;
  readonly count: number;
  readonly scenario?: ScenarioName | undefined;
  readonly answers?: Answer | undefined;
  /** Left out. */
  readonly except?: readonly number[];
};
export type Task =
  | { readonly seeds: Seeds }
  | { readonly points: readonly Point[]; readonly answers?: Answer };

export function runTask(task: Task): Promise<Summary> {
  return 'seeds' in task ? runSeeds(task.seeds) : runPoints(task.points, task.answers);
}

async function runSeeds(seeds: Seeds): Promise<Summary> {
  const summary = emptySummary();
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
    if (seeds.except?.includes(seed)) continue;
    const history = historyOf(seed, seeds);
    const given = { ...history, givenScenario: seeds.scenario };
    addRan(summary, given, `seed ${seed} (${history.scenario})`, await runHistory(history));
  }
  return summary;
}

async function runPoints(points: readonly Point[], answers: Answer | undefined): Promise<Summary> {
  const summary = emptySummary();
  for (const point of points) {
    const where = `${point.fate} at effect ${point.number} of '${point.world}'`;
    addRan(summary, smallWorld(point.world, answers), where, await runPoint(point, answers));
  }
  return summary;
}

// Begun by another process, it serves that; read by a test, it is only the function above.
if (process.send !== undefined && process.argv[2] === 'serve') {
  process.on('message', (task: Task) => {
    runTask(task).then(
      (summary) => process.send?.(summary),
      (error: unknown) => {
        process.stderr.write(`${JSON.stringify(task)}: ${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  });
}
