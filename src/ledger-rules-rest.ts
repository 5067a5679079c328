// The rows of the state table for REST: nothing is under way, so this is where everything begins, what other hands did
// is noticed, and who is told that their access stays with another request.

import { SYSTEM, subjectEvent } from './audit-event.ts';
import { isContested } from './contested.ts';
import type { Ledger } from './ledger.ts';
import type { Facts } from './ledger-facts.ts';
import { absentSince, type Rule, recordable, restDueAt, type Transition, withPhase } from './ledger-rule.ts';
import { claimCreate, isAsAudited } from './ledger-rules-creating.ts';
import { claimDelete } from './ledger-rules-deleting.ts';
import { OUT_OF_SCOPE_LOOK_MS } from './policy.ts';
import { isEndedByHold, isFrozen } from './principal-hold.ts';
import { endedGone, kept, recorded, shown } from './record-ending.ts';
import { markMissing } from './request-changes.ts';
import { stayAtRest } from './stay-at-rest.ts';
import { isUnexplained, isWatched, orphan, sighted } from './unexplained.ts';

function missing(facts: Facts): Transition {
  const { ledger, requests } = facts.view;
  const batch = recordable(facts, 'rest-missing', facts.standings.granted);
  return {
    next: {
      ...ledger,
      entries: withPhase(ledger, batch, 'MISSING'),
      absent_since: undefined,
      due_at: facts.nowMs,
    },
    writes: batch
      .flatMap((id) => requests.get(id) ?? [])
      .flatMap((request) => markMissing(request, facts.nowMs)),
    priority: 'sweep',
    reason: 'the granted access is gone by another hand',
    requestIds: batch,
  };
}

/** The sight of a granted access is lost, or is back: what people are told of the access stays as it is. */
function sightChanged(facts: Facts, type: 'WITHHELD' | 'RELEASED', note: string): Transition {
  const { ledger } = facts.view;
  const lost = type === 'WITHHELD';
  const event = subjectEvent({
    subject: `assignment#${ledger.assignment_id}`,
    accountId: ledger.assignment.accountId,
    version: Math.abs(ledger.version) + 1,
    type,
    actor: SYSTEM,
    details: { note },
    nowMs: facts.nowMs,
  });
  const next = lost
    ? { ...ledger, lost_sight: facts.nowMs }
    : { ...ledger, lost_sight: undefined, absent_since: undefined };
  const due_at = lost ? facts.nowMs + facts.policy.graceMs : restDueAt(ledger, facts.nowMs);
  return { ...stayAtRest(facts, { ...next, due_at }, note), writes: [event] };
}

/** Nothing of it is left to remember: no request, no sighting, nobody to watch for. */
function isForgettable(facts: Facts): boolean {
  const { ledger } = facts.view;
  const watched = ledger.watch_until === undefined || ledger.watch_until <= facts.nowMs;
  if (isContested(ledger, facts.nowMs)) return false;
  return Object.keys(ledger.entries).length === 0 && watched && facts.absent && ledger.version > 0;
}

function mayCreate(facts: Facts): boolean {
  const { ledger } = facts.view;
  const waits = ledger.delete_unanswered === true && (ledger.watch_until ?? 0) > facts.nowMs;
  return !waits && facts.view.unread === undefined && !isFrozen(facts.view.hold, facts.nowMs);
}

/** What is still to be ended, kept or recorded does not sleep until the next end. */
function nextDueAt({ view, nowMs, policy, standings }: Facts): number | undefined {
  const due = restDueAt(view.ledger, nowMs);
  if (standings.ended.length + standings.gone.length === 0) return due;
  return Math.min(due ?? Number.POSITIVE_INFINITY, nowMs + policy.graceMs);
}

/** What the list says is remembered where it differs from what the row says. */
function changedMemory(facts: Facts): Ledger | undefined {
  const { ledger } = facts.view;
  if (!facts.present && !facts.absent) return undefined;
  const isGivenOrEnded = facts.standings.granted.length + facts.standings.ended.length > 0;
  const since = isGivenOrEnded ? absentSince(facts) : undefined;
  const sighting = isStillSighted(facts) ? ledger.sighting : undefined;
  if (since === ledger.absent_since && sighting === ledger.sighting) return undefined;
  const second = since === undefined ? [] : [since + facts.policy.graceMs];
  const due = Math.min(...second, nextDueAt(facts) ?? Number.POSITIVE_INFINITY);
  return { ...ledger, absent_since: since, sighting, due_at: Number.isFinite(due) ? due : undefined };
}

/** Half a view explains nothing: what was sighted, and is held, stays so until all of it can be read. */
function isStillSighted(facts: Facts): boolean {
  return isUnexplained(facts) || (facts.present && facts.view.unread !== undefined);
}

/** An orphan, and what is out of scope, is looked at by the sweep; anything else that could not be seen is looked at again after the grace. */
function idleDueAt(facts: Facts): number | undefined {
  const { ledger } = facts.view;
  const due = nextDueAt(facts);
  if (ledger.lost_sight !== undefined)
    return Math.min(due ?? Number.POSITIVE_INFINITY, facts.nowMs + facts.policy.graceMs);
  const isSettled = ledger.sighting !== undefined || facts.scopeProblem !== undefined;
  return due ?? (isSettled ? undefined : facts.nowMs + facts.policy.graceMs);
}

/** What is due and not looked at again before its next end; it never goes before something that was put off. */
export const IDLE_RULE = 'rest-idle';

export const RestRules: readonly Rule[] = [
  {
    name: 'rest-kept',
    stage: 'REST',
    event: 'ended entries, another wants, and a fresh list shows it',
    next: 'REST, KEPT with by whom, outbox; entries leave',
    apply: (facts) =>
      facts.present && facts.standings.ended.length > 0 && facts.standings.keeping.length > 0
        ? kept(facts)
        : undefined,
  },
  {
    name: 'rest-ended-gone',
    stage: 'REST',
    event: 'ended entries, only what cannot be understood keeps it, and it is gone',
    next: 'REST; entries gone, to be recorded',
    apply: (facts) => {
      const { ended, keeping, granted, waiting } = facts.standings;
      const isKept = keeping.length > 0 && granted.length + waiting.length === 0;
      return facts.absentTwice && ended.length > 0 && isKept ? endedGone(facts) : undefined;
    },
  },
  {
    name: 'rest-recorded',
    stage: 'REST',
    event: 'seen gone, and not recorded',
    next: 'REST; settled, outbox; entry leaves',
    apply: recorded,
  },
  {
    name: 'rest-shown',
    stage: 'REST',
    event: 'seen gone, and its events cannot be written',
    next: 'same; the row says it is gone',
    apply: shown,
  },
  {
    name: 'rest-out-of-scope',
    stage: 'REST',
    event: 'ended or waiting entries, out of scope',
    next: 'same, stuck, nothing called',
    apply: (facts) => {
      const { ended, waiting } = facts.standings;
      if (facts.scopeProblem === undefined || !facts.isDue || ended.length + waiting.length === 0)
        return undefined;
      return stayAtRest(
        facts,
        { ...facts.view.ledger, due_at: facts.nowMs + OUT_OF_SCOPE_LOOK_MS },
        facts.scopeProblem,
      );
    },
  },
  {
    name: 'rest-ended',
    stage: 'REST',
    ending: true,
    event: 'ended entries, none wants',
    next: 'DELETING; Delete',
    apply: (facts) => {
      const { ended, keeping } = facts.standings;
      if (ended.length === 0 || keeping.length > 0 || facts.scopeProblem !== undefined) return undefined;
      return claimDelete(facts, 'stated', 'every request that wanted it has ended');
    },
  },
  {
    name: 'rest-wanted',
    stage: 'REST',
    event: 'an entry that waits wants',
    next: 'CREATING; Create',
    apply: (facts) => {
      const first = facts.standings.waiting.find((id) => isAsAudited(facts, id));
      if (first === undefined || facts.scopeProblem !== undefined || !mayCreate(facts)) return undefined;
      return claimCreate(facts, first, 'approved, and not created yet');
    },
  },
  {
    name: 'rest-watched',
    stage: 'REST',
    event: 'before watch_until, or of a frozen user: live, none wants',
    next: 'DELETING; Delete (stated)',
    apply: (facts) => {
      if (!isUnexplained(facts)) return undefined;
      if (isWatched(facts)) return claimDelete(facts, 'stated', 'a late Create brought back what was ended');
      return isEndedByHold(facts.view.hold, facts.nowMs)
        ? claimDelete(facts, 'stated', 'the user is frozen')
        : undefined;
    },
  },
  {
    name: 'rest-missing',
    stage: 'REST',
    event: 'a granted entry is gone',
    next: 'REST, MISSING_FOUND; entry MISSING',
    apply: (facts) => {
      // How far two lists are apart cannot be told by a clock that is wrong.
      if (facts.view.clockIsWrong === true || facts.view.sightLost !== undefined) return undefined;
      return facts.absentTwice && facts.standings.granted.length > 0 ? missing(facts) : undefined;
    },
  },
  {
    name: 'rest-lost-sight',
    stage: 'REST',
    event: 'a granted entry is in no list, as much else',
    next: 'REST, WITHHELD; it is taken for live',
    apply: (facts) => {
      const { sightLost, ledger } = facts.view;
      if (!facts.absentTwice || sightLost === undefined || facts.standings.granted.length === 0)
        return undefined;
      return ledger.lost_sight === undefined ? sightChanged(facts, 'WITHHELD', sightLost) : undefined;
    },
  },
  {
    name: 'rest-seen-again',
    stage: 'REST',
    event: 'it is in the list again',
    next: 'REST, RELEASED; as before',
    apply: (facts) =>
      facts.present && facts.view.ledger.lost_sight !== undefined
        ? sightChanged(facts, 'RELEASED', 'it is in the list again, and is what it was before')
        : undefined,
  },
  {
    name: 'rest-sighted',
    stage: 'REST',
    event: 'live and unexplained for the first time',
    next: 'REST, ORPHAN_FOUND; sighting',
    apply: (facts) =>
      isUnexplained(facts) && facts.view.ledger.sighting === undefined ? sighted(facts) : undefined,
  },
  {
    name: 'rest-orphan',
    stage: 'REST',
    event: 'live in two lists a grace apart, unexplained',
    next: 'DELETING, or withheld',
    apply: (facts) => (isUnexplained(facts) ? orphan(facts) : undefined),
  },
  {
    name: 'rest-forget',
    stage: 'REST',
    event: 'nothing left to remember',
    next: 'the row is dropped',
    apply: (facts) =>
      isForgettable(facts)
        ? { ...stayAtRest(facts, facts.view.ledger, 'nothing left to remember'), drop: true }
        : undefined,
  },
  {
    name: 'rest-remembered',
    stage: 'REST',
    event: 'the list says something new',
    next: 'REST, remembered',
    apply: (facts) => {
      const next = changedMemory(facts);
      return next === undefined ? undefined : stayAtRest(facts, next, 'the list says something new');
    },
  },
  {
    name: IDLE_RULE,
    stage: 'REST',
    event: 'due, and nothing to do',
    next: 'REST, due at the next end',
    apply: (facts) =>
      facts.isDue
        ? stayAtRest(facts, { ...facts.view.ledger, due_at: idleDueAt(facts) }, 'nothing to do now')
        : undefined,
  },
];
