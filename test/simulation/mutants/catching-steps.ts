// What is tried to notice a mutant: histories from seeds first, then those that once broke a promise, then the tests, and
// small worlds whole, which take longest, at the end.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Mutant } from './mutant.ts';

export type CatchingStep = {
  readonly name: string;
  readonly args: readonly string[];
  /** What noticed it, as soon as the output says so. */
  readonly caughtBy: (output: string) => string | undefined;
};

const SIMULATION = 'test/simulation/main.ts';
const HISTORIES = 'test/simulation/simulation.test.ts';
const VITEST = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--bail',
  '1',
  '--project',
  'quick',
  '--maxWorkers',
  '1',
  '--cache=false',
];

export type StepOptions = {
  readonly seeds: number;
  readonly from: number;
  readonly exhaustive: boolean;
  /** Most are noticed sooner by a test; what the histories notice is then not said. */
  readonly testsFirst: boolean;
};

export function catchingSteps(
  root: string,
  { seeds, from, exhaustive, testsFirst }: StepOptions,
): readonly CatchingStep[] {
  const simulated = existsSync(path.join(root, SIMULATION));
  const histories = simulated
    ? [
        simulation('histories', ['--seeds', String(seeds), '--from', String(from)]),
        tests('found histories', [HISTORIES, '-t', 'holds where once']),
      ]
    : [];
  const others = [
    tests('unit tests', ['test/unit', 'test/api']),
    tests('stories', ['test/stories', 'test/reconciler']),
  ];
  const smallWorlds = simulated && exhaustive ? [simulation('small worlds', ['--exhaustive'])] : [];
  return testsFirst ? [...others, ...histories, ...smallWorlds] : [...histories, ...others, ...smallWorlds];
}

/** The tests of what the mutant changes: most notice it, in a fraction of the time that all of them take. */
export function nearestTests({ file }: Pick<Mutant, 'file'>): CatchingStep {
  const own = `/${path.basename(file, '.ts')}.test.ts`;
  const around = file.startsWith('api/') ? ['test/api/'] : ['test/unit/plan-changes', 'test/unit/guard'];
  return tests('its nearest tests', [own, ...around]);
}

/** Histories alone, without those that say nothing about a mutant. */
export function historiesOnly({
  seeds,
  from,
  except,
}: Pick<StepOptions, 'seeds' | 'from'> & { readonly except: readonly number[] }): CatchingStep {
  const skipped = except.length === 0 ? [] : ['--except', except.join(',')];
  return simulation('histories', ['--seeds', String(seeds), '--from', String(from), ...skipped]);
}

export function simulationArgs(options: readonly string[]): readonly string[] {
  return ['--import', 'tsx', SIMULATION, ...options, '--jobs', '1'];
}

function simulation(name: string, options: readonly string[]): CatchingStep {
  const args = [...simulationArgs(options), '--until-failure'];
  return { name, args, caughtBy: (output) => /^violation: (\S+).*\n/m.exec(output)?.[1] };
}

function tests(name: string, which: readonly string[]): CatchingStep {
  return { name, args: [...VITEST, ...which], caughtBy: failedTest };
}

/**
 * The last part of the line of the first test that failed: ` FAIL  file > suite > test`. A file that could not be loaded
 * names no test.
 */
function failedTest(output: string): string | undefined {
  const line = /^\s*FAIL\s+(.+ > .+)\n/m.exec(output)?.[1];
  return line?.split(' > ').at(-1)?.trim();
}
