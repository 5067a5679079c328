// What a ledger entry and its request's row say together: does this request still want its assignment? Several requests
// may want one assignment, and ending one leaves the access to the others.

import type { Entry } from './ledger.ts';
import { isEnding, type RequestRow } from './request.ts';

/**
 * wants: the assignment must not be deleted. ended: somebody or the time said so. missing: it was granted and another
 * hand removed it; it wants nothing any more. unexplained: the row is gone before its time. quarantined: the row cannot
 * be understood, which is never a reason to give access and never one to take it away before its time.
 */
export type Standing = 'wants' | 'ended' | 'missing' | 'unexplained' | 'quarantined';

/** `request` is undefined where the row is gone. Read both strongly consistently, the entry first. */
export function entryStanding(entry: Entry, request: RequestRow | undefined, nowMs: number): Standing {
  // An ending that was claimed is irreversible, whatever a later clock says.
  if (entry.phase === 'ENDED' || entry.until <= nowMs) return 'ended';
  if (request === undefined) return 'unexplained';
  if (isEnding(request.status) || isEnding(request.audited_status)) return 'ended';
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return 'quarantined';
  return entry.phase === 'MISSING' ? 'missing' : 'wants';
}
