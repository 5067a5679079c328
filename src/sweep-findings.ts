// What a sweep makes of one pair: which assignments deserve a closer look, what is foreign, and whether the requests
// that the ledger names still exist. A list of the sweep is only a reason to look; evidence is read afterwards. Pure.

import { type Assignment, assignmentId } from './assignment.ts';
import type { DriftItem } from './drift.ts';
import { entryStanding, type Said } from './entry-standing.ts';
import type { Ledger } from './ledger.ts';
import { type ManagedScope, outOfScope } from './managed-scope.ts';
import { planRequest } from './plan-request.ts';
import type { PrincipalHold } from './principal-hold.ts';
import type { RequestRow } from './request.ts';
import { toTimestamp } from './timestamp.ts';

export type SweptPair = {
  readonly pair: { readonly accountId: string; readonly permissionSetArn: string };
  readonly principals: readonly { readonly principalType: 'USER' | 'GROUP'; readonly principalId: string }[];
  /** The ledger rows of the pair and the requests that they name, as far as they exist. */
  readonly ledgers: readonly Ledger[];
  readonly requests: ReadonlyMap<string, RequestRow>;
  /** What was said about persons as a whole, by principal. */
  readonly holds: ReadonlyMap<string, PrincipalHold>;
  readonly scope: ManagedScope;
  readonly nowMs: number;
  readonly pendingTtlMs: number;
};

export type SweepFindings = {
  readonly doubtful: readonly Assignment[];
  /** Those of them that tell more than what was sighted before, and is still there. */
  readonly news: readonly Assignment[];
  readonly foreign: readonly DriftItem[];
  readonly liveManaged: number;
  readonly requestsNamed: number;
  readonly requestsFound: number;
};

export function sweepFindings(swept: SweptPair): SweepFindings {
  const named = swept.ledgers.flatMap((ledger) => Object.keys(ledger.entries));
  const live = liveAssignments(swept);
  const isManaged = (assignment: Assignment) => outOfScope(swept.scope, assignment) === undefined;
  const managed = live.filter(isManaged);
  const liveIds = new Set(live.map(assignmentId));
  const ledgers = new Map(swept.ledgers.map((ledger) => [ledger.assignment_id, ledger]));
  const doubtfulLive = managed.filter(
    (assignment) => !isExplained(swept, ledgers.get(assignmentId(assignment))),
  );
  const doubtfulLedgers = swept.ledgers.filter((ledger) => isDoubtful(swept, ledger, liveIds));
  const doubtful = [...doubtfulLive, ...doubtfulLedgers.map(({ assignment }) => assignment)];
  const byId = new Map(doubtful.map((assignment) => [assignmentId(assignment), assignment]));
  const isKnown = (id: string) => liveIds.has(id) && ledgers.get(id)?.sighting !== undefined;
  return {
    doubtful: [...byId.values()],
    news: [...byId].flatMap(([id, assignment]) => (isKnown(id) ? [] : [assignment])),
    foreign: foreignRows(swept, live),
    liveManaged: managed.length,
    requestsNamed: named.length,
    requestsFound: named.filter((id) => swept.requests.has(id)).length,
  };
}

function liveAssignments({ pair, principals }: SweptPair): readonly Assignment[] {
  return principals
    .filter(({ principalType }) => principalType === 'USER')
    .map(({ principalId }) => ({ ...pair, principalId }));
}

function isExplained(swept: SweptPair, ledger: Ledger | undefined): boolean {
  if (ledger === undefined) return false;
  if (ledger.stage !== 'REST') return true;
  return Object.entries(ledger.entries).some(
    ([id, entry]) => entryStanding(entry, saidOf(swept, ledger, id), swept.nowMs) === 'wants',
  );
}

function saidOf({ requests, holds }: SweptPair, { assignment }: Ledger, requestId: string): Said {
  return { request: requests.get(requestId), hold: holds.get(assignment.principalId) };
}

/** A row whose own words call for a look: what it granted is not listed, or one of its requests was edited by hand. */
function isDoubtful(swept: SweptPair, ledger: Ledger, liveIds: ReadonlySet<string>): boolean {
  const entries = Object.entries(ledger.entries);
  const edited = entries.some(([id, entry]) => {
    const request = swept.requests.get(id);
    if (request === undefined) return false;
    const given = { request, entry, hold: swept.holds.get(ledger.assignment.principalId) };
    return planRequest(given, swept.nowMs, swept.pendingTtlMs) !== undefined;
  });
  if (edited) return true;
  if (ledger.stage !== 'REST') return false;
  const isLive = liveIds.has(ledger.assignment_id);
  const granted = entries.some(
    ([id, entry]) =>
      entry.phase === 'GRANTED' && entryStanding(entry, saidOf(swept, ledger, id), swept.nowMs) === 'wants',
  );
  if (granted && !isLive) return true;
  return isLive ? ledger.absent_since !== undefined : ledger.sighting !== undefined;
}

function foreignRows(swept: SweptPair, live: readonly Assignment[]): readonly DriftItem[] {
  if (!swept.scope.permissionSetArns.includes(swept.pair.permissionSetArn)) return [];
  const groups = swept.principals
    .filter(({ principalType }) => principalType === 'GROUP')
    .map(({ principalId }) =>
      foreign(swept, principalId, 'a group holds a managed permission set; groups are never touched'),
    );
  const shielded = live
    .filter(({ principalId }) => swept.scope.protectedPrincipalIds.includes(principalId))
    .map(({ principalId }) => foreign(swept, principalId, 'a protected user holds a managed permission set'));
  return [...groups, ...shielded];
}

function foreign({ pair, nowMs }: SweptPair, principalId: string, detail: string): DriftItem {
  return {
    kind: 'foreign',
    assignment_id: assignmentId({ ...pair, principalId }),
    account_id: pair.accountId,
    permission_set_arn: pair.permissionSetArn,
    principal_id: principalId,
    request_ids: [],
    since: toTimestamp(nowMs),
    attempts: 0,
    detail,
  };
}
