// `npm run simulate`: histories from seeds, with progress, a summary, and for a failure the one command that shows it.

import { availableParallelism } from 'node:os';
import { historyOf } from './history.ts';
import { parseArguments, type SimulateArguments, USAGE } from './parse-arguments.ts';
import { report } from './report.ts';
import { runExhaustively } from './run-exhaustively.ts';
import { runHistory } from './run-history.ts';
import { keepActs, shrink } from './shrink.ts';
import { type Failure, neverHit, type Summary } from './summary.ts';
import type { Task } from './worker.ts';
import { runPool } from './worker-pool.ts';

/** From so many seeds on, a fault that hit some part of the loop never is a failure of the run. */
const COVERAGE_FROM_SEEDS = 2_000;
const PROGRESS_MS = 5_000;
const SHRUNK_MAX = 3;
/** Enough for one message to be worth it, and few enough for progress to move. */
const SEEDS_PER_TASK = 20;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2), availableParallelism());
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problem}\n\n${USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  if (options.exhaustive) return runExhaustively(options, say);
  return options.trace || options.keep !== undefined ? replay(options) : simulate(options);
}

/** One history with all that happens in it. */
async function replay({ from, scenario, answers, keep, trace }: SimulateArguments): Promise<number> {
  const whole = historyOf(from, { scenario, answers });
  const history = keep === undefined ? whole : keepActs(whole, keep);
  say(`seed ${from}, ${history.scenario}: ${JSON.stringify(history.surroundings)}`);
  const { violation, settledMs } = await runHistory(history, trace ? { onTrace: say } : {});
  say(
    violation === undefined
      ? `it settles in ${settledMs / 1000} s, and no promise is broken`
      : `violation: ${violation.check} ${violation.what}`,
  );
  return violation === undefined ? 0 : 1;
}

async function simulate(options: SimulateArguments): Promise<number> {
  const startedMs = performance.now();
  let saidMs = startedMs;
  let told = 0;
  const onProgress = (summary: Summary) => {
    for (const failure of summary.failures.slice(told)) say(violationLine(failure));
    told = summary.failures.length;
    if (performance.now() - saidMs < PROGRESS_MS) return;
    saidMs = performance.now();
    say(progressLine(summary, options.seeds, saidMs - startedMs));
  };
  const summary = await runPool({ nextTask: seedTasks(options), jobs: options.jobs, onProgress });
  say(report(summary, performance.now() - startedMs));
  for (const failure of summary.failures.slice(0, SHRUNK_MAX)) await explain(failure, options);
  const missed = summary.histories >= COVERAGE_FROM_SEEDS ? neverHit(summary) : [];
  for (const miss of missed) say(`never hit: ${miss}`);
  return summary.failures.length + missed.length === 0 ? 0 : 1;
}

function progressLine(summary: Summary, seeds: number, tookMs: number): string {
  const perSecond = summary.histories / (tookMs / 1000);
  const leftS = Math.round((seeds - summary.histories) / perSecond);
  return `${summary.histories} of ${seeds} histories, ${perSecond.toFixed(1)} a second, about ${leftS} s left, ${summary.failures.length} failed`;
}

/** A handful of seeds at a time, from the first on. */
function seedTasks({ from, seeds, scenario, answers, untilFailure, except }: SimulateArguments) {
  let next = from;
  return (summary: Summary): Task | undefined => {
    if (next >= from + seeds || (untilFailure && summary.failures.length > 0)) return undefined;
    const count = Math.min(SEEDS_PER_TASK, from + seeds - next);
    next += count;
    return { seeds: { from: next - count, count, scenario, answers, except } };
  };
}

function violationLine({ where, violation }: Failure): string {
  return `violation: ${violation.check} in ${where}: ${violation.what}`;
}

async function explain(failure: Failure, options: SimulateArguments): Promise<void> {
  say('');
  say(violationLine(failure));
  const history = historyOf(failure.seed, options);
  const first = await runHistory(history);
  const { history: smaller, kept } = await shrink(history, first);
  say(`  shrunk from ${history.acts.length} to ${smaller.acts.length} acts:`);
  for (const act of smaller.acts) say(`    ${JSON.stringify(act)}`);
  const scenario = options.scenario === undefined ? '' : ` --scenario ${options.scenario}`;
  say(`  npm run simulate -- --seeds 1 --from ${failure.seed}${scenario} --keep ${kept.join(',')} --trace`);
}

process.exitCode = await main();
