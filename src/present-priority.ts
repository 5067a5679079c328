// Whose ending an operation carries out, and so how soon it goes.

import type { Ledger } from './ledger.ts';
import { endingPriority, type Facts } from './ledger-facts.ts';
import type { Priority } from './priority.ts';

/** An inferred ending goes after people; a released one is a person's word. */
export function priorityOf(facts: Facts, ending: NonNullable<Ledger['ending']>): Priority {
  if (ending === 'inferred') return 'orphan';
  if (ending === 'released') return 'person';
  return endingPriority(facts);
}

/** That of the ending which the row is at. */
export function presentPriority(facts: Facts): Priority {
  return priorityOf(facts, facts.view.ledger.ending ?? 'stated');
}
