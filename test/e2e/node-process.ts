// One of our entry points as a process of its own, with nothing of this environment but the path.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { built, ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import type { Settings } from './local-stage.ts';

export type Ended = {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Since it was told to. */
  readonly tookMs: number;
};

export type NodeProcess = {
  /** What it printed, standard error included. */
  output(): string;
  isRunning(): boolean;
  /** `SIGSTOP` pauses it, and `SIGCONT` lets it go on. */
  send(signal: NodeJS.Signals): void;
  /** Sends the signal, and waits until it has ended. One that does not end in time is killed, and says `SIGKILL`. */
  end(signal: NodeJS.Signals): Promise<Ended>;
  /** Closes our end of its standard output. */
  stopReading(): void;
};

export type NodeProcessOptions = {
  /** The source of the entry point, of which the compiled file is run; or, with a whole path, a file to run as it is. */
  readonly entry: string;
  readonly env: Settings;
  readonly nodeArgs?: readonly string[];
  /** For the entry point itself. */
  readonly args?: readonly string[];
  /** An open file that takes the place of the pipe. */
  readonly stdout?: number;
  /** The project's folder; this one unless given. */
  readonly cwd?: string;
};

const ENDS_WITHIN_MS = 20_000;

/** Whoever starts it ends it. */
export function startNodeProcess(options: NodeProcessOptions): NodeProcess {
  const { entry, env, nodeArgs = [], args = [], stdout, cwd = ROOT } = options;
  const file = path.isAbsolute(entry) ? entry : built(entry, cwd);
  const child = endWithUs(
    spawn(process.execPath, [...nodeArgs, file, ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    }),
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = once(child, 'exit');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    output: () => output,
    isRunning,
    send: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout?.destroy(),
    end: async (signal) => {
      const askedMs = performance.now();
      if (isRunning()) await endChild(child, ended, signal);
      return { code: child.exitCode, signal: child.signalCode, tookMs: performance.now() - askedMs };
    },
  };
}

async function endChild(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  await ended;
  clearTimeout(late);
}
