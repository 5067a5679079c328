// Which tests the runs that share a folder of noted calls have run, and what kept them from showing all that is called.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type NotedRun = {
  /** From the project's folder on. */
  readonly files: readonly string[];
  readonly problems: readonly string[];
};

const ENDING = '.run.json';

export function noteRun(folder: string, run: NotedRun): void {
  writeFileSync(path.join(folder, `${randomUUID()}${ENDING}`), JSON.stringify(run));
}

/** Why what the runs called is not all that is ever called; undefined where it is. */
export function whatIsMissing(folder: string, allFiles: readonly string[]): string | undefined {
  const runs = readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as NotedRun);
  const run = new Set(runs.flatMap(({ files }) => files));
  const left = allFiles.filter((file) => !run.has(file)).length;
  if (left > 0)
    return `${left} of ${allFiles.length} test files were not run (npm run test:full runs them all)`;
  const problems = new Set(runs.flatMap((each) => each.problems));
  return problems.size === 0 ? undefined : [...problems].join(', ');
}
