// What becomes of an assignment that was seen gone: its requests are told so, and what cannot be recorded yet stays in the
// ledger with its proof.

import { SYSTEM, subjectEvent } from './audit-event.ts';
import type { Ledger } from './ledger.ts';
import type { Facts } from './ledger-facts.ts';
import {
  atRest,
  type Measured,
  REQUESTS_PER_TRANSACTION,
  restDueAt,
  type Transition,
} from './ledger-rule.ts';
import { presentPriority } from './present-priority.ts';
import { goneNow, withGone } from './proved-gone.ts';
import { isEnding, isSettled, type RequestRow } from './request.ts';
import { type Removal, removalOf, settleRemoved } from './request-changes.ts';
import type { Write } from './store.ts';
import { toTimestamp } from './timestamp.ts';

/**
 * A fresh list is without it: as many of its requests as one transaction takes are recorded and told so. Those whose row
 * has something else to say first, or could not be read, keep their entry with the proof.
 */
export function settle(facts: Facts): Transition {
  const { ledger, requests } = facts.view;
  const now = facts.nowMs;
  const batch = facts.standings.ended.slice(0, REQUESTS_PER_TRANSACTION);
  const gone = goneNow(facts);
  const removal = removalOf(gone);
  const rows = batch.flatMap((id) => requests.get(id) ?? []).filter((request) => !isSettled(request));
  const isUnread = facts.view.unread?.requests !== undefined;
  const unrecorded = new Set(batch.filter((id) => isUnread || facts.unrecorded.has(id)));
  const isOfRequests = rows.length > 0 || (isUnread && batch.length > 0);
  const isLast = facts.standings.ended.length <= batch.length;
  const entries = withGone(facts, batch, gone, unrecorded);
  const all = withGone(facts, facts.standings.ended, gone, new Set(facts.standings.ended));
  return {
    next: isLast ? provedGone(facts, entries) : { ...ledger, entries, due_at: now },
    writes: isOfRequests
      ? rows
          .filter((row) => !unrecorded.has(row.request_id))
          .flatMap((row) => settleRemoved(row, removal, now))
      : [removedEvent(facts, removal)],
    ...(isOfRequests ? { alone: provedGone(facts, all) } : {}),
    priority: presentPriority(facts),
    reason: 'a fresh list shows it gone',
    requestIds: batch,
    measured: { what: endedAs(facts, rows), durationMs: now - removal.requestedMs },
  };
}

function provedGone(facts: Facts, entries: Ledger['entries']): Ledger {
  const { nowMs } = facts;
  const rest: Ledger = {
    ...atRest(facts.view.ledger, nowMs),
    entries,
    sighting: undefined,
    confirmed_absent: nowMs,
    ...afterRemoval(facts),
    delete_unanswered: undefined,
    lost_sight: undefined,
    unresolved: [],
  };
  return { ...rest, due_at: afterSettling(facts, rest) };
}

/** What kind of ending it was: that of the first of its requests. */
function endedAs(facts: Facts, rows: readonly RequestRow[]): Measured['what'] {
  if (facts.view.ledger.ending === 'inferred' || facts.view.ledger.ending === 'released') return 'orphaned';
  const status = rows[0]?.audited_status;
  if (status === 'ERROR') return 'error';
  return isEnding(status) && status !== 'EXPIRED' ? 'revoked' : 'expired';
}

/**
 * The watch is for a late Create of ours, which comes within one watch of the request's ending: what it has removed does
 * not renew it, or whoever makes the access again after each removal would never be noticed.
 */
function afterRemoval(facts: Facts): Pick<Ledger, 'watch_until' | 'removals'> {
  const { nowMs, standings, view } = facts;
  if (standings.ended.length > 0)
    return { watch_until: nowMs + facts.policy.watchMs, removals: { times: 1, last: nowMs } };
  const times = (view.ledger.removals?.times ?? 0) + 1;
  return { watch_until: view.ledger.watch_until, removals: { times, last: nowMs } };
}

/** Who waits for a Create gets it at once, and what is still to be recorded is recorded at once. */
function afterSettling(facts: Facts, rest: Ledger): number | undefined {
  const isWaiting = facts.standings.waiting.length > 0;
  const isUnrecorded = Object.values(rest.entries).some(({ gone }) => gone !== undefined);
  return isWaiting || isUnrecorded ? facts.nowMs : restDueAt(rest, facts.nowMs);
}

function removedEvent(facts: Facts, removal: Removal): Write {
  const { ledger } = facts.view;
  return subjectEvent({
    subject: `assignment#${ledger.assignment_id}`,
    accountId: ledger.assignment.accountId,
    version: Math.abs(ledger.version) + 1,
    type: 'ORPHAN_REMOVED',
    actor: SYSTEM,
    details: {
      ending: ledger.ending ?? 'stated',
      requested: toTimestamp(removal.requestedMs),
      deleted: toTimestamp(removal.deletedMs),
      confirmed_absent: toTimestamp(removal.confirmedAbsentMs),
      ...(removal.awsRequestId === undefined ? {} : { aws_request_id: removal.awsRequestId }),
    },
    nowMs: facts.nowMs,
  });
}
