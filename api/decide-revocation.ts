// What a revoke writes. It has no precondition but the caller's right to ask: no limit, no binding, no directory, and
// no state but an ending that is there already. Pure.

import { asItLies } from '../src/as-it-lies.ts';
import type { Actor, AuditDetails } from '../src/audit-event.ts';
import { isEnding, isSettled, type RequestRow, RequestStatuses, requestKey } from '../src/request.ts';
import type { Write } from '../src/store.ts';
import { toDueAt, toTimestamp } from '../src/timestamp.ts';
import type { Decision } from './decide-and-write.ts';
import { problem } from './problem.ts';
import { requestAfter, requestTransition } from './request-transition.ts';
import { shownStatus } from './shown-status.ts';

export type Revocation = { readonly by: Actor; readonly details: AuditDetails };

/**
 * `flipped` is false where it was over before. `withoutAudit` is for when the audit table cannot be written,
 * `statusOnly` for a row that takes nothing more: who revoked it is then in the log alone.
 */
export type Revoked = { readonly request: RequestRow; readonly flipped: boolean };
export type RevocationDecision = Decision<Revoked> & {
  readonly withoutAudit?: readonly Write[];
  readonly statusOnly?: readonly Write[];
};

export function decideRevocation(
  request: RequestRow,
  revocation: Revocation,
  nowMs: number,
): RevocationDecision {
  const status = shownStatus(request);
  // What was typed and not adopted yet does not count: the next hand may type over it, and then nothing would be left of
  // a revoke that had been answered. Rows of the previous deployment say nothing else.
  if (isRevokedOrExpired(request.audited_status ?? status) && !isLost(request))
    return { writes: [], outcome: { request, flipped: false } };
  if (status === 'DENIED' && isOver(request))
    return problem(
      'conflict',
      'This request was denied: it never gave access, so there is nothing to revoke.',
    );
  const at = toTimestamp(nowMs);
  const { writes, after } = requestTransition(
    request,
    {
      set: {
        status: 'REVOKED',
        audited_status: 'REVOKED',
        revoked_at: at,
        revoked_by: revocation.by.email,
        due_at: toDueAt(nowMs),
        ...observedFrom(request, at),
      },
      event: { type: 'REVOKED', actor: revocation.by, details: { ...revocation.details, before: status } },
    },
    nowMs,
  );
  return {
    writes,
    outcome: { request: after, flipped: true },
    withoutAudit: [flipAlone(request, revocation.by.email, nowMs)],
    statusOnly: [flipStatus(request)],
  };
}

/** `status` and `revoked_by` alone, as somebody would type them: the loop adopts it, with its audit event. */
function flipAlone(request: RequestRow, by: string, nowMs: number): Write {
  const { status } = request.stored;
  const found = RequestStatuses.find((known) => known === status);
  return {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    // Settled rows and those of the previous deployment have no `due_at`, and without it the loop would not look.
    // Rows of the previous deployment say nothing of what was audited: the loop would not see that something changed.
    set: {
      status: 'REVOKED',
      revoked_by: by,
      due_at: toDueAt(nowMs),
      ...(request.audited_status === undefined ? { audited_status: found } : {}),
    },
    onlyIf: [asItLies('status', status)],
  };
}

/** One word in the place of another: a row at DynamoDB's limit of 400 KB has room for nothing else. */
function flipStatus(request: RequestRow): Write {
  return {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    set: { status: 'REVOKED' },
    onlyIf: [asItLies('status', request.stored.status), { attribute: 'due_at', present: true }],
  };
}

/** The row as it is after `flipAlone`. */
export function flippedAlone(request: RequestRow, by: string, nowMs: number): RequestRow {
  return requestAfter(request, { status: 'REVOKED', revoked_by: by, due_at: toDueAt(nowMs) });
}

/** An ending that was typed and not adopted, in a row that lost its `due_at` with it: the loop would not find it. */
function isLost({ due_at, audited_status: audited }: RequestRow): boolean {
  return due_at === undefined && audited !== undefined && !isEnding(audited);
}

function isRevokedOrExpired(status: unknown): boolean {
  return status === 'REVOKED' || status === 'EXPIRED';
}

/** A denial that was typed over an approved or granted row is not over: the access may still be there. */
function isOver(request: RequestRow): boolean {
  return isSettled(request) || request.audited_status === 'DENIED';
}

function observedFrom(request: RequestRow, at: string): Record<string, string> {
  const before = request.audited_status ?? request.status;
  if (before === 'PENDING') return {};
  return { assignment_status: 'REMOVING', assignment_status_since: at };
}
