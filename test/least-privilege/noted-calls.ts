// What was called during a run of the tests, by whom: one file for each process, in a folder that the run names. Outside
// of a run nothing is noted.

import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import type { AwsCall, Caller } from './aws-call.ts';

export const FOLDER_VARIABLE = 'TEST_NOTED_CALLS';

export type NotedCall = { readonly caller: Caller; readonly call: AwsCall };

const ENDING = '.calls.jsonl';
const noted = new Set<string>();

/** Writes down what is new to this process. */
export function noteCall(caller: Caller, call: AwsCall): void {
  const line = JSON.stringify({ caller, call } satisfies NotedCall);
  if (noted.has(line)) return;
  noted.add(line);
  const folder = process.env[FOLDER_VARIABLE];
  if (folder !== undefined && folder !== '')
    appendFileSync(path.join(folder, `${process.pid}-${threadId}${ENDING}`), `${line}\n`);
}

export function readNotedCalls(folder: string): readonly NotedCall[] {
  const lines = readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .flatMap((file) => readFileSync(path.join(folder, file), 'utf8').split('\n'));
  return [...new Set(lines)].filter((line) => line !== '').map((line) => JSON.parse(line) as NotedCall);
}
