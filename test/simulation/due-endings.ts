// What should have ended by now, by the truth of the rows: whether an assignment that is live is wanted by nobody because
// somebody said so or its time is over, and how long its removal may take by how that was said.

import type { Row } from '../../src/store.ts';
import { CLOCK_MS, isTimeUnknown } from './held-up.ts';
import { isEndingStatus, isSignedRevoke, type SeenLedger } from './ledger-row.ts';
import type { SeenAssignment } from './seen-assignment.ts';
import { isHeld } from './seen-hold.ts';
import type { Scene } from './watcher.ts';

/**
 * With nothing in its way: a tick (5 s), the turn in the call budget, one Delete of a second or two, and the same again
 * where a list or another ending on the account came first. Seen are about ten seconds; this is four times as much.
 */
const BOUND_MS = 45_000;
/** What was typed is looked for once a minute. */
const TYPED_MS = 65_000;

/** How long its removal may take, by how its end was said; undefined where somebody wants it, or nobody ended it. */
export function endedFor(scene: Scene, assignment: SeenAssignment, ledger: SeenLedger): number | undefined {
  const hold = scene.store.peek('control', { name: `principal#${assignment.principalId}` });
  // Where nobody knows the time, only what was said for good ends anything.
  const [earliestMs, latestMs] = isTimeUnknown(scene)
    ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    : [scene.nowMs() - CLOCK_MS, scene.nowMs() + CLOCK_MS];
  let longestMs: number | undefined;
  for (const [id, entry] of Object.entries(ledger.entries)) {
    const said = { request: scene.store.peek('requests', { request_id: id }), hold, earliestMs, latestMs };
    const allowedMs = entryEndedFor(entry, said);
    // What another hand removed wants nothing any more, and that is no word that it has ended.
    if (allowedMs === undefined && entry.phase === 'MISSING') continue;
    if (allowedMs === undefined) return undefined;
    const typedMs = scene.wasTyped('requests', id) ? TYPED_MS : 0;
    longestMs = Math.max(longestMs ?? 0, allowedMs, typedMs === 0 ? 0 : BOUND_MS + typedMs);
  }
  return longestMs;
}

type Said = {
  readonly request: Row | undefined;
  readonly hold: Row | undefined;
  /** Between these is what time it is to whoever ends. */
  readonly earliestMs: number;
  readonly latestMs: number;
};

function entryEndedFor(
  entry: SeenLedger['entries'][string],
  { request, hold, earliestMs, latestMs }: Said,
): number | undefined {
  if (entry.phase === 'ENDED' || entry.until <= earliestMs) return BOUND_MS;
  if (request === undefined) return undefined;
  if (request.audited_status === 'REVOKED' || request.audited_status === 'EXPIRED') return BOUND_MS;
  if (isEndingStatus(request.status) || isEndingStatus(request.audited_status)) return BOUND_MS + TYPED_MS;
  if (isSignedRevoke(request)) return BOUND_MS + TYPED_MS;
  // A row that cannot be understood keeps what it has until its time.
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return undefined;
  if (isHeld(hold, request, latestMs)) return BOUND_MS + TYPED_MS;
  return endMs(request) <= earliestMs ? BOUND_MS + TYPED_MS : undefined;
}

/** An earlier end that was typed; NaN where there is none that says an instant and its zone. */
function endMs({ end_time: text }: Row): number {
  return typeof text === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
}
