// One contestant at one size, in a process of its own, so that its memory and its machine code are its own.
// Usage: run-contestant.ts planner|loop SIZE REPEATS, or run-contestant.ts pages SIZE PAGE

import { GCProfiler } from 'node:v8';
import { type Plan, planChanges } from '../../src/plan.ts';
import { type Contestant, type ContestantName, Contestants, digestOf, viewsOf } from './contestants.ts';
import { NOW_MS, POLICY, planRows } from './plan-rows.ts';

/** Durations in milliseconds, memory in MiB of the JavaScript heap. */
export type ContestantRun = {
  readonly readyMs: number;
  readonly workMs: number;
  /** Processor time of all threads, those of the garbage collector too. */
  readonly workCpuMs: number;
  readonly rowsMiB: number;
  /** What getting ready leaves in memory. */
  readonly readyMiB: number;
  /** The most that the work had in memory beside that, garbage included. */
  readonly workMiB: number;
  readonly decided: number;
  readonly digest: string;
};

export type ContestantReport = {
  readonly runs: readonly ContestantRun[];
  /** The most memory that the whole process ever had. */
  readonly processMiB: number;
};

const WARM_UP_ROWS = 20_000;
const WARM_UPS = 12;
const MIB = 2 ** 20;

function heapMiB(): number {
  return process.memoryUsage().heapUsed / MIB;
}

function collected(): number {
  globalThis.gc?.();
  return heapMiB();
}

function timed<T>(act: () => T): { readonly done: T; readonly ms: number; readonly cpuMs: number } {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const done = act();
  const { user, system } = process.cpuUsage(startedCpu);
  return { done, ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
}

/** Rows that nobody has touched yet, as they come from a table: their texts have not even been hashed. */
function runOnce(contestant: Contestant, size: number, seed: number): ContestantRun {
  const rows = planRows(size, seed);
  const rowsMiB = collected();
  const ready = timed(() => contestant(rows));
  const beforeMiB = collected();
  const profiler = new GCProfiler();
  profiler.start();
  const work = timed(ready.done);
  const heldMiB = heapMiB();
  const peaks = profiler.stop()?.statistics.map(({ beforeGC }) => beforeGC.heapStatistics.usedHeapSize / MIB);
  const decided = work.done();
  return {
    readyMs: ready.ms,
    workMs: work.ms,
    workCpuMs: work.cpuMs,
    rowsMiB,
    readyMiB: beforeMiB - rowsMiB,
    workMiB: Math.max(heldMiB, ...(peaks ?? [])) - beforeMiB,
    decided: decided.length,
    digest: digestOf(decided),
  };
}

function runContestant(name: ContestantName, size: number, repeats: number): readonly ContestantRun[] {
  const contestant = Contestants[name];
  const warmUp = planRows(WARM_UP_ROWS, 0);
  for (let n = 0; n < WARM_UPS; n += 1) contestant(warmUp)();
  return Array.from({ length: repeats }, (_, n) => runOnce(contestant, size, n + 1));
}

/** As the loop does it: never more than a page in memory at once, and all that is found is kept. */
function planInPages(size: number, page: number): readonly Plan[] {
  return Array.from({ length: size / page }, (_, n) =>
    planChanges({ views: viewsOf(planRows(page, n + 1)), nowMs: NOW_MS, policy: POLICY }),
  );
}

const [name = '', size = '', repeats = ''] = process.argv.slice(2);
const runs =
  name === 'planner' || name === 'loop' ? runContestant(name, Number(size), Number(repeats)) : undefined;
const plans = runs === undefined ? planInPages(Number(size), Number(repeats)) : [];
if (plans.some(({ changes }) => changes.length === 0)) throw new Error('a page without changes');
const report: ContestantReport = { runs: runs ?? [], processMiB: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(JSON.stringify(report));
