// What should have ended by now, by the truth of the rows: whether an assignment that is live is wanted by nobody because
// somebody said so or its time is over, and how long its removal may take by how that was said.

import type { Row } from '../../src/store.ts';
import { isTimeUnknown } from './held-up.ts';
import { isEndingStatus, type SeenLedger } from './ledger-row.ts';
import type { SeenAssignment } from './seen-assignment.ts';
import type { Scene } from './watcher.ts';

/**
 * With nothing in its way: a tick (5 s), the turn in the call budget, one Delete of a second or two, and the same again
 * where a list or another ending on the account came first. Seen are about ten seconds; this is four times as much.
 */
const BOUND_MS = 45_000;
/** What was typed is looked for once a minute. */
const TYPED_MS = 65_000;
/** No clock is further off than this. */
const CLOCK_MS = 15_000;

/** How long its removal may take, by how its end was said; undefined where somebody wants it, or nobody ended it. */
export function endedFor(scene: Scene, assignment: SeenAssignment, ledger: SeenLedger): number | undefined {
  const hold = scene.store.peek('control', { name: `principal#${assignment.principalId}` });
  // Where nobody knows the time, only what was said ends anything.
  const nowMs = isTimeUnknown(scene) ? Number.NEGATIVE_INFINITY : scene.nowMs();
  let longestMs: number | undefined;
  for (const [id, entry] of Object.entries(ledger.entries)) {
    const said = { request: scene.store.peek('requests', { request_id: id }), hold, nowMs };
    const allowedMs = entryEndedFor(entry, said);
    // What another hand removed wants nothing any more, and that is no word that it has ended.
    if (allowedMs === undefined && entry.phase === 'MISSING') continue;
    if (allowedMs === undefined) return undefined;
    const typedMs = scene.wasTyped('requests', id) ? TYPED_MS : 0;
    longestMs = Math.max(longestMs ?? 0, allowedMs, typedMs === 0 ? 0 : BOUND_MS + typedMs);
  }
  return longestMs;
}

type Said = { readonly request: Row | undefined; readonly hold: Row | undefined; readonly nowMs: number };

function entryEndedFor(
  entry: SeenLedger['entries'][string],
  { request, hold, nowMs }: Said,
): number | undefined {
  if (entry.phase === 'ENDED' || entry.until + CLOCK_MS <= nowMs) return BOUND_MS;
  if (request === undefined) return undefined;
  if (request.audited_status === 'REVOKED' || request.audited_status === 'EXPIRED') return BOUND_MS;
  if (isEndingStatus(request.status) || isEndingStatus(request.audited_status)) return BOUND_MS + TYPED_MS;
  // A row that cannot be understood keeps what it has until its time.
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return undefined;
  if (isHeld(hold, request, nowMs)) return BOUND_MS + TYPED_MS;
  return endMs(request) + CLOCK_MS <= nowMs ? BOUND_MS + TYPED_MS : undefined;
}

/** An earlier end that was typed; NaN where there is none that says an instant and its zone. */
function endMs({ end_time: text }: Row): number {
  return typeof text === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
}

/** The person is frozen, or everything that was asked for before an instant was revoked. */
function isHeld(hold: Row | undefined, request: Row, nowMs: number): boolean {
  if (hold === undefined || typeof hold.version !== 'number' || typeof hold.actor_email !== 'string')
    return false;
  const until = typeof hold.freeze_until === 'string' ? Date.parse(hold.freeze_until) : undefined;
  if (hold.frozen === true && (until === undefined || until - CLOCK_MS > nowMs)) return true;
  const before = Date.parse(String(hold.revoked_before));
  return Date.parse(String(request.created_at)) < before;
}
