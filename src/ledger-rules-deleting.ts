// The rows of the state table for DELETING and DELETED: an operation of AWS removes an assignment, and its requests are
// told so when a fresh list has been seen without it.

import { SYSTEM, subjectEvent } from './audit-event.ts';
import type { Ledger } from './ledger.ts';
import { endingPriority, endingRequestedMs, type Facts, openUnresolved } from './ledger-facts.ts';
import {
  absentSince,
  atRest,
  backedOff,
  lookAgain,
  type Measured,
  observeAll,
  REQUESTS_PER_TRANSACTION,
  type Rule,
  restDueAt,
  type Transition,
  withEnded,
} from './ledger-rule.ts';
import { followMs, isStuck, OUT_OF_SCOPE_LOOK_MS } from './policy.ts';
import { unchangedHold } from './principal-hold.ts';
import { goneNow, withGone } from './proved-gone.ts';
import { isEnding, isSettled, type RequestRow } from './request.ts';
import { type Removal, removalOf, settleRemoved } from './request-changes.ts';
import type { Write } from './store.ts';
import { toTimestamp } from './timestamp.ts';

/** The claim of a Delete. Its requests are as read, nobody wants the assignment, and the ledger says so first. */
export function claimDelete(facts: Facts, ending: NonNullable<Ledger['ending']>, reason: string): Transition {
  const { ledger } = facts.view;
  const again = ledger.stage === 'DELETING' || ledger.stage === 'DELETED';
  const next: Ledger = {
    ...ledger,
    stage: 'DELETING',
    entries: withEnded(facts, facts.standings.ended),
    op: { kind: 'DELETE', claimed_at: facts.nowMs, looks: 0 },
    ending,
    attempts: again ? ledger.attempts : 0,
    trying_since: again ? (ledger.trying_since ?? facts.nowMs) : facts.nowMs,
    last_error: undefined,
    delete_unanswered: isUnanswered(facts) ? true : undefined,
    // A repeated Delete cannot bring anything back: what was not listed before it still counts.
    absent_since: ledger.stage === 'DELETING' ? ledger.absent_since : undefined,
    requested: again ? (ledger.requested ?? endingRequestedMs(facts)) : endingRequestedMs(facts),
    deleted: undefined,
    confirmed_absent: undefined,
    delete_id: undefined,
    due_at: facts.nowMs,
  };
  const stuck = isStuck({ ...next, last_error: ledger.last_error }, facts.nowMs);
  const observed = stuck ? 'STUCK' : 'REMOVING';
  return {
    next,
    writes: [...observeAll(facts, facts.standings.ended, observed), ...heldAsRead(facts, next)],
    // Everything that it was judged by has been read, and whoever is approved meanwhile raises the ledger's version.
    ...(ending === 'stated' ? { alone: next } : {}),
    call: 'DELETE',
    priority: priorityOf(facts, ending),
    reason,
    requestIds: facts.standings.ended,
  };
}

/** What ends because of a word on the person: lifted at this moment, that takes nothing more. */
function heldAsRead({ view }: Facts, next: Ledger): readonly Write[] {
  const { hold, ledger } = view;
  const isNew = (id: string) => ledger.entries[id]?.phase !== 'ENDED';
  const isHeld = Object.entries(next.entries).some(
    ([id, { ended }]) => isNew(id) && ended?.why !== undefined,
  );
  return hold === undefined || !isHeld ? [] : [unchangedHold(ledger.assignment.principalId, hold)];
}

function priorityOf(facts: Facts, ending: NonNullable<Ledger['ending']>): Transition['priority'] {
  if (ending === 'inferred') return 'orphan';
  if (ending === 'released') return 'person';
  return endingPriority(facts);
}

function stay(facts: Facts, next: Ledger, reason: string): Transition {
  return { next, writes: [], priority: presentPriority(facts), reason, requestIds: facts.standings.ended };
}

function presentPriority(facts: Facts): Transition['priority'] {
  return priorityOf(facts, facts.view.ledger.ending ?? 'stated');
}

function deleted(facts: Facts, reason: string): Transition {
  const { ledger } = facts.view;
  const next: Ledger = {
    ...ledger,
    stage: 'DELETED',
    deleted: facts.nowMs,
    delete_id: ledger.op?.id,
    op: ledger.op === undefined ? undefined : { ...ledger.op, id: undefined, looks: 0 },
    last_error: undefined,
    due_at: facts.nowMs,
  };
  return stay(facts, next, reason);
}

/** A Delete whose answer nobody knows may still take effect, also when a later one was answered. */
function isUnanswered({ view, operation }: Facts): boolean {
  if (view.ledger.delete_unanswered === true) return true;
  return view.ledger.stage === 'DELETING' && operation.kind === 'again' && operation.failure.kind === 'lost';
}

/** Somebody was approved meanwhile: the ending leaves the access to them. */
function wantedAgain(facts: Facts): Transition {
  const { nowMs, view } = facts;
  const unanswered = isUnanswered(facts);
  const rest = atRest(view.ledger, nowMs);
  return stay(
    facts,
    unanswered ? { ...rest, delete_unanswered: true, watch_until: nowMs + facts.policy.watchMs } : rest,
    'another request wants it now',
  );
}

function settle(facts: Facts): Transition {
  const { ledger, requests } = facts.view;
  const now = facts.nowMs;
  const batch = facts.standings.ended.slice(0, REQUESTS_PER_TRANSACTION);
  const gone = goneNow(facts);
  const removal = removalOf(gone);
  const rows = batch.flatMap((id) => requests.get(id) ?? []).filter((request) => !isSettled(request));
  const unrecorded = new Set(batch.filter((id) => facts.unrecorded.has(id)));
  const isLast = facts.standings.ended.length <= batch.length;
  const entries = withGone(facts, batch, gone, unrecorded);
  const all = withGone(facts, facts.standings.ended, gone, new Set(facts.standings.ended));
  return {
    next: isLast ? provedGone(facts, entries) : { ...ledger, entries, due_at: now },
    writes:
      rows.length > 0
        ? rows
            .filter((row) => !unrecorded.has(row.request_id))
            .flatMap((row) => settleRemoved(row, removal, now))
        : [removedEvent(facts, removal)],
    ...(rows.length > 0 ? { alone: provedGone(facts, all) } : {}),
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

export const DeletingRules: readonly Rule[] = [
  {
    name: 'deleting-done',
    stage: 'DELETING',
    ending: true,
    event: 'SUCCEEDED, or "doesn\'t exist"',
    next: 'DELETED',
    apply: (facts) => {
      if (facts.operation.kind === 'succeeded') return deleted(facts, 'AWS reports success');
      return facts.operation.kind === 'absent'
        ? deleted(facts, 'AWS reports that it does not exist')
        : undefined;
    },
  },
  {
    name: 'deleting-gone',
    stage: 'DELETING',
    ending: true,
    event: 'gone: two fresh lists without it, a grace apart',
    next: 'DELETED',
    apply: (facts) =>
      facts.absentTwice && facts.view.sightLost === undefined && facts.operation.kind !== 'waiting'
        ? deleted(facts, 'two lists a grace apart do not show it')
        : undefined,
  },
  {
    name: 'deleting-failed',
    stage: 'DELETING',
    ending: true,
    event: 'anything else: known now',
    next: 'same, backed off',
    apply: (facts) => {
      const { operation, view } = facts;
      if (view.ledger.op?.id === undefined) return undefined;
      if (operation.kind === 'again')
        return stay(facts, backedOff(facts, operation.failure), operation.failure.message);
      if (operation.kind !== 'refused') return undefined;
      return stay(
        facts,
        backedOff(facts, { kind: 'refused', message: operation.message }),
        operation.message,
      );
    },
  },
  {
    name: 'deleting-wanted',
    stage: 'DELETING',
    ending: true,
    event: 'anything else, and wanted again',
    next: 'REST',
    apply: (facts) =>
      facts.operation.kind !== 'waiting' && facts.standings.keeping.length > 0
        ? wantedAgain(facts)
        : undefined,
  },
  {
    name: 'deleting-out-of-scope',
    stage: 'DELETING',
    ending: true,
    event: 'out of scope since it was claimed',
    next: 'same, stuck, nothing called',
    apply: (facts) =>
      facts.operation.kind !== 'waiting' && facts.isDue && facts.scopeProblem !== undefined
        ? stay(
            facts,
            { ...facts.view.ledger, due_at: facts.nowMs + OUT_OF_SCOPE_LOOK_MS },
            facts.scopeProblem,
          )
        : undefined,
  },
  {
    name: 'deleting-again',
    stage: 'DELETING',
    ending: true,
    event: 'anything else: its turn again',
    next: 'same; Delete',
    apply: (facts) => {
      if (facts.operation.kind === 'waiting' || !facts.isDue) return undefined;
      const claim = claimDelete(facts, facts.view.ledger.ending ?? 'stated', 'the Delete has to be repeated');
      return { ...claim, next: { ...claim.next, absent_since: absentSince(facts) } };
    },
  },
  {
    name: 'deleting-runs',
    stage: 'DELETING',
    ending: true,
    event: 'no verdict yet',
    next: 'same, look again later',
    apply: (facts) => (facts.isDue ? stay(facts, lookAgain(facts), 'AWS is at it') : undefined),
  },
  {
    name: 'deleted-gone',
    stage: 'DELETED',
    event: 'gone, and unresolved empty',
    next: 'REST, watch_until set; settled, outbox',
    apply: (facts) => (facts.absent && openUnresolved(facts).length === 0 ? settle(facts) : undefined),
  },
  {
    name: 'deleted-still-listed',
    stage: 'DELETED',
    ending: true,
    event: 'still listed after the grace',
    next: 'DELETING; REST if wanted',
    apply: (facts) => {
      const { ledger } = facts.view;
      const since = ledger.deleted ?? 0;
      if (!facts.present || facts.nowMs - since < facts.policy.graceMs) return undefined;
      if (facts.standings.keeping.length > 0) return wantedAgain(facts);
      if (facts.scopeProblem !== undefined) return undefined;
      const claim = claimDelete(facts, ledger.ending ?? 'stated', 'it is still listed after the grace');
      return { ...claim, next: { ...claim.next, attempts: ledger.attempts + 1 } };
    },
  },
  {
    name: 'deleted-unproved',
    stage: 'DELETED',
    event: 'not proved yet',
    next: 'same, look again later',
    apply: (facts) => {
      if (!facts.isDue) return undefined;
      const again = { ...lookAgain(facts), unresolved: openUnresolved(facts) };
      const looks = facts.view.ledger.op?.looks ?? 0;
      return stay(facts, { ...again, due_at: facts.nowMs + followMs(looks) }, 'not proved gone yet');
    },
  },
];
