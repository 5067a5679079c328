// What a run of histories inside of the tests says where one of them fails: which it was, and how to see it alone.

import type { Summary } from './summary.ts';

/** Prints the one command that shows each failure. Answers what it was given. */
export function tellFailures(summary: Summary): Summary {
  for (const { where, seed, scenario, violation } of summary.failures) {
    const more = scenario === undefined ? '' : ` --scenario ${scenario}`;
    process.stdout.write(
      `${violation.check} in ${where}: npm run simulate -- --seeds 1 --from ${seed}${more}\n`,
    );
  }
  return summary;
}

export function failuresOf({ failures }: Summary): readonly string[] {
  return failures.map(({ where, violation }) => `${where}: ${violation.check} ${violation.what}`);
}

/** The first of some seeds that hardly anybody has run before. */
export function freshSeed(): number {
  return 1_000_000 + Math.floor(Date.now() / 1000);
}
