// A fixed choice of the mutants, for measuring: by their names alone, so that a new one among them takes at most one place.

import { createHash } from 'node:crypto';
import type { Mutant } from './mutant.ts';

/** `size` of them, in an order that looks like chance and is always the same. */
export function sampleOf(mutants: readonly Mutant[], size: number): readonly Mutant[] {
  const placed = mutants.map((mutant) => ({ mutant, place: placeOf(mutant.name) }));
  return placed
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}

function placeOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
