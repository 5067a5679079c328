// Runs a program for a limited time, and ends it with everything that it started.

import { type ChildProcess, spawn } from 'node:child_process';
import { endWithUs } from '../../end-with-us.ts';

export type Ran = {
  /** `enough`: it was ended because of what it said. `overdue`: because of how long it took. */
  readonly ended: 'well' | 'badly' | 'enough' | 'overdue';
  readonly output: string;
  readonly durationMs: number;
};

/** Output is kept from its end: what counts is said last. */
const OUTPUT_KEPT_CHARS = 200_000;

export function runBounded(
  args: readonly string[],
  options: {
    readonly folder: string;
    readonly limitMs: number;
    /** Whether what it said so far is all that matters. */
    readonly isEnough?: (output: string) => boolean;
  },
): Promise<Ran> {
  const startedMs = performance.now();
  const environment = childEnvironment();
  // A group of its own, so that the workers of a test run end with it.
  const settings = { cwd: options.folder, detached: true, env: environment };
  const child = endWithUs(spawn(process.execPath, args, settings), { group: true });
  let ended: 'enough' | 'overdue' | undefined;
  const end = (why: 'enough' | 'overdue') => {
    ended ??= why;
    killGroup(child);
  };
  const output = keepTail(child, (text) => {
    if (options.isEnough?.(text) === true) end('enough');
  });
  const timer = setTimeout(() => end('overdue'), options.limitMs);
  return new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const durationMs = performance.now() - startedMs;
      resolve({ ended: ended ?? (code === 0 ? 'well' : 'badly'), output: output(), durationMs });
    });
  }).finally(() => clearTimeout(timer));
}

// Without a path no Java is found, so that no test run starts a DynamoDB that none of these tests needs.
function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: '', NO_COLOR: '1', FORCE_COLOR: undefined };
}

function keepTail(child: ChildProcess, onMore: (text: string) => void): () => string {
  let text = '';
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-OUTPUT_KEPT_CHARS);
    onMore(text);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended at this very moment.
  }
}
