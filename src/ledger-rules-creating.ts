// The rows of the state table for CREATING and CREATED: an operation of AWS makes an assignment that a request wants,
// and it is believed when a fresh list shows it.

import type { Ledger } from './ledger.ts';
import { type Facts, isUnknownToAws, isVerdictOverdue } from './ledger-facts.ts';
import {
  atRest,
  backedOff,
  lookAgain,
  observeAll,
  type Rule,
  type Transition,
  withEnded,
  withPhase,
} from './ledger-rule.ts';
import { unchangedHold } from './principal-hold.ts';
import { failRequest, grantRequest } from './request-changes.ts';
import { parseTimestamp } from './timestamp.ts';

/** The request whose Create is under way. */
function creator(facts: Facts): string {
  return facts.view.ledger.op?.request_id ?? '';
}

function stillWants(facts: Facts): boolean {
  return facts.standings.waiting.includes(creator(facts)) || isUnread(facts);
}

/**
 * Its request cannot be read now. That is no word that it stopped wanting: at rest it would be created once more as soon
 * as it can be read, although that had succeeded.
 */
function isUnread({ view, standings }: Facts): boolean {
  const id = view.ledger.op?.request_id ?? '';
  return view.unread?.requests !== undefined && standings.quarantined.includes(id);
}

/** A status that was typed over an approval is put back first: nothing is given on a row that says two things. */
export function isAsAudited({ view }: Facts, requestId: string): boolean {
  const request = view.requests.get(requestId);
  return request !== undefined && request.status === request.audited_status;
}

/** The claim of a Create: as read, approved, not frozen; the ledger says so before AWS is called. */
export function claimCreate(facts: Facts, requestId: string, reason: string): Transition {
  const { ledger, hold } = facts.view;
  const repeated = ledger.stage === 'CREATING';
  const next: Ledger = {
    ...ledger,
    stage: 'CREATING',
    op: { kind: 'CREATE', request_id: requestId, claimed_at: facts.nowMs, looks: 0 },
    attempts: repeated ? ledger.attempts : 0,
    trying_since: repeated ? ledger.trying_since : facts.nowMs,
    last_error: undefined,
    absent_since: undefined,
    sighting: undefined,
    due_at: facts.nowMs,
  };
  return {
    next,
    writes: [
      ...observeAll(facts, [requestId], 'CREATING'),
      unchangedHold(ledger.assignment.principalId, hold),
    ],
    call: 'CREATE',
    priority: 'grant',
    reason,
    requestIds: [requestId],
  };
}

function stay(facts: Facts, next: Ledger, reason: string): Transition {
  return { next, writes: [], priority: 'grant', reason, requestIds: [creator(facts)] };
}

/** Its request no longer wants it: back to rest, where the ending is claimed. */
function stopped(facts: Facts): Transition {
  const { ledger } = facts.view;
  const { op } = ledger;
  const open = facts.operation.kind === 'waiting' && ledger.stage === 'CREATING' ? op?.id : undefined;
  const next: Ledger = {
    ...atRest(ledger, facts.nowMs),
    entries: withEnded(facts, facts.standings.ended),
    unresolved:
      open === undefined ? ledger.unresolved : [...ledger.unresolved, { id: open, since: facts.nowMs }],
  };
  return stay(facts, next, 'the request stopped wanting it while it was being created');
}

/** The creation will not come: the request says why, and what is live all the same is ended like any other access. */
function failed(facts: Facts, why: string): Transition | undefined {
  const { ledger, requests } = facts.view;
  // Nobody would be told: a request that cannot be read takes no ERROR.
  if (isUnread(facts)) return undefined;
  const request = requests.get(creator(facts));
  return {
    next: { ...atRest(ledger, facts.nowMs), entries: withPhase(ledger, [creator(facts)], 'ENDED') },
    writes: request === undefined ? [] : failRequest(request, why, facts.nowMs),
    priority: 'grant',
    reason: why,
    requestIds: [creator(facts)],
  };
}

function made(facts: Facts, reason: string): Transition {
  const { ledger } = facts.view;
  const next: Ledger = {
    ...ledger,
    stage: 'CREATED',
    // Its verdict is in: the operation's place is free for the next one.
    op: ledger.op === undefined ? undefined : { ...ledger.op, id: undefined, looks: 0 },
    attempts: 0,
    last_error: undefined,
    absent_since: undefined,
    due_at: facts.nowMs,
  };
  return stay(facts, next, reason);
}

function granted(facts: Facts): Transition | undefined {
  const { ledger, requests } = facts.view;
  const id = creator(facts);
  const request = requests.get(id);
  const entry = ledger.entries[id];
  if (request === undefined || entry === undefined) return undefined;
  const { writes, untilMs } = grantRequest(request, entry, facts.nowMs);
  const entries = { ...ledger.entries, [id]: { phase: 'GRANTED' as const, until: untilMs } };
  return {
    next: { ...atRest(ledger, facts.nowMs), entries, removals: undefined },
    writes,
    priority: 'grant',
    reason: 'a fresh list shows the access',
    requestIds: [id],
    measured: {
      what: 'grant',
      durationMs: facts.nowMs - (parseTimestamp(request.approved_at) ?? facts.nowMs),
    },
  };
}

export const CreatingRules: readonly Rule[] = [
  {
    name: 'creating-stopped',
    stage: 'CREATING',
    ending: true,
    event: 'stopped wanting; on its verdict, where AWS does not know it, or after 2 min',
    next: 'REST, ended; an id without verdict goes into unresolved',
    apply: (facts) => {
      if (stillWants(facts)) return undefined;
      const waits = facts.operation.kind === 'waiting' && !isVerdictOverdue(facts);
      const over = !waits || isUnknownToAws(facts.view, facts.nowMs);
      return over ? stopped(facts) : undefined;
    },
  },
  {
    name: 'creating-succeeded',
    stage: 'CREATING',
    event: 'SUCCEEDED',
    next: 'CREATED',
    apply: (facts) => (facts.operation.kind === 'succeeded' ? made(facts, 'AWS reports success') : undefined),
  },
  {
    name: 'creating-failed-but-live',
    stage: 'CREATING',
    event: 'FAILED, but a fresh list shows it',
    next: 'CREATED',
    apply: (facts) => {
      const { operation } = facts;
      const failedVerdict = (operation.kind === 'refused' || operation.kind === 'again') && operation.asked;
      return failedVerdict && facts.view.live.verdict?.kind === 'failed' && facts.present
        ? made(facts, 'AWS reports failure, but the access is there')
        : undefined;
    },
  },
  {
    name: 'creating-refused',
    stage: 'CREATING',
    event: 'refused for good',
    next: 'REST, request ERROR, ended',
    apply: (facts) => {
      if (facts.scopeProblem !== undefined && facts.operation.kind === 'again') {
        return failed(facts, facts.scopeProblem);
      }
      if (facts.operation.kind !== 'refused') return undefined;
      return facts.operation.asked && !facts.absent ? undefined : failed(facts, facts.operation.message);
    },
  },
  {
    name: 'creating-failed',
    stage: 'CREATING',
    event: 'lost, conflict, throttle, transient: known now',
    next: 'same, backed off',
    apply: (facts) => {
      const { operation, view } = facts;
      if (operation.kind !== 'again' || view.ledger.op?.id === undefined) return undefined;
      return stay(facts, backedOff(facts, operation.failure), operation.failure.message);
    },
  },
  {
    name: 'creating-again',
    stage: 'CREATING',
    event: 'lost, conflict, throttle, transient: its turn again',
    next: 'same; Create',
    apply: (facts) =>
      facts.operation.kind === 'again' && facts.isDue && isAsAudited(facts, creator(facts))
        ? claimCreate(facts, creator(facts), `again: ${facts.operation.failure.message}`)
        : undefined,
  },
  {
    name: 'creating-runs',
    stage: 'CREATING',
    event: 'no verdict yet',
    next: 'same, look again later',
    apply: (facts) => (facts.isDue ? stay(facts, lookAgain(facts), 'AWS is at it') : undefined),
  },
  {
    name: 'created-stopped',
    stage: 'CREATED',
    ending: true,
    event: 'stopped wanting',
    next: 'REST, ended',
    apply: (facts) => (stillWants(facts) ? undefined : stopped(facts)),
  },
  {
    name: 'created-live',
    stage: 'CREATED',
    event: 'a fresh list shows it',
    next: 'REST, request GRANTED, outbox',
    apply: (facts) => (facts.present ? granted(facts) : undefined),
  },
  {
    name: 'created-gone',
    stage: 'CREATED',
    event: 'gone',
    next: 'REST, request ERROR, ended',
    apply: (facts) =>
      facts.absentTwice && facts.view.sightLost === undefined
        ? failed(facts, 'AWS reported the creation as done, but the access is not there')
        : undefined,
  },
  {
    name: 'created-unseen',
    stage: 'CREATED',
    event: 'not seen yet',
    next: 'same, look again later',
    apply: (facts) => (facts.isDue ? stay(facts, lookAgain(facts), 'not in the list yet') : undefined),
  },
];
