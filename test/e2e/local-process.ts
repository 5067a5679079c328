// `npm start` as a process of its own, in a process group of its own, so that it can be killed as a whole.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describePortProblems } from '../../local/check-ports.ts';
import { built, ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { eventually } from './eventually.ts';
import type { Settings } from './local-stage.ts';

export type LocalProcess = {
  /** Resolves when it has printed `ready`. Rejects when it ends before, or takes too long. */
  ready(): Promise<void>;
  /** Ends it and all it started, without a chance to say good-bye, and waits until its ports are free. */
  kill(): Promise<void>;
  /** Asks it to end; how it ended. */
  terminate(): Promise<{ readonly code: number | null; readonly tookMs: number }>;
  /** What it printed, standard error included. */
  output(): string;
};

const READY_WITHIN_MS = 60_000;

/** Starts it. It reads `settings` and the path, and nothing else of ours. Whoever starts it kills it. */
export function startLocalProcess(settings: Settings): LocalProcess {
  const child = endWithUs(
    spawn(process.execPath, [built('local/main.ts')], {
      cwd: ROOT,
      detached: true,
      env: { PATH: process.env.PATH, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
    { group: true },
  );
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
  const exited = once(child, 'exit');
  const ports = portsIn(settings);
  return {
    output: () => output,
    ready: () => untilReady(child, () => output),
    kill: async () => {
      signalGroup(child, 'SIGKILL');
      await exited;
      await untilFree(ports);
    },
    terminate: async () => {
      const askedMs = performance.now();
      signalGroup(child, 'SIGTERM');
      const [code] = await exited;
      const tookMs = performance.now() - askedMs;
      await untilFree(ports);
      return { code, tookMs };
    },
  };
}

function portsIn(settings: Settings): Readonly<Record<string, number>> {
  const ports = Object.entries(settings).filter(([name]) => name.endsWith('_PORT'));
  return Object.fromEntries(ports.map(([name, port]) => [name, Number(port)]));
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  const look = async () => {
    if (child.exitCode !== null) throw new Error(`local mode ended by itself:\n${output()}`);
    return /^ready$/m.test(output()) ? true : undefined;
  };
  await eventually('local mode to be ready', look, { withinMs: READY_WITHIN_MS });
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}

/** Java is in a session of its own; it notices our end by itself, and a moment later. */
async function untilFree(ports: Readonly<Record<string, number>>): Promise<void> {
  await eventually('the ports to be free', async () => {
    const problems = await describePortProblems(ports);
    return problems.length === 0 ? true : undefined;
  });
}
