// The runner of the tests is killed, or told to end, in the middle of a test that has started a process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { eventually } from './eventually.ts';

/** A run of one test that never ends, as the project's own runs are made. */
const RUNNER = `
  const { startVitest } = await import('vitest/node');
  await startVitest('test', [], {
    config: false,
    watch: false,
    include: ['test/e2e/waits-for-ever.ts'],
    setupFiles: ['test/end-with-runner.setup.ts'],
    isolate: false,
  });
`;

test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
  'a run of the tests that gets a %s leaves no worker behind, and nothing that one has started',
  async (signal) => {
    const argv = ['--input-type=module', '-e', RUNNER];
    const runner = endWithUs(spawn(process.execPath, argv, { cwd: ROOT, detached: true }), { group: true });
    const ended = once(runner, 'exit');
    const [worker, started] = await told(runner);
    expect([worker, started].map(isRunning)).toEqual([true, true]);
    process.kill(runner.pid ?? Number.NaN, signal);
    await ended;
    await eventually('both to be gone', async () => ![worker, started].some(isRunning) || undefined);
  },
);

/** The worker and what it has started, as the test in it prints them. */
async function told(runner: ChildProcess): Promise<readonly [number, number]> {
  let output = '';
  for (const stream of [runner.stdout, runner.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const look = async () => {
    if (runner.exitCode !== null) throw new Error(`it ended by itself:\n${output}`);
    return /^worker (\d+) started (\d+)$/m.exec(output) ?? undefined;
  };
  const [, worker, started] = await eventually('the test to have begun', look);
  return [Number(worker), Number(started)];
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
