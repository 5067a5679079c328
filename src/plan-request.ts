// What a request's own row asks for, beside what is made of its assignment: endings typed by hand are adopted, other hand
// edits put back, people who were revoked as a whole flipped, unanswered requests lapsed. All of it is recording: the
// ending itself does not wait for it. Pure.

import { type Assignment, assignmentId } from './assignment.ts';
import {
  adoptClaimed,
  adoptTyped,
  assignmentPutBack,
  endTimeEdited,
  entryRestored,
  putBackStatus,
} from './hand-edit-changes.ts';
import type { Entry } from './ledger.ts';
import { isEndedByHold, isRevokedBefore, type PrincipalHold, unchangedHold } from './principal-hold.ts';
import {
  assignmentIdOf,
  type EndingStatus,
  isEnding,
  type RequestRow,
  type RequestStatus,
  statedEnding,
} from './request.ts';
import { lapseRequest, revokeByHold, settleNeverApproved } from './request-changes.ts';
import type { Write } from './store.ts';
import { isSameSecond, parseTimestamp } from './timestamp.ts';

export type RequestCase = {
  readonly request: RequestRow;
  /** The request's entry in the ledger of its assignment, where there is one. */
  readonly entry: Entry | undefined;
  /** What it was, by the audit, where it was lost. */
  readonly audited?: Entry | undefined;
  /** The assignment that it was approved for, by the audit, where its row names another. */
  readonly elsewhere?: Assignment | undefined;
  readonly hold: PrincipalHold | undefined;
  /** As in the view: nothing lapses or ends by such a clock. */
  readonly clockIsWrong?: boolean | undefined;
};

export type RequestChange = {
  readonly rule: string;
  readonly reason: string;
  readonly writes: readonly Write[];
  /** The ledger's entry ends earlier from now on, epoch milliseconds. */
  readonly shortenedToMs?: number;
  /** The entry was lost, and is put back. */
  readonly restored?: Entry;
};

type RequestRule = (given: RequestCase, nowMs: number, pendingTtlMs: number) => RequestChange | undefined;

const OPEN: readonly (RequestStatus | undefined)[] = ['PENDING', 'APPROVED', 'GRANTED', 'ERROR'];

/** Settled rows, and rows that this system never wrote, are nobody's command. */
function isOpenCase({ request, entry }: RequestCase): boolean {
  return request.due_at !== undefined || entry !== undefined;
}

/** What a request was approved for is said by its audit: a row that says otherwise was typed, and is put back. */
const putBackAssignment: RequestRule = ({ request, elsewhere }, nowMs) => {
  // Once it is put back, the row is still looked at here for as long as the look lasts.
  if (elsewhere === undefined || assignmentIdOf(request) === assignmentId(elsewhere)) return undefined;
  return {
    rule: 'typed-assignment',
    reason: 'it was approved for another assignment',
    writes: assignmentPutBack(request, elsewhere, nowMs),
  };
};

/** A typed ending is a command: access can be taken away by hand. */
const adopt: RequestRule = ({ request }, nowMs) => {
  const ending = typedEnding(request);
  if (ending === undefined) return undefined;
  return { rule: 'typed-ending', reason: `${ending} was typed`, writes: adoptTyped(request, ending, nowMs) };
};

/** The ending that the row states and nobody has audited yet. */
function typedEnding(request: RequestRow): EndingStatus | undefined {
  const stated = statedEnding(request);
  return request.audited_status === undefined || stated === request.audited_status ? undefined : stated;
}

/** Its ending was claimed by somebody's word, which the row does not say or says no longer. */
const adoptClaim: RequestRule = ({ request, entry }, nowMs) => {
  const { ended } = entry ?? {};
  if (ended === undefined || ended.as === 'EXPIRED' || !OPEN.includes(request.audited_status))
    return undefined;
  if (request.audited_status === 'ERROR') return undefined;
  return {
    rule: 'claimed-ending',
    reason: `${ended.as} was said before its ending was claimed`,
    writes: adoptClaimed(request, ended, nowMs),
  };
};

/** Any other typed status is put back: by hand, access can only be taken away. */
const putBack: RequestRule = ({ request }, nowMs) => {
  if (request.audited_status === undefined || request.status === request.audited_status) return undefined;
  return { rule: 'typed-other', reason: 'a typed status is put back', writes: putBackStatus(request, nowMs) };
};

/** A frozen person's requests end, and so do those that are older than a revocation of everything. */
const revokeHeld: RequestRule = ({ request, hold }, nowMs) => {
  if (hold === undefined || !OPEN.includes(request.audited_status)) return undefined;
  if (!isEndedByHold(hold, nowMs) && !isRevokedBefore(hold, request.created_at)) return undefined;
  // Lifted at this moment, it takes nothing more.
  const writes = [...revokeByHold(request, hold, nowMs), unchangedHold(hold.principal_id, hold)];
  return { rule: 'user-revoked', reason: hold.reason, writes };
};

/** An earlier end that was typed shortens; any other is put back. */
const checkEnd: RequestRule = ({ request, entry }, nowMs) => {
  if (entry === undefined) return undefined;
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return undefined;
  const typedMs = parseTimestamp(request.end_time);
  if (typedMs !== undefined && isSameSecond(typedMs, entry.until)) return undefined;
  if (entry.phase === 'ENDED' && !(typedMs !== undefined && typedMs < entry.until)) return undefined;
  return {
    rule: 'typed-end-time',
    reason: 'end_time was typed',
    writes: endTimeEdited(request, entry.until, nowMs),
    ...(typedMs !== undefined && typedMs < entry.until ? { shortenedToMs: typedMs } : {}),
  };
};

/** Nobody answered within the limit. Where the time of creation was spoiled, the time that was due counts. */
const lapse: RequestRule = ({ request, clockIsWrong }, nowMs, pendingTtlMs) => {
  if (request.audited_status !== 'PENDING' || clockIsWrong === true) return undefined;
  const createdMs = parseTimestamp(request.created_at);
  const limitMs = createdMs === undefined ? parseTimestamp(request.due_at) : createdMs + pendingTtlMs;
  if (limitMs === undefined || nowMs < limitMs) return undefined;
  return { rule: 'lapsed', reason: 'nobody answered', writes: lapseRequest(request, nowMs) };
};

/**
 * The ledger lost what the audit knows: what somebody was given is neither forgotten nor taken for nobody's. Also where
 * its time is over: then it ends like any entry, whatever end a hand typed into the row.
 */
const restoreEntry: RequestRule = ({ request, entry, audited }, nowMs) => {
  if (entry !== undefined || audited === undefined) return undefined;
  return {
    rule: 'entry-restored',
    reason: 'the ledger had lost it, and the audit knows it',
    writes: entryRestored(request, audited.until, nowMs),
    restored: audited,
  };
};

/** Anything that an approval or what follows it leaves behind; old rows lack some of it. */
function wasEverApproved(request: RequestRow): boolean {
  const traces = [request.approved_at, request.grant_time, request.assignment_status, request.assignment_id];
  return traces.some((trace) => trace !== undefined);
}

/** Whether it has ended, by a word or by its time, and the ledger says nothing of it. */
function isEndedWithoutEntry({ request, entry, clockIsWrong }: RequestCase, nowMs: number): boolean {
  if (entry !== undefined || request.due_at === undefined) return false;
  if (statedEnding(request) !== undefined) return true;
  const overMs = parseTimestamp(request.end_time) ?? parseTimestamp(request.due_at);
  return isApproved(request) && clockIsWrong !== true && overMs !== undefined && overMs <= nowMs;
}

function isApproved({ audited_status: audited }: RequestRow): boolean {
  return audited === 'APPROVED' || audited === 'GRANTED';
}

/** What was never approved has nothing to remove. */
const settleWithoutEntry: RequestRule = (given, nowMs) => {
  const { request } = given;
  if (!isEndedWithoutEntry(given, nowMs) || !isEnding(request.audited_status)) return undefined;
  if (wasEverApproved(request)) return undefined;
  return {
    rule: 'never-approved',
    reason: 'ended before it was approved',
    writes: settleNeverApproved(request, nowMs),
  };
};

/**
 * The entry that has to be added, ended: what was ever approved is ended through the ledger like any access, also where
 * its entry was lost or the previous system left it behind. Undefined where the ledger knows it, or it has not ended.
 */
export function entryToEnd(given: RequestCase, nowMs: number): Entry | undefined {
  const { request, elsewhere } = given;
  if (elsewhere !== undefined || !isEndedWithoutEntry(given, nowMs)) return undefined;
  if (!isApproved(request) && !wasEverApproved(request)) return undefined;
  const until = Math.min(nowMs, parseTimestamp(request.end_time) ?? nowMs);
  return { phase: 'ENDED', until };
}

export const RequestRules: readonly RequestRule[] = [
  putBackAssignment,
  adopt,
  adoptClaim,
  putBack,
  revokeHeld,
  checkEnd,
  lapse,
  restoreEntry,
  settleWithoutEntry,
];

/** The first thing to do about a request's own row; undefined when there is nothing. */
export function planRequest(
  given: RequestCase,
  nowMs: number,
  pendingTtlMs: number,
): RequestChange | undefined {
  if (!isOpenCase(given)) return undefined;
  for (const rule of RequestRules) {
    const change = rule(given, nowMs, pendingTtlMs);
    if (change !== undefined) return change;
  }
  return undefined;
}
