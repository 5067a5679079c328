// Whole histories from seeds: a fixed set that is the same for everybody, and fresh ones that nobody has run before.
// `npm run simulate` runs as many as one likes.

import { describe, expect, it } from 'vitest';
import { FoundHistories } from './found-histories.ts';
import { historyOf } from './history.ts';
import { provokeTheRest } from './provoke.ts';
import { report } from './report.ts';
import { runHistory } from './run-history.ts';
import { ScenarioNames } from './scenarios.ts';
import { addSummary, emptySummary, neverHit, type Summary } from './summary.ts';
import { UnverifiedFacts } from './unverified-facts.ts';
import { runTask, type Seeds } from './worker.ts';

const FIXED = { from: 1, count: Number(process.env.FIXED_SEEDS ?? 240) };
const FRESH = {
  from: 1_000_000 + Math.floor(Date.now() / 1000),
  count: Number(process.env.FRESH_SEEDS ?? 120),
};
const SEEDS_PER_ANSWER = 2;
const PATIENCE_MS = 600_000;

async function run(seeds: Seeds): Promise<Summary> {
  const summary = await runTask({ seeds });
  for (const { where, seed, violation } of summary.failures) {
    const scenario = seeds.scenario === undefined ? '' : ` --scenario ${seeds.scenario}`;
    process.stdout.write(
      `${violation.check} in ${where}: npm run simulate -- --seeds 1 --from ${seed}${scenario}\n`,
    );
  }
  return summary;
}

const broken = ({ failures }: Summary) =>
  failures.map(({ where, violation }) => `${where}: ${violation.check} ${violation.what}`);

describe('histories from seeds', () => {
  it(
    'settle, and break no promise on the way: a fixed set, in which every fault hits every part of the loop',
    async () => {
      const startedMs = performance.now();
      const summary = await run(FIXED);
      for (const scenario of ScenarioNames)
        addSummary(summary, await run({ ...FIXED, count: Math.ceil(FIXED.count / 12), scenario }));
      await provokeTheRest(summary);
      process.stdout.write(`${report(summary, performance.now() - startedMs)}\n`);
      expect(broken(summary)).toEqual([]);
      expect(neverHit(summary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'settle, and break no promise on the way: fresh seeds',
    async () => {
      const summary = await run(FRESH);
      process.stdout.write(
        `fresh seeds ${FRESH.from} to ${FRESH.from + FRESH.count - 1}: ${summary.effects} effects\n`,
      );
      expect(broken(summary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'settle, and break no promise on the way: under every answer to what is unverified of AWS',
    async () => {
      const summary = emptySummary();
      for (const answers of Object.values(UnverifiedFacts).flat())
        addSummary(summary, await run({ from: 500, count: SEEDS_PER_ANSWER, answers }));
      expect(broken(summary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('are the same whenever the seed is the same, step for step', async () => {
    const traced = async () => {
      const lines: string[] = [];
      await runHistory(historyOf(7, { scenario: 'leaders' }), { onTrace: (line) => lines.push(line) });
      return lines;
    };
    const first = await traced();
    expect(first.length).toBeGreaterThan(100);
    expect(await traced()).toEqual(first);
  });
});

it.each(FoundHistories)('holds where once $broke was broken: $was', async ({ history }) => {
  const { violation } = await runHistory(history);
  expect(violation).toBeUndefined();
});
