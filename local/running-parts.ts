// What has been started, so that it can be ended: the last first, each within its time, whatever the others do.

import { setTimeout as delay } from 'node:timers/promises';

export type RunningPart = {
  /** As it is named when it does not end. */
  readonly name: string;
  readonly withinMs: number;
  readonly stop: () => Promise<void> | void;
};

export type RunningParts = {
  add(part: RunningPart): void;
  /** Ends everything, once. Never rejects: what did not end is told to `onProblem`. */
  stopAll(): Promise<void>;
};

export function createRunningParts(
  onProblem: (message: string, fields: { readonly part: string; readonly error?: unknown }) => void,
): RunningParts {
  const parts: RunningPart[] = [];
  let stopped: Promise<void> | undefined;

  const stopAll = async (): Promise<void> => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { name } = part;
      try {
        if (!(await endsInTime(part))) onProblem('a part did not end in time', { part: name });
      } catch (error) {
        onProblem('a part did not end well', { part: name, error });
      }
    }
  };
  return {
    add: (part) => parts.push(part),
    stopAll: () => {
      stopped ??= stopAll();
      return stopped;
    },
  };
}

async function endsInTime({ stop, withinMs }: RunningPart): Promise<boolean> {
  const done = new AbortController();
  const late = delay(withinMs, false, { signal: done.signal }).catch(() => false);
  const ended = Promise.resolve(stop()).then(() => true);
  try {
    return await Promise.race([ended, late]);
  } finally {
    done.abort();
  }
}
