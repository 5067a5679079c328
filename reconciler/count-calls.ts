// Counts the calls to Identity Center. The labels are closed lists, so an operation that is in none is not counted.

import { type CallOutcomes, IdentityCenterOperations, type Metrics } from '../src/metrics.ts';

export function countCalls({
  identityCenterCalls,
}: Pick<Metrics, 'identityCenterCalls'>): (
  operation: string,
  outcome: (typeof CallOutcomes)[number],
) => void {
  return (name, outcome) => {
    const operation = IdentityCenterOperations.find((known) => known === name);
    if (operation !== undefined) identityCenterCalls.inc({ operation, outcome });
  };
}
