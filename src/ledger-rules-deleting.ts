// The rows of the state table for DELETING and DELETED: an operation of AWS removes an assignment, and its requests are
// told so when a fresh list has been seen without it.

import type { Ledger } from './ledger.ts';
import { endingRequestedMs, type Facts, openUnresolved } from './ledger-facts.ts';
import {
  absentSince,
  atRest,
  backedOff,
  lookAgain,
  observeAll,
  type Rule,
  type Transition,
  withEnded,
} from './ledger-rule.ts';
import { followMs, isStuck, OUT_OF_SCOPE_LOOK_MS } from './policy.ts';
import { presentPriority, priorityOf } from './present-priority.ts';
import { unchangedHold } from './principal-hold.ts';
import { settle } from './settle-ending.ts';
import type { Write } from './store.ts';

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

function stay(facts: Facts, next: Ledger, reason: string): Transition {
  return { next, writes: [], priority: presentPriority(facts), reason, requestIds: facts.standings.ended };
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
