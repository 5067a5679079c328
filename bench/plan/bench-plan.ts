// How long the planner takes for a whole organisation at once, and how much memory, beside the loop that anybody would
// write by hand from the same rows to the same decisions.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { median } from 'simple-statistics';
import type { Bench, BenchResult, Measure, Say } from '../bench.ts';
import { type ContestantName, ContestantNames } from './contestants.ts';
import type { ContestantReport, ContestantRun } from './run-contestant.ts';

const CASES = [
  { size: 10_000, repeats: 15 },
  { size: 100_000, repeats: 7 },
  { size: 1_000_000, repeats: 3 },
] as const;
const LARGEST = 1_000_000;
const PAGE = 10_000;
/** The rows of a million assignments alone take 2 GiB. */
const OLD_SPACE_MIB = 8192;
const RUN_CONTESTANT = path.join(import.meta.dirname, 'run-contestant.ts');

/** The medians of a contestant at a size. */
type Figures = Omit<ContestantRun, 'digest'> & { readonly size: number };
type Duel = Readonly<Record<ContestantName, Figures>>;

export const benchPlan: Bench = async (say) => {
  const duels: Duel[] = [];
  for (const { size, repeats } of CASES) duels.push(await duelAt(size, repeats, say));
  const pages = await runChild('pages', LARGEST, PAGE);
  say(`${shown(LARGEST)} in pages of ${shown(PAGE)}: ${pages.processMiB.toFixed(0)} MiB in all`);
  return resultOf(duels, pages.processMiB);
};

async function duelAt(size: number, repeats: number, say: Say): Promise<Duel> {
  const reports = {
    planner: await runChild('planner', size, repeats),
    loop: await runChild('loop', size, repeats),
  };
  const digests = ContestantNames.map((name) => reports[name].runs.map(({ digest }) => digest).join());
  if (new Set(digests).size > 1) throw new Error(`the planner and the loop decide differently at ${size}`);
  const duel = { planner: figuresOf(size, reports.planner), loop: figuresOf(size, reports.loop) };
  for (const name of ContestantNames)
    say(`${shown(size)} ${name}: ${duel[name].workMs.toFixed(0)} ms, ${duel[name].workMiB.toFixed(0)} MiB`);
  return duel;
}

async function runChild(name: string, size: number, repeats: number): Promise<ContestantReport> {
  const options = ['--expose-gc', `--max-old-space-size=${OLD_SPACE_MIB}`, '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...options,
    RUN_CONTESTANT,
    name,
    String(size),
    String(repeats),
  ]);
  return JSON.parse(stdout) as ContestantReport;
}

function figuresOf(size: number, { runs }: ContestantReport): Figures {
  const middle = (of: (run: ContestantRun) => number) => median(runs.map(of));
  return {
    size,
    readyMs: middle((run) => run.readyMs),
    workMs: middle((run) => run.workMs),
    workCpuMs: middle((run) => run.workCpuMs),
    rowsMiB: middle((run) => run.rowsMiB),
    readyMiB: middle((run) => run.readyMiB),
    workMiB: middle((run) => run.workMiB),
    decided: middle((run) => run.decided),
  };
}

function resultOf(duels: readonly Duel[], pagesMiB: number): BenchResult {
  return {
    measures: [...duels.map(timeRatio), ...growth(duels), ...memory(duels), ...inPages(pagesMiB)],
    tables: [tableOf(duels)],
    curves: [
      {
        name: 'time',
        title: 'Planning a whole organisation at once, 5 % of it drift',
        x: { label: 'assignments', logarithmic: true },
        y: { label: 'ms', logarithmic: true },
        series: [
          { name: 'planChanges', points: duels.map(({ planner }) => [planner.size, planner.workMs]) },
          { name: 'two-map loop by hand', points: duels.map(({ loop }) => [loop.size, loop.workMs]) },
        ],
      },
    ],
    notes: NOTES,
  };
}

function timeRatio({ planner, loop }: Duel): Measure {
  const withViews = (planner.readyMs + planner.workMs) / loop.workMs;
  return {
    name: `time at ${shown(planner.size)}`,
    value: planner.workMs / loop.workMs,
    unit: '×',
    goal: { atMost: 3 },
    against: `the two-map loop by hand; ${withViews.toFixed(1)} × with making the views`,
  };
}

/** From each size to the next one, ten times as large. */
function growth(duels: readonly Duel[]): readonly Measure[] {
  const [, before, largest] = duels;
  if (before === undefined || largest === undefined) return [];
  const of = (name: ContestantName) =>
    largest[name].workMs / before[name].workMs / (largest[name].size / before[name].size);
  const against = `a tenth as many, ten times; the loop: ${of('loop').toFixed(2)} ×`;
  return [{ name: 'growth to a million', value: of('planner'), unit: '×', goal: { atMost: 1.3 }, against }];
}

/** Of planning all of them at once; the rows are given. */
function memory(duels: readonly Duel[]): readonly Measure[] {
  const largest = duels.at(-1);
  if (largest === undefined) return [];
  const { planner, loop } = largest;
  const addedMiB = planner.readyMiB + planner.workMiB;
  const withViews = `${(addedMiB / loop.workMiB).toFixed(1)} ×`;
  const beside = `the views and the planning beside the rows, which take ${planner.rowsMiB.toFixed(0)} MiB whoever plans`;
  return [
    { name: 'memory at a million', value: addedMiB, unit: 'MiB', goal: { atMost: 1024 }, against: beside },
    {
      name: 'memory at a million',
      value: planner.workMiB / loop.workMiB,
      unit: '×',
      goal: { atMost: 3 },
      against: `the two-map loop by hand, ${loop.workMiB.toFixed(0)} MiB; ${withViews} with the views`,
    },
  ];
}

function inPages(pagesMiB: number): readonly Measure[] {
  return [
    {
      name: 'a million in pages',
      value: pagesMiB,
      unit: 'MiB',
      goal: { atMost: 1024 },
      against: `the whole process, rows included, ${shown(PAGE)} at once`,
    },
  ];
}

function tableOf(duels: readonly Duel[]): NonNullable<BenchResult['tables']>[number] {
  const rowOf = (name: ContestantName, figures: Figures) => [
    shown(figures.size),
    name,
    figures.decided,
    figures.readyMs.toFixed(1),
    figures.workMs.toFixed(1),
    ((figures.workMs * 1000) / figures.size).toFixed(2),
    figures.workCpuMs.toFixed(1),
    figures.rowsMiB.toFixed(0),
    figures.readyMiB.toFixed(0),
    figures.workMiB.toFixed(0),
  ];
  return {
    title: 'Medians. The views are made before; memory is of the heap, garbage included',
    head: [
      'assignments',
      'who',
      'decided',
      'views ms',
      'ms',
      'µs each',
      'processor ms',
      'rows MiB',
      'views MiB',
      'MiB',
    ],
    rows: duels.flatMap((duel) => ContestantNames.map((name) => rowOf(name, duel[name]))),
  };
}

const NOTES = [
  'Both decide the same (compared by digest at every size), from rows that nobody has touched yet. The planner also ' +
    'says the drift, and writes each change down as a transaction; the loop knows neither evidence nor grace nor scope. ' +
    'At the smallest size those writes, for one assignment in twenty, are about half of its time.',
];

function shown(count: number): string {
  return count.toLocaleString('en');
}
