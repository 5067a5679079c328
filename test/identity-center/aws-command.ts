// Finds and runs the `aws` command against a stand-in, cut off from the configuration of whoever runs the tests.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's first, since its version is known; then whatever is first on the path. */
export function findAwsCommands(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'aws'));
  const [debian, first] = [['/usr/bin/aws'], onPath].map((candidates) =>
    candidates.find((path) => existsSync(path)),
  );
  return [...new Set([debian, first])].filter((path) => path !== undefined);
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
    execFile(command, all, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code ?? 1);
      resolve({ exitCode, stdout, stderr });
    });
  });
}
