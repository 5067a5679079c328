// Revokes one request: flips its row, and nothing else. Getting the access out of AWS is the loop's work; so this works
// while AWS does not, and even while the audit table cannot be written.

import type { Clock } from '../src/clock.ts';
import { parseRequestRow, type RequestRow, requestKey } from '../src/request.ts';
import type { Store, StoreReader } from '../src/store.ts';
import { within } from '../src/within.ts';
import type { ApiDeps } from './api-deps.ts';
import { decideRevocation, flippedAlone, type Revocation, type Revoked } from './decide-revocation.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';

const ATTEMPTS_MAX = 5;

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'log'>;

/** The request as it is from then on. Throws only where not even its row can be read or written. */
export async function revokeRequest(
  deps: Deps,
  requestId: string,
  revocation: Revocation,
): Promise<Revoked | Problem> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const request = await readRequest(deps.store, requestId);
    if (request === undefined) return unknownRequest(requestId);
    const nowMs = deps.clock.nowMs();
    const decision = decideRevocation(request, revocation, nowMs);
    if (isProblem(decision)) return decision;
    if (decision.writes.length === 0) return decision.outcome;
    const alone = () => ({ request: flippedAlone(request, revocation.by.email, nowMs), flipped: true });
    // Somebody may keep writing the rest of the row, but the status stands still: that alone is enough in the end.
    const isLast = attempt === ATTEMPTS_MAX - 1;
    const written = await (isLast
      ? flipAlone(deps.store, decision.withoutAudit ?? [], alone)
      : flip(deps, decision, requestId, alone));
    if (written !== undefined) return written;
  }
  return unavailable('Others are changing this request right now; revoke it again.', 1);
}

/** Row and event in one transaction; where that fails, the row alone. Undefined where somebody was in between. */
async function flip(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  decision: Exclude<ReturnType<typeof decideRevocation>, Problem>,
  requestId: string,
  alone: () => Revoked,
): Promise<Revoked | undefined> {
  try {
    const { outcome } = await store.transact(decision.writes);
    return outcome === 'written' ? decision.outcome : undefined;
  } catch (error) {
    log.error('a revoke could not be written with its audit event; its status is flipped alone', {
      error,
      requestId,
    });
    return await flipAlone(store, decision.withoutAudit ?? [], alone).catch((secondError: unknown) => {
      log.error('nor could its status be flipped with who revoked it; the status is flipped alone', {
        error: secondError,
        requestId,
        by: alone().request.revoked_by,
      });
      return flipAlone(store, decision.statusOnly ?? [], alone);
    });
  }
}

// Conditional on the status that was read: where the transaction was written after all, nothing is written again.
async function flipAlone(
  store: Store,
  writes: Parameters<Store['transact']>[0],
  alone: () => Revoked,
): Promise<Revoked | undefined> {
  const { outcome } = await store.transact(writes);
  return outcome === 'written' ? alone() : undefined;
}

/** A request, strongly consistent. */
export async function readRequest(
  store: Pick<StoreReader, 'get'>,
  requestId: string,
): Promise<RequestRow | undefined> {
  const row = await store.get('requests', requestKey(requestId));
  return row === undefined ? undefined : parseRequestRow(row);
}

export function unknownRequest(requestId: string): Problem {
  return problem('not_found', `There is no request ${requestId}.`);
}

const POLL_MS = 150;
/** The last look may take a little longer than the time that is left. */
const READ_MIN_MS = 500;

/**
 * Waits until the request is settled or shown as removed, which is said only after AWS was seen without the access; or
 * until the time is up.
 */
export async function waitForProof(
  { store, clock }: { readonly store: Pick<StoreReader, 'get'>; readonly clock: Clock },
  flipped: RequestRow,
  waitMs: number,
): Promise<RequestRow> {
  const untilMs = clock.elapsedMs() + waitMs;
  let latest = flipped;
  // A row can say that the access was seen gone before its event can be written, and so before it is settled.
  const isProved = ({ due_at: due, removed_at: removed }: RequestRow) =>
    due === undefined || removed !== undefined;
  while (!isProved(latest) && clock.elapsedMs() < untilMs) {
    await clock.sleep(Math.min(POLL_MS, untilMs - clock.elapsedMs()));
    // The flip is written: whatever happens to this read, the answer is REVOKED.
    const reading = readRequest(store, flipped.request_id).catch(() => undefined);
    const patienceMs = Math.max(READ_MIN_MS, untilMs - clock.elapsedMs());
    latest = (await within(clock, patienceMs, reading)) ?? latest;
  }
  return latest;
}
