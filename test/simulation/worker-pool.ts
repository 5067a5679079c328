// Hands work to several processes, so that all cores are used, and adds up what comes back.

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { endWithUs } from '../end-with-us.ts';
import { bundleWorker } from './bundle-worker.ts';
import { addSummary, emptySummary, type Summary } from './summary.ts';
import type { Task } from './worker.ts';

export type PoolOptions = {
  /** What is to be done next; undefined when nothing is left. */
  readonly nextTask: (summary: Summary) => Task | undefined;
  readonly jobs: number;
  readonly onProgress: (summary: Summary) => void;
};

export async function runPool({ nextTask, jobs, onProgress }: PoolOptions): Promise<Summary> {
  const summary = emptySummary();
  const bundle = bundleWorker();
  const worker = async (): Promise<void> => {
    const child = startWorker(bundle.file);
    try {
      for (let task = nextTask(summary); task !== undefined; task = nextTask(summary)) {
        addSummary(summary, await ask(child, task));
        onProgress(summary);
      }
    } finally {
      child.kill();
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
    return summary;
  } finally {
    bundle.remove();
  }
}

/** It gives way to everything else: what runs beside it may be timed. */
function startWorker(file: string): ChildProcess {
  const child = endWithUs(fork(file, ['serve'], { execArgv: ['--max-semi-space-size=64'] }));
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return child;
}

function ask(child: ChildProcess, task: Task): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`a worker ended with ${code}: ${JSON.stringify(task)}`));
    child.once('exit', ended);
    child.once('message', (summary) => {
      child.off('exit', ended);
      resolve(summary as Summary);
    });
    child.send(task);
  });
}
