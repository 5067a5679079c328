// Makes a failing history smaller: acts are left out for as long as the same promise is still broken.

import type { History } from './history.ts';
import { type Ran, runHistory } from './run-history.ts';

export type Shrunk = { readonly history: History; readonly kept: readonly number[]; readonly ran: Ran };

/** Tries at most so many smaller histories. */
const TRIES_MAX = 150;

/** `kept` are the positions of the acts that it needs. */
export async function shrink(history: History, first: Ran): Promise<Shrunk> {
  let tries = 0;
  let best: Shrunk = { history, kept: history.acts.map((_, position) => position), ran: first };
  const attempt = async (kept: readonly number[]): Promise<boolean> => {
    tries += 1;
    const smaller = keepActs(history, kept);
    const ran = await runHistory(smaller);
    if (ran.violation?.check !== first.violation?.check) return false;
    best = { history: smaller, kept, ran };
    return true;
  };
  for (
    let size = Math.ceil(history.acts.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < best.kept.length && tries < TRIES_MAX; ) {
      const without = [...best.kept.slice(0, from), ...best.kept.slice(from + size)];
      // What was left out gave its time; the others keep theirs.
      if (!(await attempt(without))) from += size;
    }
  }
  return best;
}

/** The same history with these acts only; each keeps the instant at which it is done. */
export function keepActs(history: History, kept: readonly number[]): History {
  const keep = new Set(kept);
  let waitedMs = 0;
  const acts = history.acts.flatMap((act, position) => {
    waitedMs += act.afterMs;
    if (!keep.has(position)) return [];
    const afterMs = waitedMs;
    waitedMs = 0;
    return [{ ...act, afterMs }];
  });
  return { ...history, acts };
}
