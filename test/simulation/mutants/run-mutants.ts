// Puts one weakness after the other into a copy of the source, and says which of them nothing notices.
// Usage: npm run mutants -- [--only NAME,NAME] [--jobs 2] [--seeds 200] [--from 1] [--limit 90] [--exhaustive] [--tests-first]
//        npm run mutants -- --simulation-only [--sample 60] [--seeds 500]: what the histories alone notice, as a share

import path from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { applyMutant } from './apply-mutant.ts';
import {
  type CatchingStep,
  catchingSteps,
  historiesOnly,
  nearestTests,
  type StepOptions,
} from './catching-steps.ts';
import { failingUnchanged } from './failing-unchanged.ts';
import type { Mutant } from './mutant.ts';
import { Mutants } from './mutants.ts';
import { runBounded } from './run-bounded.ts';
import { sampleOf } from './sample-of.ts';
import { type LimitedStep, type Tried, tryMutant } from './try-mutant.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The machine may be busier later on than when the unchanged source was tried. */
const SLOWER_MAX = 3;

type Options = StepOptions & {
  readonly mutants: readonly Mutant[];
  readonly jobs: number;
  readonly limitMs: number;
  readonly simulationOnly: boolean;
};

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      limit: { type: 'string', default: '90' },
      exhaustive: { type: 'boolean', default: false },
      'tests-first': { type: 'boolean', default: false },
      'simulation-only': { type: 'boolean', default: false },
      sample: { type: 'string', default: String(Mutants.length) },
    },
  });
  const names = values.only?.split(',');
  const unknown = names?.filter((name) => !Mutants.some((mutant) => mutant.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no mutant ${unknown.join(', ')}`);
  const chosen = Mutants.filter(({ name }) => names === undefined || names.includes(name));
  const simulationOnly = values['simulation-only'];
  return {
    mutants: sampleOf(chosen, Number(values.sample)),
    simulationOnly,
    jobs: Number(values.jobs),
    seeds: Number(values.seeds ?? (simulationOnly ? 500 : 200)),
    from: Number(values.from),
    exhaustive: values.exhaustive,
    testsFirst: values['tests-first'],
    limitMs: Number(values.limit) * 1_000,
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A busy machine must not look like a mutant that does not end: the unchanged source says how long a step takes. */
async function passUnchanged(
  steps: readonly CatchingStep[],
  { jobs, limitMs }: Options,
): Promise<LimitedStep[]> {
  const { folder, remove } = await applyMutant();
  const limited: LimitedStep[] = [];
  try {
    for (const step of steps) {
      const ran = await runBounded(step.args, { folder, limitMs: 20 * limitMs });
      if (ran.ended !== 'well') throw new Error(`unchanged, ${step.name} fail:\n${ran.output.slice(-4_000)}`);
      say(`unchanged: ${step.name} pass in ${seconds(ran.durationMs)}`);
      limited.push({ ...step, limitMs: Math.max(limitMs, SLOWER_MAX * jobs * ran.durationMs) });
    }
    return limited;
  } finally {
    await remove();
  }
}

/** The histories alone; those in which the unchanged source fails already are left out. */
async function onlyHistories({ seeds, from, jobs, limitMs }: Options): Promise<LimitedStep[]> {
  const { folder, remove } = await applyMutant();
  try {
    const unchanged = await failingUnchanged(folder, { seeds, from, limitMs: 20 * limitMs });
    const { failing: except, durationMs } = unchanged;
    say(
      `unchanged: ${except.length} of ${seeds} histories fail, in ${seconds(durationMs)}: ${except.join(', ')}`,
    );
    const step = historiesOnly({ seeds, from, except });
    return [{ ...step, limitMs: Math.max(limitMs, SLOWER_MAX * jobs * durationMs) }];
  } finally {
    await remove();
  }
}

async function tryOne(mutant: Mutant, steps: readonly LimitedStep[]): Promise<Tried> {
  const applied = await applyMutant(mutant);
  try {
    const nearest = { ...nearestTests(mutant), limitMs: options.limitMs };
    const testsFirst = options.testsFirst && !options.simulationOnly;
    const tried = await tryMutant(applied, testsFirst ? [nearest, ...steps] : steps);
    say(`${mutant.name}: ${told(tried)} (${seconds(tried.durationMs)})`);
    return tried;
  } finally {
    await applied.remove();
  }
}

function told(tried: Tried): string {
  if (tried.kind === 'survived') return 'SURVIVED';
  return tried.kind === 'caught'
    ? `caught by ${tried.step}: ${tried.by}`
    : `NOT JUDGED: ${tried.step} came to nothing: ${tried.by}`;
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1000)} s`;
}

function table(results: readonly { readonly mutant: Mutant; readonly tried: Tried }[]): void {
  const width = Math.max(...results.map(({ mutant }) => mutant.name.length));
  say('');
  for (const { mutant, tried } of results) {
    say(`${mutant.name.padEnd(width)}  ${told(tried)}`);
    if (tried.kind !== 'caught') say(`${' '.repeat(width)}  ${mutant.file}: ${mutant.breaks}`);
  }
}

// Ended by a signal, it leaves neither a program nor a folder behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const options = readOptions();
const steps = options.simulationOnly
  ? await onlyHistories(options)
  : await passUnchanged(catchingSteps(ROOT, options), options);
const limit = pLimit(options.jobs);
const results = await Promise.all(
  options.mutants.map((mutant) => limit(async () => ({ mutant, tried: await tryOne(mutant, steps) }))),
);
table(results);
const survived = results.filter(({ tried }) => tried.kind === 'survived').length;
const unjudged = results.filter(({ tried }) => tried.kind === 'unjudged').length;
const caught = results.length - survived - unjudged;
const share = ((100 * caught) / results.length).toFixed(0);
say(
  `\n${caught} of ${results.length} were caught (${share} %), ${survived} survived, ${unjudged} were not judged`,
);
process.exitCode = survived + unjudged > 0 ? 1 : 0;
