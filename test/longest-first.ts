// In which order test files begin: those that take longest first, so that no worker is left with one of them at the end. What
// a run knows of the one before is not known on a fresh checkout.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** From the longest on; all others follow as the runner thinks best. */
const LONGEST = [
  'test/simulation/histories-at-length.test.ts',
  'test/simulation/exhaustive.test.ts',
  'test/e2e/upgrade.test.ts',
  'test/identity-center/aws-command.test.ts',
  'test/e2e/kill-9.test.ts',
  'test/e2e/break-glass.test.ts',
  'test/e2e/hung-stop.test.ts',
  'test/e2e/image.test.ts',
  'test/deploy/terraform.test.ts',
  'test/e2e/runbook.test.ts',
  'test/stories/restored-tables.test.ts',
  'test/simulation/simulation.test.ts',
];

// vitest makes it with `new`.
export class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return at === -1 ? LONGEST.length : at;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
