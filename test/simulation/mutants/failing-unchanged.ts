// The histories in which the unchanged source breaks a promise already: what fails anyway says nothing about a mutant.

import { simulationArgs } from './catching-steps.ts';
import { runBounded } from './run-bounded.ts';

/** Their seeds. Throws where the run itself does not end. */
export async function failingUnchanged(
  folder: string,
  { seeds, from, limitMs }: { readonly seeds: number; readonly from: number; readonly limitMs: number },
): Promise<{ readonly failing: readonly number[]; readonly durationMs: number }> {
  const args = simulationArgs(['--seeds', String(seeds), '--from', String(from)]);
  const ran = await runBounded(args, { folder, limitMs });
  if (ran.ended === 'overdue' || !ran.output.includes(' histories in '))
    throw new Error(`the histories of the unchanged source do not end:\n${ran.output.slice(-4_000)}`);
  const found = [...ran.output.matchAll(/^violation: \S+ in seed (\d+) /gm)].map(([, seed]) => Number(seed));
  return { failing: [...new Set(found)], durationMs: ran.durationMs };
}
