// What is live and no longer managed, because the configuration changed under it: nothing is written about it any more,
// so it is said at every start.

import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import { type ManagedScope, outOfScope } from '../src/managed-scope.ts';
import { type StoreReader, scanAll } from '../src/store.ts';

export type OutOfScope = {
  readonly count: number;
  /** The first of them in the order of the table, with the reason each. */
  readonly first: readonly { readonly assignment_id: string; readonly why: string }[];
};

const NAMED_MAX = 20;

/** Why an assignment that is live, or may be, is nobody's any more; undefined where it is managed or not live. */
export function whyStuckOutOfScope(ledger: Ledger, scope: ManagedScope): string | undefined {
  return mayBeLive(ledger) ? outOfScope(scope, ledger.assignment) : undefined;
}

/** As far as the ledger knows: something is under way, or an entry was granted and has not been seen gone. */
function mayBeLive({ stage, entries }: Ledger): boolean {
  if (stage !== 'REST') return true;
  return Object.values(entries).some(({ phase }) => phase === 'GRANTED' || phase === 'ENDED');
}

/** Reads the whole ledger, and keeps only the first names. */
export async function listLiveOutOfScope(
  store: Pick<StoreReader, 'scan'>,
  scope: ManagedScope,
): Promise<OutOfScope> {
  const first: { assignment_id: string; why: string }[] = [];
  let count = 0;
  for await (const row of scanAll(store, 'assignments')) {
    const ledger = parseLedgerRow(row);
    const why = isMalformedLedger(ledger) ? undefined : whyStuckOutOfScope(ledger, scope);
    if (why === undefined) continue;
    count += 1;
    if (first.length < NAMED_MAX) first.push({ assignment_id: ledger.assignment_id, why });
  }
  return { count, first };
}
