// What each step of a request's life writes: its row, its audit event and what people are told, as one transaction's
// items. Nothing here decides whether the step is due.

import { SYSTEM } from './audit-event.ts';
import type { Entry, Gone } from './ledger.ts';
import {
  AssignmentStatuses,
  type EndingStatus,
  isEnding,
  type RequestRow,
  requestKey,
  unchangedRequest,
} from './request.ts';
import { type Message, observed, requestStep } from './request-step.ts';
import type { Row, Write } from './store.ts';
import { toDueAt, toTimestamp } from './timestamp.ts';

/** Who ended a request, as far as is known. */
function endedBy(request: RequestRow): string {
  return request.revoked_by ?? SYSTEM.email;
}

/** A notification names a person by e-mail, else the system. */
function toldActor(by: string | undefined): string {
  return by?.includes('@') === true ? by : SYSTEM.email;
}

const LONGEST_MINUTES = 12 * 60;

/**
 * How long a grant lasts from the moment it is seen live: as long as was approved, which the ledger remembers, because
 * the row may have been edited since. Only a shorter duration counts then.
 */
function grantedUntilMs(request: RequestRow, entry: Entry, grantedMs: number): number {
  const typed = request.requested_duration_minutes;
  const approved = entry.minutes ?? LONGEST_MINUTES;
  if (typed === undefined && entry.minutes === undefined) return entry.until;
  return grantedMs + Math.min(typed ?? approved, approved) * 60_000;
}

/** Seen live: from now until `untilMs` the access is there. */
export function grantRequest(
  request: RequestRow,
  entry: Entry,
  nowMs: number,
): { readonly writes: readonly Write[]; readonly untilMs: number } {
  const grantedMs = Math.floor(nowMs / 1000) * 1000;
  const untilMs = grantedUntilMs(request, entry, grantedMs);
  const minutes = Math.round((untilMs - grantedMs) / 60_000);
  const writes = requestStep(request, nowMs, {
    set: {
      status: 'GRANTED',
      audited_status: 'GRANTED',
      grant_time: toTimestamp(grantedMs),
      end_time: toTimestamp(untilMs),
      due_at: toDueAt(untilMs),
      ...observed('LIVE', nowMs),
    },
    event: { type: 'GRANTED', actor: SYSTEM, details: { end_time: toTimestamp(untilMs) } },
    message: {
      status: 'GRANTED',
      actor: toldActor(request.approver_email),
      sentence: `Access granted for ${minutes} minutes, until ${toTimestamp(untilMs)}.`,
    },
  });
  return { writes, untilMs };
}

/** The creation was refused for good, or succeeded and is not there. What is live and wanted by nobody is removed next. */
export function failRequest(request: RequestRow, why: string, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: {
      status: 'ERROR',
      audited_status: 'ERROR',
      error_details: why,
      due_at: toDueAt(nowMs),
      ...observed('REMOVING', nowMs),
    },
    event: { type: 'ERROR', actor: SYSTEM, details: { error: why } },
    message: { status: 'ERROR', actor: SYSTEM.email, sentence: `Access could not be granted: ${why}` },
  });
}

/** The three times of a removal, and AWS's id of the operation that did it. Epoch milliseconds. */
export type Removal = {
  readonly requestedMs: number;
  readonly deletedMs: number;
  readonly confirmedAbsentMs: number;
  readonly awsRequestId?: string | undefined;
  /** How long sessions that were opened before may live on, milliseconds. */
  readonly sessionMs: number;
  /** Groups that hold the same permission set in the account: their members still have it. */
  readonly groups: readonly string[];
};

/** What the ledger remembers of a proof. */
export function removalOf(gone: Gone): Removal {
  return {
    requestedMs: gone.requested,
    deletedMs: gone.deleted,
    confirmedAbsentMs: gone.confirmed_absent,
    awsRequestId: gone.aws_request_id,
    sessionMs: gone.session_ms,
    groups: gone.groups ?? [],
  };
}

/** Seen gone: the ending is carried out, said and done with. */
export function settleRemoved(request: RequestRow, removal: Removal, nowMs: number): readonly Write[] {
  const sessionsUntil = toTimestamp(removal.deletedMs + removal.sessionMs);
  const details = {
    requested: toTimestamp(removal.requestedMs),
    deleted: toTimestamp(removal.deletedMs),
    confirmed_absent: toTimestamp(removal.confirmedAbsentMs),
    sessions_may_last_until: sessionsUntil,
    ...(removal.awsRequestId === undefined ? {} : { aws_request_id: removal.awsRequestId }),
    ...(removal.groups.length === 0 ? {} : { groups_with_the_same_access: removal.groups.join(', ') }),
  };
  const ending = endingOf(request);
  const message = removalMessage(request, ending, removal, sessionsUntil);
  return requestStep(request, nowMs, {
    set: {
      ...expirySet(request, removal.confirmedAbsentMs),
      ...observed('GONE', removal.confirmedAbsentMs),
      removed_at: toTimestamp(removal.confirmedAbsentMs),
      sessions_may_last_until: sessionsUntil,
    },
    remove: ['due_at'],
    event: { type: isEnding(request.audited_status) ? 'REMOVED' : 'EXPIRED', actor: SYSTEM, details },
    ...(message === undefined ? {} : { message }),
  });
}

/** The state in which a request ends: what was said of it, else that its time was over. */
function endingOf(request: RequestRow): EndingStatus {
  return isEnding(request.audited_status) ? request.audited_status : 'EXPIRED';
}

function expirySet(request: RequestRow, expiredMs: number): Row {
  if (isEnding(request.audited_status)) return {};
  return { status: 'EXPIRED', audited_status: 'EXPIRED', expired_at: toTimestamp(expiredMs) };
}

function removalMessage(
  request: RequestRow,
  ending: EndingStatus,
  removal: Removal,
  sessionsUntil: string,
): Message | undefined {
  // The ERROR itself was said when it happened. Typed over a grant, it is an ending that nobody has been told of.
  if (ending === 'ERROR' && request.grant_time === undefined) return undefined;
  const seconds = Math.max(0, Math.round((removal.confirmedAbsentMs - removal.requestedMs) / 1000));
  const said = ending === 'ERROR' ? 'Ended as ERROR' : 'Revoked';
  const what = ending === 'EXPIRED' ? 'The time was over' : `${said} by ${endedBy(request)}`;
  return {
    status: ending === 'EXPIRED' ? 'EXPIRED' : 'REVOKED',
    actor: toldActor(endedBy(request)),
    sentence: `${what}; the access was seen gone ${seconds} s later. Sessions opened before may last until ${sessionsUntil}.${throughGroups(removal)}`,
  };
}

/** Who is in a group is for the directory to say; that the group still gives the access, the list has shown. */
function throughGroups({ groups }: Removal): string {
  if (groups.length === 0) return '';
  const [which, whose] = groups.length === 1 ? ['Group', 'its'] : ['Groups', 'their'];
  return ` ${which} ${groups.join(', ')} still ${groups.length === 1 ? 'has' : 'have'} the same access: ${whose} members keep it.`;
}

/** Ended, but another request keeps the access: said as REVOKED, since the plugin's text for EXPIRED says "removed". */
export function settleKept(request: RequestRow, keptBy: readonly string[], nowMs: number): readonly Write[] {
  const ending = endingOf(request);
  const by = keptBy.join(', ');
  const what = ending === 'EXPIRED' ? 'the time of this request was over' : `revoked by ${endedBy(request)}`;
  return requestStep(request, nowMs, {
    set: { ...expirySet(request, nowMs), ...observed('KEPT', nowMs) },
    remove: ['due_at'],
    event: { type: 'KEPT', actor: SYSTEM, details: { kept_by: by, ended_as: ending } },
    // The ERROR itself was said when it happened.
    ...(ending === 'ERROR'
      ? {}
      : {
          message: {
            status: 'REVOKED' as const,
            actor: toldActor(endedBy(request)),
            sentence: `Access remains through request ${by}; ${what}.`,
          },
        }),
  });
}

/** Ended before it was ever approved: there was nothing to remove. */
export function settleNeverApproved(request: RequestRow, nowMs: number): readonly Write[] {
  const denied = request.audited_status === 'DENIED';
  const what = denied ? 'Denied' : `Withdrawn by ${endedBy(request)}`;
  return requestStep(request, nowMs, {
    remove: ['due_at'],
    event: {
      type: 'REMOVED',
      actor: SYSTEM,
      details: { note: 'never approved, so there was nothing to remove' },
    },
    message: {
      status: denied ? 'DENIED' : 'REVOKED',
      actor: toldActor(endedBy(request)),
      sentence: `${what} before it was approved; no access had been granted.`,
    },
  });
}

/** Nobody answered within the limit. */
export function lapseRequest(request: RequestRow, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: { status: 'EXPIRED', audited_status: 'EXPIRED', expired_at: toTimestamp(nowMs) },
    remove: ['due_at'],
    event: { type: 'EXPIRED', actor: SYSTEM, details: { note: 'nobody answered within the limit' } },
    message: {
      status: 'DENIED',
      actor: SYSTEM.email,
      sentence: 'Nobody approved or denied the request within the limit, so it lapsed.',
    },
  });
}

/** Its time was over before its tables were taken over from the previous system: audited, and told to nobody. */
export function expireTakenOver(request: RequestRow, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: { status: 'EXPIRED', audited_status: 'EXPIRED', expired_at: toTimestamp(nowMs), taken_over: true },
    remove: ['due_at'],
    event: {
      type: 'EXPIRED',
      actor: SYSTEM,
      details: {
        note: 'its time was over when it was taken over from the previous system',
        before: String(request.status),
      },
    },
  });
}

/** A person was revoked as a whole, or is frozen: the request flips as if it had been revoked by itself. */
export function revokeByHold(
  request: RequestRow,
  hold: { readonly actor_email: string; readonly reason: string },
  nowMs: number,
): readonly Write[] {
  return requestStep(request, nowMs, {
    set: {
      status: 'REVOKED',
      audited_status: 'REVOKED',
      revoked_at: toTimestamp(nowMs),
      revoked_by: hold.actor_email,
      due_at: toDueAt(nowMs),
      ...(request.approved_at === undefined ? {} : observed('REMOVING', nowMs)),
    },
    event: { type: 'REVOKED', actor: { email: hold.actor_email }, details: { reason: hold.reason } },
  });
}

/** The granted access was removed by another hand. It is reported and not made again. */
export function markMissing(request: RequestRow, nowMs: number): readonly Write[] {
  return requestStep(request, nowMs, {
    set: observed('MISSING', nowMs),
    event: {
      type: 'MISSING_FOUND',
      actor: SYSTEM,
      details: { note: 'the assignment was removed in AWS by another hand; it is not created again' },
    },
  });
}

/** Seen gone, as far as the row alone can say it: its event is still to come, and with it the settling. */
export function showRemoved(request: RequestRow, { confirmedAbsentMs }: Removal): Write {
  return {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    set: { ...observed('GONE', confirmedAbsentMs), removed_at: toTimestamp(confirmedAbsentMs) },
    onlyIf: unchangedRequest(request),
  };
}

/** What is observed of the access, without an event; only checked where the row says so already. */
export function observeRequest(request: RequestRow, status: string | undefined, nowMs: number): Write {
  const key = requestKey(request.request_id);
  const onlyIf = unchangedRequest(request);
  const known = AssignmentStatuses.find((each) => each === status);
  if (known === undefined || request.assignment_status === known)
    return { kind: 'check', table: 'requests', key, onlyIf };
  return { kind: 'update', table: 'requests', key, set: observed(known, nowMs), onlyIf };
}
