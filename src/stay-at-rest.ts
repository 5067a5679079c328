// A step of a row at rest that writes its ledger and nothing else.

import type { Ledger } from './ledger.ts';
import type { Facts } from './ledger-facts.ts';
import type { Transition } from './ledger-rule.ts';

/** The next look at such a row is the sweep's business, and so is its turn. */
export function stayAtRest(facts: Facts, next: Ledger, reason: string): Transition {
  return { next, writes: [], priority: 'sweep', reason, requestIds: Object.keys(facts.view.ledger.entries) };
}
