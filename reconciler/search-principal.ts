// Finds everything of a person who was revoked as a whole: their requests through the index of what is due, and, where
// they are frozen, what they hold in AWS without any request. Repeated for a while, because an index may lag.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import { outOfScope } from '../src/managed-scope.ts';
import type { Policy } from '../src/policy.ts';
import { holdKey, isFrozen, type PrincipalHold, parseHoldRow } from '../src/principal-hold.ts';
import { assignmentOf, parseRequestRow, type RequestRow } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import type { LiveReader } from './identity-center.ts';

const OPEN_STATUSES = ['PENDING', 'APPROVED', 'GRANTED', 'ERROR'] as const;

export type Found = {
  readonly requests: readonly RequestRow[];
  /** Assignments of the person, in scope, to be looked at in AWS. */
  readonly assignments: readonly Assignment[];
  /** False when the search may end. */
  readonly goesOn: boolean;
};

export async function searchPrincipal(
  deps: {
    readonly store: StoreReader;
    readonly live: LiveReader;
    readonly clock: WallClock;
    readonly policy: Policy;
  },
  principalId: string,
): Promise<Found> {
  const hold = parseHoldRow(await deps.store.get('control', holdKey(principalId)));
  if (hold === undefined) return { requests: [], assignments: [], goesOn: false };
  const nowMs = deps.clock.nowMs();
  const requests = await openRequests(deps.store, principalId);
  const held = isFrozen(hold, nowMs) ? await heldInAws(deps.live, principalId) : [];
  const assignments = [...requests.flatMap((request) => assignmentOf(request) ?? []), ...held];
  const inScope = assignments.filter((assignment) => outOfScope(deps.policy.scope, assignment) === undefined);
  const unique = new Map(inScope.map((assignment) => [assignmentId(assignment), assignment]));
  return { requests, assignments: [...unique.values()], goesOn: isSearched(hold, nowMs) };
}

function isSearched(hold: PrincipalHold, nowMs: number): boolean {
  const until = parseTimestamp(hold.search_until);
  return until !== undefined && nowMs < until;
}

async function openRequests(store: StoreReader, principalId: string): Promise<readonly RequestRow[]> {
  const requests: RequestRow[] = [];
  for (const status of OPEN_STATUSES) {
    const partition = { attribute: 'status', value: status };
    for await (const row of queryAll(store, { table: 'requests', index: 'gsi_status_due', partition })) {
      const request = parseRequestRow(row);
      if (request?.identity_store_user_id === principalId) requests.push(request);
    }
  }
  return requests;
}

/** AWS tells this in the management account only; elsewhere the sweep finds the same, a little later. */
async function heldInAws(live: LiveReader, principalId: string): Promise<readonly Assignment[]> {
  const list = await live.listPairsOfPrincipal(principalId, 'person');
  return list.kind === 'unreadable' ? [] : list.pairs.map((pair) => ({ ...pair, principalId }));
}
