// Judges the policies by what the tests called: fails when a call is not allowed, and, once every test has been run, when
// something is allowed that nobody used. Runs that share a folder are judged together, by the last of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject, Vitest } from 'vitest/node';
import { ROOT } from '../built.ts';
import { findAwsCommands } from '../identity-center/aws-command.ts';
import { projectFiles } from '../source-file.ts';
import { readPolicies } from './grant.ts';
import { judgeRun } from './judge-run.ts';
import { FOLDER_VARIABLE, readNotedCalls } from './noted-calls.ts';
import { noteRun, whatIsMissing } from './noted-runs.ts';

export function setup(project: TestProject): () => Promise<void> {
  const given = process.env[FOLDER_VARIABLE];
  const folder = given || mkdtempSync(path.join(tmpdir(), 'noted-calls-'));
  // The workers inherit it.
  process.env[FOLDER_VARIABLE] = folder;
  return async () => {
    noteRun(folder, runOf(project.vitest));
    const { refused, unused } = judgeRun(readNotedCalls(folder), readPolicies());
    const missing = whatIsMissing(folder, allTestFiles());
    if (given === undefined || given === '') rmSync(folder, { recursive: true, force: true });
    tell('CALLED, AND NOT ALLOWED BY THE POLICY OF THE CALLER', refused);
    if (missing === undefined) tell('ALLOWED BY A POLICY, AND NEVER USED', unused);
    else process.stderr.write(`\nwhether all that the policies allow is used was not judged: ${missing}\n`);
    if (refused.length > 0 || (missing === undefined && unused.length > 0)) process.exitCode = 1;
  };
}

function runOf(vitest: Vitest) {
  const files = vitest.state.getPaths().map((file) => path.relative(ROOT, file));
  const { dynamoDbEndpoint } = vitest.getRootProject().getProvidedContext();
  const problems = [
    ...(vitest.config.testNamePattern === undefined ? [] : ['only tests of a certain name were run']),
    ...(dynamoDbEndpoint === '' ? ['there is no DynamoDB Local'] : []),
    ...(findAwsCommands().length === 0 ? ['there is no aws command'] : []),
    ...(vitest.state.getCountOfFailedTests() > 0 ? ['tests failed'] : []),
  ];
  return { files, problems };
}

function allTestFiles(): readonly string[] {
  return projectFiles()
    .map((file) => file.path)
    .filter((file) => /^test\/.*\.test\.ts$/.test(file));
}

function tell(what: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  process.stderr.write(`\n*** ${what}: ***\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
