// Tries the steps on one version of the source, until one of them notices something.

import type { MutantFolder } from './apply-mutant.ts';
import type { CatchingStep } from './catching-steps.ts';
import { type Ran, runBounded } from './run-bounded.ts';

export type Tried =
  | { readonly kind: 'caught'; readonly step: string; readonly by: string; readonly durationMs: number }
  /** A step came to nothing: no test and no promise said why, so it says nothing of the mutant. */
  | { readonly kind: 'unjudged'; readonly step: string; readonly by: string; readonly durationMs: number }
  | { readonly kind: 'survived'; readonly durationMs: number };

export type LimitedStep = CatchingStep & { readonly limitMs: number };

export async function tryMutant({ folder }: MutantFolder, steps: readonly LimitedStep[]): Promise<Tried> {
  let durationMs = 0;
  for (const step of steps) {
    const isEnough = (output: string) => step.caughtBy(output) !== undefined;
    const ran = await runBounded(step.args, { folder, limitMs: step.limitMs, isEnough });
    durationMs += ran.durationMs;
    if (ran.ended === 'well') continue;
    const by = noticedBy(step, ran);
    if (by !== undefined) return { kind: 'caught', step: step.name, by, durationMs };
    return { kind: 'unjudged', step: step.name, by: lastLine(ran), durationMs };
  }
  return { kind: 'survived', durationMs };
}

function noticedBy({ caughtBy }: CatchingStep, { ended, output }: Ran): string | undefined {
  return ended === 'overdue' ? 'does not end' : caughtBy(output);
}

/** A module that is missing, memory that is short: whatever it was, it was not the mutant. */
function lastLine({ output }: Ran): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim().slice(0, 100) ?? 'without a word';
}
