// Reads, decides and writes, again and again until nobody was in between. The decision is pure and its writes are
// conditional on what it saw, so that no write is ever based on something that has changed since.

import type { StoreWriter, Write } from '../src/store.ts';
import { isProblem, type Problem, unavailable } from './problem.ts';

/** What is to be written, in one transaction, and what is so from then on. No writes: it is so already. */
export type Decision<Outcome extends object> =
  | { readonly writes: readonly Write[]; readonly outcome: Outcome }
  | Problem;

const ATTEMPTS_MAX = 5;

/** Throws what the store throws: then it is unknown whether anything was written. */
export async function decideAndWrite<View, Outcome extends object>(
  store: StoreWriter,
  read: () => Promise<View>,
  decide: (view: View) => Decision<Outcome>,
): Promise<Outcome | Problem> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const decision = decide(await read());
    if (isProblem(decision)) return decision;
    if (decision.writes.length === 0) return decision.outcome;
    const { outcome } = await store.transact(decision.writes);
    if (outcome === 'written') return decision.outcome;
  }
  return unavailable('Others are changing the same records right now; nothing was changed, try again.', 1);
}
