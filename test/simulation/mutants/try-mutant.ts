// Tries the steps on one version of the source, until one of them notices something.

import type { MutantFolder } from './apply-mutant.ts';
import type { CatchingStep } from './catching-steps.ts';
import { type Ran, runBounded } from './run-bounded.ts';

export type Tried =
  | { readonly kind: 'caught'; readonly step: string; readonly by: string; readonly durationMs: number }
  | { readonly kind: 'survived'; readonly durationMs: number };

export type LimitedStep = CatchingStep & { readonly limitMs: number };

export async function tryMutant({ folder }: MutantFolder, steps: readonly LimitedStep[]): Promise<Tried> {
  let durationMs = 0;
  for (const step of steps) {
    const isEnough = (output: string) => step.caughtBy(output) !== undefined;
    const ran = await runBounded(step.args, { folder, limitMs: step.limitMs, isEnough });
    durationMs += ran.durationMs;
    if (ran.ended !== 'well')
      return { kind: 'caught', step: step.name, by: noticedBy(step, ran), durationMs };
  }
  return { kind: 'survived', durationMs };
}

function noticedBy({ caughtBy }: CatchingStep, { ended, output }: Ran): string {
  if (ended === 'overdue') return 'does not end';
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return caughtBy(output) ?? `failed: ${lines.at(-1)?.trim().slice(0, 100) ?? 'without a word'}`;
}
