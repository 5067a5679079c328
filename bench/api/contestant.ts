// A contestant as a process of its own, and what it has used.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Used } from './serve.ts';

export const ContestantNames = ['ours', 'bare', 'same answer'] as const;
export type ContestantName = (typeof ContestantNames)[number];

export type Contestant = {
  readonly name: ContestantName;
  readonly url: string;
  /** After a garbage collection. */
  used(): Promise<Used>;
  end(): Promise<void>;
};

// What is measured is the code as it is built: what `tsx` makes of it names every function again each time it is made,
// which costs our server a tenth. A runtime that cannot leave types out by itself has nothing else.
const TYPES = Reflect.get(process.features, 'typescript') ? [] : ['--import', 'tsx'];

/** Listens when it resolves; whoever starts it ends it. Its tables are in memory, or in DynamoDB Local at `dynamoDb`. */
export async function startContestant(name: ContestantName, dynamoDb = ''): Promise<Contestant> {
  const entry = path.join(import.meta.dirname, 'serve.ts');
  const child = spawn(process.execPath, ['--expose-gc', ...TYPES, entry, name, dynamoDb], {
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
