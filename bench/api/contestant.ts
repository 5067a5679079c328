// A contestant as a process of its own, and what it has used.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Used } from './serve.ts';

export type ContestantName = 'ours' | 'bare';

export type Contestant = {
  readonly name: ContestantName;
  readonly url: string;
  /** After a garbage collection. */
  used(): Promise<Used>;
  end(): Promise<void>;
};

/** Listens when it resolves; whoever starts it ends it. Its tables are in memory, or in DynamoDB Local at `dynamoDb`. */
export async function startContestant(name: ContestantName, dynamoDb = ''): Promise<Contestant> {
  const entry = path.join(import.meta.dirname, 'serve.ts');
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', entry, name, dynamoDb], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
  failed.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, 'message'), failed]))[0];
  const port: number = await answer();
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    used: () => {
      child.send('used');
      return answer();
    },
    async end() {
      // It ends by itself where nobody listens any more.
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
