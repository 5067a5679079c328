// Looks for an old request that explains live access without a ledger entry: a row of the previous system, whose ERROR
// or REVOKED rows can hold some. Such access is never removed without a release.

import { assignmentId } from '../src/assignment.ts';
import type { Policy } from '../src/policy.ts';
import { assignmentIdOf, parseRequestRow, type RequestRow } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import { BACK_FILL_KEY } from './back-fill.ts';
import type { Desired } from './read-desired.ts';

/** The id of the newest such request; undefined where none explains it, or where it was sighted before. */
export async function explainOrphan(
  store: StoreReader,
  { ledger }: Desired,
  policy: Policy,
): Promise<string | undefined> {
  if (ledger.stage !== 'REST' || ledger.sighting !== undefined || Object.keys(ledger.entries).length > 0) {
    return ledger.sighting?.explained_by;
  }
  // Rows that were made after the take-over are ours: only what was there before can explain anything.
  const done = await store.get('control', BACK_FILL_KEY);
  const to = typeof done?.completed_at === 'string' ? done.completed_at : undefined;
  const query = {
    table: 'requests',
    index: 'gsi_account_created',
    partition: { attribute: 'account_id', value: ledger.assignment.accountId },
    descending: true,
    ...(to === undefined ? {} : { sort: { attribute: 'created_at', to } }),
  } as const;
  for await (const row of queryAll(store, query)) {
    const request = parseRequestRow(row);
    if (request !== undefined && isOldRowOf(request, assignmentId(ledger.assignment), policy))
      return request.request_id;
  }
  return undefined;
}

/** A row that this system never audited, or ended while taking it over, of a request that was once approved. */
function isOldRowOf(request: RequestRow, id: string, { defaultPermissionSetArn }: Policy): boolean {
  if (request.audited_status !== undefined && !request.taken_over) return false;
  if (request.status === 'PENDING' || request.status === 'DENIED') return false;
  const named = { ...request, permission_set_arn: request.permission_set_arn ?? defaultPermissionSetArn };
  return assignmentIdOf(named) === id;
}
