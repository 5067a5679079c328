// One step of a request's life as one transaction's items: the row under the condition that it is as it was read, the
// event of the step, and the message to people. It knows nothing of which steps there are.

import { type Actor, type AuditDetails, type AuditEventType, requestEvent } from './audit-event.ts';
import { type NotificationStatus, nextNotification } from './notification.ts';
import {
  type AssignmentStatus,
  isCanaryRequest,
  type RequestRow,
  requestKey,
  unchangedRequest,
} from './request.ts';
import type { Row, Write } from './store.ts';
import { toTimestamp } from './timestamp.ts';

export type Event = { readonly type: AuditEventType; readonly actor: Actor; readonly details: AuditDetails };
export type Message = {
  readonly status: NotificationStatus;
  readonly actor: string;
  readonly sentence: string;
};

/** One step: the row is as it was read and becomes `set`, the event is appended, and the message goes to the outbox. */
export function requestStep(
  request: RequestRow,
  nowMs: number,
  what: {
    readonly set?: Row;
    readonly remove?: readonly string[];
    readonly event: Event;
    readonly message?: Message;
  },
): readonly Write[] {
  const event = requestEvent(request, { ...what.event, nowMs });
  const said = isCanaryRequest(request.request_id) ? undefined : what.message;
  const message = said === undefined ? undefined : nextNotification(request, { ...said, nowMs });
  const row: Write = {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    set: { ...what.set, ...event.requestSet, ...message?.requestSet },
    ...(what.remove === undefined ? {} : { remove: what.remove }),
    onlyIf: unchangedRequest(request),
  };
  return [row, event.write, ...(message === undefined ? [] : [message.write])];
}

/** What is observed of the access, and since when. */
export function observed(status: AssignmentStatus, nowMs: number): Row {
  return { assignment_status: status, assignment_status_since: toTimestamp(nowMs) };
}
