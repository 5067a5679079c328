// What has to be looked at in AWS before an assignment can be decided about. Looking costs calls, so nothing is looked
// at that no rule would ask for. Pure.

import type { Standings } from './assignment-view.ts';
import type { Ledger } from './ledger.ts';

export type Looks = {
  /** Ask after the ledger's operation. */
  readonly verdict?: { readonly kind: 'CREATE' | 'DELETE'; readonly id: string };
  /** Creates without a verdict. */
  readonly unresolved: readonly string[];
  readonly list: boolean | 'when the verdict is a failure';
};

/** A call that failed now and then is simply made again: a list before each would hold it back. */
const KEEPS_FAILING = 3;

/** `wantList`: somebody has reason to doubt a row that is at rest (the sweep, a forced pass). */
export function looksNeeded(ledger: Ledger, standings: Standings, nowMs: number, wantList: boolean): Looks {
  const isDue = ledger.due_at !== undefined && ledger.due_at <= nowMs;
  if (ledger.stage === 'REST')
    return { unresolved: [], list: restList(ledger, standings, nowMs, isDue, wantList) };
  if (!isDue && !wantList) return { unresolved: [], list: false };
  const unresolved = ledger.stage === 'DELETED' ? ledger.unresolved.map(({ id }) => id) : [];
  const { op } = ledger;
  if (ledger.stage === 'CREATED' || ledger.stage === 'DELETED' || op === undefined)
    return { unresolved, list: true };
  if (op.id !== undefined) {
    return { verdict: { kind: op.kind, id: op.id }, unresolved, list: 'when the verdict is a failure' };
  }
  // A Delete that keeps failing may have been done by another hand: two lists can tell. A Create is simply repeated.
  return { unresolved, list: ledger.stage === 'DELETING' && ledger.attempts >= KEEPS_FAILING };
}

/** At rest a list decides only where nobody has said anything that goes first. */
function restList(
  ledger: Ledger,
  standings: Standings,
  nowMs: number,
  isDue: boolean,
  wantList: boolean,
): boolean {
  // Whether another request keeps it is said only after a look.
  if (standings.ended.length > 0) return standings.keeping.length > 0;
  if (standings.waiting.length > 0) return false;
  if (wantList) return true;
  // What was seen gone is only still to be recorded.
  if (standings.gone.length > 0 && standings.granted.length === 0) return false;
  const watchOver = ledger.watch_until !== undefined && ledger.watch_until <= nowMs;
  return (
    isDue && (ledger.absent_since !== undefined || watchOver || Object.keys(ledger.entries).length === 0)
  );
}
