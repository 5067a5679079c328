// The differences as the reconciler published them, made current with the ledger's rows as they are right now: what was
// published a moment ago may lack the newest attempt, and a reconciler that stands still publishes nothing. Pure.

import type { DriftItem, DriftKind } from '../src/drift.ts';
import { driftOf } from '../src/drift-of.ts';
import type { Ledger } from '../src/ledger.ts';
import { ledgerFacts } from '../src/ledger-facts.ts';
import type { ManagedScope } from '../src/managed-scope.ts';
import type { RequestRow } from '../src/request.ts';

/** Rows of the ledger that have work, and the requests that their entries name. */
export type FreshWork = {
  readonly ledgers: readonly Ledger[];
  readonly requests: ReadonlyMap<string, RequestRow>;
};

/** Fresh items in the place of the published ones about the same assignment; sorted by age, the oldest first. */
export function mergeDrift(
  published: readonly DriftItem[],
  fresh: FreshWork,
  nowMs: number,
  scope: ManagedScope,
): readonly DriftItem[] {
  const current = fresh.ledgers.flatMap((ledger) => driftOfWork(ledger, fresh.requests, nowMs, scope));
  const known = new Set(current.map((item) => item.assignment_id));
  const said = new Set(current.map(({ assignment_id, kind }) => `${kind} ${assignment_id}`));
  const isStale = ({ assignment_id, kind }: DriftItem) =>
    said.has(`${kind} ${assignment_id}`) || (known.has(assignment_id) && isEndingKind(kind));
  const others = published.filter((item) => !isStale(item));
  return [...others, ...current].sort(
    (a, b) => compare(a.since, b.since) || compare(a.assignment_id, b.assignment_id),
  );
}

function isEndingKind(kind: DriftKind): boolean {
  return kind === 'revoked' || kind === 'expired' || kind === 'stuck';
}

// Drift stands on the ledger and the requests alone here; no evidence from AWS is weighed.
const NO_EVIDENCE = { graceMs: 0, skewMs: 0, watchMs: 0, pendingTtlMs: 0, defaultPermissionSetArn: '' };

/** What one row of the ledger says, in the loop's own words; nothing was looked at in AWS for it. */
function driftOfWork(
  ledger: Ledger,
  requests: ReadonlyMap<string, RequestRow>,
  nowMs: number,
  scope: ManagedScope,
): readonly DriftItem[] {
  const view = { ledger, requests, hold: undefined, live: {}, sessionMs: 0, jitter: 0 };
  return driftOf(ledgerFacts(view, nowMs, { ...NO_EVIDENCE, scope }));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
