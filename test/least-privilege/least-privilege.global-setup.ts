// Judges the policies by what a whole run of the tests called: it fails when a call is not allowed, or when something is
// allowed that nobody used. A run of some of the tests is judged by its calls only.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findAwsCommands } from '../identity-center/aws-command.ts';
import { readPolicies } from './grant.ts';
import { judgeRun } from './judge-run.ts';
import { FOLDER_VARIABLE, readNotedCalls } from './noted-calls.ts';

export function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'noted-calls-'));
  // The workers inherit it.
  process.env[FOLDER_VARIABLE] = folder;
  return async () => {
    const { refused, unused } = judgeRun(readNotedCalls(folder), readPolicies());
    rmSync(folder, { recursive: true, force: true });
    const missing = await whatIsMissing(project);
    tell('CALLED, AND NOT ALLOWED BY THE POLICY OF THE CALLER', refused);
    if (missing === undefined) tell('ALLOWED BY A POLICY, AND NEVER USED', unused);
    else
      process.stderr.write(
        `\n*** WHETHER ALL THAT THE POLICIES ALLOW IS USED WAS NOT JUDGED: ${missing}. ***\n`,
      );
    if (refused.length > 0 || (missing === undefined && unused.length > 0)) process.exitCode = 1;
  };
}

/** Why this was not the whole run; undefined where it was. */
async function whatIsMissing(project: TestProject): Promise<string | undefined> {
  const { vitest } = project;
  const { testFiles } = await project.globTestFiles();
  const run = new Set(vitest.state.getPaths());
  const left = testFiles.filter((file) => !run.has(file)).length;
  if (left > 0) return `${left} of ${testFiles.length} test files were not run`;
  if (vitest.config.testNamePattern !== undefined) return 'only tests of a certain name were run';
  if (project.getProvidedContext().dynamoDbEndpoint === '') return 'there is no DynamoDB Local';
  if (findAwsCommands().length === 0) return 'no aws command was found';
  return vitest.state.getCountOfFailedTests() > 0 ? 'tests failed' : undefined;
}

function tell(what: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  process.stderr.write(`\n*** ${what}: ***\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
