// What the tests start ends with them, however they end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { built, ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { needs } from '../needs.ts';
import { eventually } from './eventually.ts';

/** Starts one that stands still, one that ended long ago, and a group of two; prints the three that are left. */
const PARENT = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  const { endWithUs } = await import(process.argv[1]);
  const still = endWithUs(spawn('sleep', ['600']));
  still.kill('SIGSTOP');
  await once(endWithUs(spawn('true')), 'exit');
  const shell = endWithUs(spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], { detached: true }), { group: true });
  const [line] = await once(shell.stdout, 'data');
  console.log(JSON.stringify([still.pid, shell.pid, Number(line)]));
  if (process.argv[2] === 'end') process.exit(0);
  setInterval(() => {}, 1000);
`;

test.each([
  ['is killed', 'stay', 'SIGKILL'],
  ['is told to end', 'stay', 'SIGTERM'],
  ['ends by itself', 'end', undefined],
] as const)(
  'endWithUs() ends what was started when whoever started it %s',
  needs({ linux: existsSync('/proc/self/stat') }),
  async (_name, then, signal) => {
    const argv = [
      '--input-type=module',
      '-e',
      PARENT,
      pathToFileURL(built('test/end-with-us.ts')).href,
      then,
    ];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const parent = endWithUs(spawn(process.execPath, argv, { cwd: ROOT, stdio: [...stdio] }));
    const ended = once(parent, 'exit');
    const [line] = await once(parent.stdout, 'data');
    const pids: readonly number[] = JSON.parse(String(line));
    expect(pids.map(isRunning)).toEqual(then === 'end' ? expect.anything() : [true, true, true]);
    if (signal !== undefined) parent.kill(signal);
    await ended;
    await eventually('all of them to be gone', async () => !pids.some(isRunning) || undefined);
  },
);

/** One that has ended and that nobody has asked for is no longer running. */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/^\d+ \(.*\) [ZX]/.test(readFileSync(file, 'utf8'));
}
