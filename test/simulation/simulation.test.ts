// Whole histories from seeds, as many as `npm test` has time for: a fixed set that is the same for everybody, fresh ones
// that nobody has run before, and all that once broke a promise. `npm run test:full` runs far more, and
// `npm run simulate` as many as one likes.

import { describe, expect, it } from 'vitest';
import { FoundHistories } from './found-histories.ts';
import { FoundInDenials } from './found-in-denials.ts';
import { FoundInDoubt } from './found-in-doubt.ts';
import { FoundInLies } from './found-in-lies.ts';
import { historyOf } from './history.ts';
import { runHistory } from './run-history.ts';
import { ScenarioNames } from './scenarios.ts';
import { failuresOf, freshSeed, tellFailures } from './tell-failures.ts';
import { runTask } from './worker.ts';

const FIXED_PER_SCENARIO = 2;
const FRESH = { from: freshSeed(), count: 16 };

describe('histories from seeds', () => {
  it.each(ScenarioNames)('settle, and break no promise on the way: a fixed set of %s', async (scenario) => {
    const seeds = { from: 1, count: FIXED_PER_SCENARIO, scenario };
    expect(failuresOf(tellFailures(await runTask({ seeds })))).toEqual([]);
  });

  it(`settle, and break no promise on the way: fresh seeds from ${FRESH.from} on`, async () => {
    expect(failuresOf(tellFailures(await runTask({ seeds: FRESH })))).toEqual([]);
  });

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

it.each([...FoundHistories, ...FoundInDoubt, ...FoundInLies, ...FoundInDenials])(
  'holds where once $broke was broken: $was',
  async ({ history }) => {
    const { violation } = await runHistory(history);
    expect(violation).toBeUndefined();
  },
);
