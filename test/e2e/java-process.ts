// The Java of a DynamoDB Local, found by its port, to be killed, paused or starved of disk. Nothing else of this machine
// can be meant: the port is one that the test has just taken.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PRLIMIT = '/usr/bin/prlimit';

export type JavaProcess = {
  send(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Nothing can be written beyond this in any of its files, as on a disk that is full; undefined takes the limit off. */
  limitFiles(bytes: number | undefined): Promise<void>;
};

/** Whether the disk of a process can be made full here. */
export function canLimitFiles(): boolean {
  return existsSync(PRLIMIT);
}

export async function findJava(port: number): Promise<JavaProcess> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  const line = stdout.split('\n').find((each) => {
    return (
      /^\s*\d+ java /.test(each) && each.includes('DynamoDBLocal.jar') && each.includes(`-port ${port} `)
    );
  });
  const pid = Number.parseInt(line ?? '', 10);
  if (!(pid > 1)) throw new Error(`no DynamoDB Local runs on port ${port}`);
  return {
    send: (signal) => void process.kill(pid, signal),
    limitFiles: async (bytes) => {
      // The soft limit alone: it can be raised again by whoever lowered it.
      await run(PRLIMIT, ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:unlimited`]);
    },
  };
}
