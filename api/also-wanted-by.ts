// Which other requests keep the access of a request: people must know that a revoke of one does not take away what
// another one still grants.

import { entryStanding } from '../src/entry-standing.ts';
import { isMalformedLedger, parseLedgerRow } from '../src/ledger.ts';
import { assignmentIdOf, parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import type { StoreReader } from '../src/store.ts';

/** Ids of the other requests that want the very same assignment, from strongly consistent reads, the entries first. */
export async function alsoWantedBy(
  store: Pick<StoreReader, 'get' | 'getMany'>,
  request: RequestRow,
  nowMs: number,
): Promise<readonly string[]> {
  const assignment_id = assignmentIdOf(request);
  const row = assignment_id === undefined ? undefined : await store.get('assignments', { assignment_id });
  const ledger = row === undefined ? undefined : parseLedgerRow(row);
  if (ledger === undefined || isMalformedLedger(ledger)) return [];
  const others = Object.entries(ledger.entries).filter(([id]) => id !== request.request_id);
  if (others.length === 0) return [];
  const rows = await store.getMany(
    'requests',
    others.map(([id]) => requestKey(id)),
  );
  const requests = new Map(rows.map((found) => [found.request_id, parseRequestRow(found)]));
  return others
    .filter(
      ([id, entry]) =>
        entryStanding(entry, { request: requests.get(id), hold: undefined }, nowMs) === 'wants',
    )
    .map(([id]) => id)
    .sort();
}
