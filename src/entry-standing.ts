// What a ledger entry and its request's row say together: does this request still want its assignment? Several requests
// may want one assignment, and ending one leaves the access to the others.

import type { Entry } from './ledger.ts';
import { isEndedByHold, isRevokedBefore, type PrincipalHold } from './principal-hold.ts';
import { type RequestRow, statedEnding } from './request.ts';
import { isSameSecond, parseTimestamp } from './timestamp.ts';

/**
 * wants: the assignment must not be deleted. ended: somebody or the time said so. gone: ended, seen gone, and not
 * recorded yet. missing: it was granted and another hand removed it; it wants nothing any more. unexplained: the row is
 * gone before its time. quarantined: the row cannot be understood or read, which is never a reason to give access and
 * never one to take it away before its time.
 */
export type Standing = 'wants' | 'ended' | 'gone' | 'missing' | 'unexplained' | 'quarantined';

/** What an entry is judged by, besides itself. `request` is undefined where the row is gone. */
export type Said = {
  readonly request: RequestRow | undefined;
  readonly hold: PrincipalHold | undefined;
  /** By a clock that is known to be wrong no end has come yet. */
  readonly clockIsWrong?: boolean | undefined;
};

/** Read all strongly consistently, the entry first. */
export function entryStanding(entry: Entry, said: Said, nowMs: number): Standing {
  // An ending that was claimed is irreversible, whatever a later clock says.
  if (entry.phase === 'ENDED') return entry.gone === undefined ? 'ended' : 'gone';
  if (endingOfEntry(entry, said, nowMs) !== undefined) return 'ended';
  const { request } = said;
  if (request === undefined) return 'unexplained';
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return 'quarantined';
  return entry.phase === 'MISSING' ? 'missing' : 'wants';
}

/** As what an entry ends at this moment, and by whose word; undefined while it does not. */
export function endingOfEntry(
  entry: Entry,
  { request, hold, clockIsWrong }: Said,
  nowMs: number,
): Exclude<Entry['ended'], undefined> | undefined {
  const stated = request === undefined ? undefined : statedEnding(request);
  if (stated !== undefined)
    return { as: stated, ...(request?.revoked_by === undefined ? {} : { by: request.revoked_by }) };
  if (request !== undefined && isRevokedBefore(hold, request.created_at)) return byHold(hold);
  if (isEndedByHold(hold, nowMs)) return byHold(hold);
  return clockIsWrong !== true && endMs(entry, request) <= nowMs ? { as: 'EXPIRED' } : undefined;
}

function byHold(hold: PrincipalHold | undefined): Entry['ended'] {
  return hold === undefined ? undefined : { as: 'REVOKED', by: hold.actor_email, why: hold.reason };
}

/** By hand access can only be taken away: an earlier end in the row counts at once, a later one never. Epoch milliseconds. */
export function endMs(entry: Entry, request: RequestRow | undefined): number {
  const typedMs = parseTimestamp(request?.end_time);
  if (typedMs === undefined || isSameSecond(typedMs, entry.until)) return entry.until;
  return Math.min(entry.until, typedMs);
}
