// An entry point as a process of its own, that can be asked.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Child = {
  /** What it says next by itself. */
  said(): Promise<unknown>;
  /** What it answers, now that it is asked. */
  ask(): Promise<unknown>;
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>;
};

export type ChildOptions = {
  /** From the root of the project. */
  readonly entry: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Loaded before it, from the root of the project. */
  readonly preload?: string;
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENDS_WITHIN_MS = 15_000;

/** Whoever starts it ends it. It reads `env` and the path, and nothing else of this environment. */
export function startChild({ entry, env = {}, preload }: ChildOptions): Child {
  const before = preload === undefined ? [] : ['--import', `./${preload}`];
  const child = spawn(process.execPath, ['--import', 'tsx', ...before, entry], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => Promise.reject(new Error(`${entry} ended with ${code}`)));
  failed.catch(() => undefined);
  const said = async () => (await Promise.race([once(child, 'message'), failed]))[0];
  return {
    said,
    ask: () => {
      child.send('tell');
      return said();
    },
    async end() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      await exited;
      clearTimeout(late);
    },
  };
}
