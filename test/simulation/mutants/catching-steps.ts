// What is tried to notice a mutant: histories from seeds first, then those that once broke a promise, then the tests, and
// small worlds whole, which take longest, at the end.

import { existsSync } from 'node:fs';
import path from 'node:path';

export type CatchingStep = {
  readonly name: string;
  readonly args: readonly string[];
  /** What noticed it, as soon as the output says so. */
  readonly caughtBy: (output: string) => string | undefined;
};

const SIMULATION = 'test/simulation/main.ts';
const HISTORIES = 'test/simulation/simulation.test.ts';
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', '--cache=false'];

export function catchingSteps(
  root: string,
  {
    seeds,
    from,
    exhaustive,
  }: { readonly seeds: number; readonly from: number; readonly exhaustive: boolean },
): readonly CatchingStep[] {
  const simulated = existsSync(path.join(root, SIMULATION));
  return [
    ...(simulated ? [simulation('histories', ['--seeds', String(seeds), '--from', String(from)])] : []),
    ...(simulated ? [tests('found histories', [HISTORIES, '-t', 'holds where once'])] : []),
    tests('unit tests', ['test/unit', 'test/api']),
    tests('stories', ['test/stories', 'test/reconciler']),
    ...(simulated && exhaustive ? [simulation('small worlds', ['--exhaustive'])] : []),
  ];
}

function simulation(name: string, options: readonly string[]): CatchingStep {
  const args = ['--import', 'tsx', SIMULATION, ...options, '--jobs', '1', '--until-failure'];
  return { name, args, caughtBy: (output) => /^violation: (\S+).*\n/m.exec(output)?.[1] };
}

function tests(name: string, which: readonly string[]): CatchingStep {
  return { name, args: [...VITEST, ...which], caughtBy: failedTest };
}

/** The last part of the line of the first test that failed: ` FAIL  file > suite > test`. */
function failedTest(output: string): string | undefined {
  const line = /^\s*FAIL\s+(.+)\n/m.exec(output)?.[1];
  return line?.split(' > ').at(-1)?.trim();
}
