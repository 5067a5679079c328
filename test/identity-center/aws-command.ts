// Finds and runs the `aws` command against a stand-in, cut off from the configuration of whoever runs the tests.

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * All on the path that can be run, each once, in the order of the path. Their versions differ, and must not matter. A shim whose
 * Python has no `aws` is there, and cannot be run.
 */
export function findAwsCommands(): string[] {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'aws'))
    .filter((path) => existsSync(path));
  const each = new Map(onPath.toReversed().map((path) => [realpathSync(path), path]));
  return [...each.values()].toReversed().filter(canBeRun);
}

const runs = new Map<string, boolean>();

function canBeRun(command: string): boolean {
  const known = runs.get(command);
  if (known !== undefined) return known;
  const { status } = spawnSync(command, ['--version'], { timeout: 300_000, stdio: 'ignore' });
  runs.set(command, status === 0);
  return status === 0;
}

export type AwsResult = { exitCode: number; stdout: string; stderr: string };

/** Never rejects: a refusal is an exit code and a text. */
export function runAws(command: string, endpoint: string, args: readonly string[]): Promise<AwsResult> {
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    NO_PROXY: '127.0.0.1',
  };
  const all = [...args, '--endpoint-url', endpoint, '--output', 'json'];
  return new Promise((resolve) => {
    execFile(command, all, { env, timeout: 300_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code ?? 1);
      resolve({ exitCode, stdout, stderr });
    });
  });
}
