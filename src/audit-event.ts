// What happened, append-only. An event is written in the transaction that makes it true, under a key that carries its
// sequence within the request, so that the same transition can never be audited twice.

import type { RequestRow } from './request.ts';
import type { Row, Write } from './store.ts';
import { parseTimestamp, toTimestamp } from './timestamp.ts';

export const AuditEventTypes = [
  'REQUESTED',
  'APPROVED',
  'DENIED',
  'GRANTED',
  'REVOKED',
  'EXPIRED',
  'ERROR',
  'REMOVED',
  'KEPT',
  'ORPHAN_FOUND',
  'ORPHAN_REMOVED',
  'MISSING_FOUND',
  'HAND_EDIT',
  'USER_FROZEN',
  'USER_UNFROZEN',
  'RECONCILE_FORCED',
  'WITHHELD',
  'RELEASED',
] as const;
export type AuditEventType = (typeof AuditEventTypes)[number];

/** Who did it. `system` where nobody did. */
export type Actor = { readonly email: string; readonly mmUserId?: string };
export const SYSTEM: Actor = { email: 'system' };

export type AuditDetails = Readonly<Record<string, string>>;

/**
 * The event's row, and what the request's row must say from then on; both belong in one transaction.
 * The event's time is `nowMs`, or the time of the event before where a clock runs behind.
 */
export function requestEvent(
  request: Pick<RequestRow, 'request_id' | 'account_id' | 'channel_id' | 'audit_seq' | 'last_event_at'>,
  event: {
    readonly type: AuditEventType;
    readonly actor: Actor;
    readonly details: AuditDetails;
    readonly nowMs: number;
  },
): { readonly write: Write; readonly requestSet: Row } {
  const at = toTimestamp(Math.max(event.nowMs, parseTimestamp(request.last_event_at) ?? 0));
  const seq = request.audit_seq + 1;
  const eventId = `${sequence(seq)}-${event.type}`;
  const row = {
    request_id: request.request_id,
    ...(request.account_id === undefined ? {} : { account_id: request.account_id }),
    ...(request.channel_id === '' ? {} : { channel_id: request.channel_id }),
    ...eventAttributes(at, eventId, event.type, event.actor, event.details),
  };
  return { write: appendOnly(row), requestSet: { audit_seq: seq, last_event_at: at } };
}

/**
 * An event that belongs to no request, filed under `assignment#<id>` or `control#…`. `version` is the version of the
 * row written in the same transaction: it makes the key unique.
 */
export function subjectEvent(event: {
  readonly subject: `assignment#${string}` | `control#${string}`;
  readonly accountId?: string;
  readonly version: number | string;
  readonly type: AuditEventType;
  readonly actor: Actor;
  readonly details: AuditDetails;
  readonly nowMs: number;
}): Write {
  const at = toTimestamp(event.nowMs);
  const eventId = `${event.version}-${event.type}`;
  return appendOnly({
    request_id: event.subject,
    ...(event.accountId === undefined ? {} : { account_id: event.accountId }),
    ...eventAttributes(at, eventId, event.type, event.actor, event.details),
  });
}

function eventAttributes(
  at: string,
  eventId: string,
  type: AuditEventType,
  actor: Actor,
  details: AuditDetails,
): Row {
  return {
    event_time_event_id: `${at}#${eventId}`,
    event_time: at,
    event_id: eventId,
    event_type: type,
    actor_email: actor.email,
    ...(actor.mmUserId === undefined ? {} : { actor_mm_user_id: actor.mmUserId }),
    details,
  };
}

/** Six digits, so that the order of the keys is the order of the events within one second. */
export function sequence(n: number): string {
  return String(n).padStart(6, '0');
}

function appendOnly(row: Row): Write {
  return { kind: 'put', table: 'audit', row, onlyIf: [{ attribute: 'event_time_event_id', absent: true }] };
}
