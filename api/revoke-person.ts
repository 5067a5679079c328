// Revokes everything of a person: first the hold, so that whatever is missed here is found by the loop, then every
// request. Nothing in it stops at the first failure: the more of it works, the less access is left.

import pLimit from 'p-limit';
import { assignmentId } from '../src/assignment.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { assignmentOf, isSettled, normalizeEmail, type RequestRow } from '../src/request.ts';
import type { ApiDeps } from './api-deps.ts';
import { decideHold, type HoldOrder } from './decide-hold.ts';
import type { Revocation } from './decide-revocation.ts';
import { type Persons, requestsByEmail, requestsWithWork } from './find-persons.ts';
import { isProblem } from './problem.ts';
import { revokeRequest } from './revoke-request.ts';
import { shownStatus } from './shown-status.ts';

const ATTEMPTS_MAX = 5;
const AT_ONCE = 10;

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'log' | 'settings'>;

/** Whether the hold was written. Conditional on the row that was read, so no other operator's word is lost. */
export async function writeHold(deps: Deps, order: HoldOrder): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    try {
      const read = parseHoldRow(await deps.store.get('control', holdKey(order.principalId)));
      const now = { nowMs: deps.clock.nowMs(), skewMs: deps.settings.clockSkewMs };
      const decision = decideHold(read, order, now);
      if (await writeEither(deps, decision)) return true;
    } catch (error) {
      deps.log.error('a hold could not be written', { error, principalId: order.principalId });
    }
  }
  return false;
}

async function writeEither(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  { writes, withoutAudit }: ReturnType<typeof decideHold>,
): Promise<boolean> {
  try {
    return (await store.transact(writes)).outcome === 'written';
  } catch (error) {
    log.error('a hold could not be written with its audit event; it is written alone', { error });
    return (await store.transact(withoutAudit)).outcome === 'written';
  }
}

export type RevokedPerson = {
  readonly revoked: readonly RequestRow[];
  /** Ids that could not be flipped here; with the hold written the loop does it. */
  readonly failed: readonly string[];
};

/** Flips every request of these persons that may hold or get access. */
export async function revokeRequestsOf(
  deps: Deps,
  persons: Persons,
  revocation: Revocation,
): Promise<RevokedPerson> {
  const found = await findRevocable(deps, persons);
  const limit = pLimit(AT_ONCE);
  const flipped = await Promise.all(
    found.map((request) => limit(() => revokeOne(deps, request, revocation))),
  );
  return {
    revoked: flipped.flatMap((result) => (typeof result === 'object' ? [result] : [])),
    failed: flipped.flatMap((result) => (typeof result === 'string' ? [result] : [])),
  };
}

/** The row; its id where it could not be flipped; undefined where it had ended before. */
async function revokeOne(
  deps: Deps,
  request: RequestRow,
  revocation: Revocation,
): Promise<RequestRow | string | undefined> {
  try {
    const revoked = await revokeRequest(deps, request.request_id, revocation);
    if (isProblem(revoked)) return revoked.problem === 'unavailable' ? request.request_id : undefined;
    return revoked.flipped ? revoked.request : undefined;
  } catch (error) {
    deps.log.error('a request of a revoked person could not be flipped', {
      error,
      requestId: request.request_id,
    });
    return request.request_id;
  }
}

/** From the index of what has work, and by address what that index lacks: rows of the previous deployment. */
async function findRevocable(
  { store }: Pick<Deps, 'store'>,
  persons: Persons,
): Promise<readonly RequestRow[]> {
  const found = new Map<string, RequestRow>();
  const ids = new Set(persons.principalIds);
  const emails = new Set(persons.emails);
  for await (const request of requestsWithWork(store)) {
    const theirs =
      ids.has(request.identity_store_user_id ?? '') || emails.has(normalizeEmail(request.requester_email));
    if (theirs && isRevocable(request)) found.set(request.request_id, request);
  }
  for (const email of emails)
    for await (const request of requestsByEmail(store, email))
      if (isRevocable(request)) found.set(request.request_id, request);
  return [...found.values()];
}

/** An ERROR of ours that is settled was seen without access; one of the previous deployment never was. */
function isRevocable(request: RequestRow): boolean {
  const status = shownStatus(request);
  if (status === 'ERROR') return !isSettled(request) || request.audited_status === undefined;
  return status === 'PENDING' || status === 'APPROVED' || status === 'GRANTED';
}

/** The distinct accesses that AWS has to remove for these requests. */
export function accessToRemove(requests: readonly RequestRow[]): readonly { readonly accountId: string }[] {
  const given = requests.filter((request) => request.assignment_status === 'REMOVING');
  const assignments = given.flatMap((request) => assignmentOf(request) ?? []);
  return [...new Map(assignments.map((one) => [assignmentId(one), one])).values()];
}
