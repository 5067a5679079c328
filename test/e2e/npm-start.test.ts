// `npm start` as a supervisor has it: it is told to end by a signal to npm, or to the process that npm has started.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describePortProblems } from '../../local/check-ports.ts';
import { ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { FAST, freePorts } from './local-stage.ts';

const needed = { java: hasDynamoDbLocal(), linux: existsSync('/proc/self/stat') };

describe('npm start', needs(needed), () => {
  test.each([
    ['npm', (npm: ChildProcess) => npm.pid],
    ['the process that npm has started', startedBy],
  ])('ends whole, DynamoDB Local included, at a SIGTERM to %s', async (_name, told) => {
    const ports = await freePorts();
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...FAST, ...ports };
    const npm = endWithUs(spawn('npm', ['start'], { cwd: ROOT, env, detached: true }), { group: true });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const ended = once(npm, 'exit');
    try {
      await eventually('local mode to be ready', async () => {
        if (npm.exitCode !== null) throw new Error(`it ended by itself:\n${output}`);
        return /^ready$/m.test(output) || undefined;
      });
      process.kill(told(npm) ?? Number.NaN, 'SIGTERM');
      await ended;
      await eventually('all that was started to be gone', async () => {
        const taken = await describePortProblems(numbers(ports));
        return (taken.length === 0 && !isRunning(npm)) || undefined;
      });
      expect(output).toMatch(/^stopped$/m);
    } finally {
      if (isRunning(npm)) process.kill(-(npm.pid ?? Number.NaN), 'SIGKILL');
    }
  });
});

function numbers(ports: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, Number(port)]));
}

function startedBy({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}

/** Whether any process of its group is left. */
function isRunning({ pid = Number.NaN }: ChildProcess): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
