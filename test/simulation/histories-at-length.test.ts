// The histories of `npm run test:full`, spread over processes: a fixed set in which every fault hits every part of the loop,
// fresh seeds, and some under each answer to what is unverified of AWS.

import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { provokeTheRest } from './provoke.ts';
import { report } from './report.ts';
import { ScenarioNames } from './scenarios.ts';
import { addSummary, neverHit, type Summary } from './summary.ts';
import { failuresOf, freshSeed, tellFailures } from './tell-failures.ts';
import { UnverifiedFacts } from './unverified-facts.ts';
import type { Seeds } from './worker.ts';
import { runPool } from './worker-pool.ts';

const FIXED = { from: 1, count: Number(process.env.FIXED_SEEDS ?? 28) };
const FRESH = { from: freshSeed(), count: Number(process.env.FRESH_SEEDS ?? 40) };
const SEEDS_PER_ANSWER = 1;
/** Few enough that no process is left with the last of them alone. */
const SEEDS_PER_TASK = 10;

function split(seeds: Seeds): readonly Seeds[] {
  const end = seeds.from + seeds.count;
  return Array.from({ length: Math.ceil(seeds.count / SEEDS_PER_TASK) }, (_, at) => {
    const from = seeds.from + at * SEEDS_PER_TASK;
    return { ...seeds, from, count: Math.min(SEEDS_PER_TASK, end - from) };
  });
}

/** All of them, on all cores. */
async function run(all: readonly Seeds[]): Promise<Summary> {
  const tasks = all.flatMap(split);
  const summary = await runPool({
    nextTask: () => {
      const seeds = tasks.shift();
      return seeds === undefined ? undefined : { seeds };
    },
    jobs: availableParallelism(),
    onProgress: () => undefined,
  });
  expect(summary.histories).toBe(all.reduce((sum, { count }) => sum + count, 0));
  return summary;
}

test('settle, and break no promise on the way: a fixed set, fresh seeds, and each answer to what is unverified of AWS; every fault hits every part of the loop', async () => {
  const startedMs = performance.now();
  const perScenario = ScenarioNames.map((scenario) => ({
    ...FIXED,
    count: Math.ceil(FIXED.count / 14),
    scenario,
  }));
  const perAnswer = Object.values(UnverifiedFacts)
    .flat()
    .map((answers) => ({ from: 500, count: SEEDS_PER_ANSWER, answers }));
  // What only a lucky fresh seed would hit must not count.
  const summary = await run([FIXED, ...perScenario]);
  await provokeTheRest(summary);
  const missed = neverHit(summary);
  addSummary(summary, await run([FRESH, ...perAnswer]));
  tellFailures(summary);
  process.stdout.write(
    `fresh seeds from ${FRESH.from} on\n${report(summary, performance.now() - startedMs)}\n`,
  );
  expect(failuresOf(summary)).toEqual([]);
  expect(missed).toEqual([]);
});
