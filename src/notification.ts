// What the chat plugin is told, as a row of the outbox that is written with the record that makes it true.

import { z } from 'zod';
import { sequence } from './audit-event.ts';
import type { RequestRow } from './request.ts';
import type { Row, Write } from './store.ts';
import { toDueAt } from './timestamp.ts';

export const NotificationStatuses = ['GRANTED', 'REVOKED', 'EXPIRED', 'ERROR', 'DENIED'] as const;
export type NotificationStatus = (typeof NotificationStatuses)[number];

export const NotificationBody = z.object({
  request_id: z.string(),
  status: z.enum(NotificationStatuses),
  account_id: z.string(),
  channel_id: z.string(),
  /** A person's e-mail, else `system`. */
  actor: z.string(),
  /** One entry: a sentence with what a person wants to know. */
  details: z.record(z.string(), z.string()),
});
export type NotificationBody = z.output<typeof NotificationBody>;

const OutboxRowSchema = z.object({
  notification_id: z.string().regex(/^.+#\d{6,}$/),
  shard: z.string(),
  due_at: z.string(),
  created_at: z.string().catch(''),
  attempts: z.int().nonnegative().catch(0),
  last_error: z.string().optional().catch(undefined),
  body: NotificationBody,
});

export type OutboxRow = z.output<typeof OutboxRowSchema> & {
  readonly request_id: string;
  readonly seq: number;
};

/** Whose it is and in which place its key says, and what is told its body: whatever a hand did beside these holds up nobody. */
export function parseOutboxRow(row: Row): OutboxRow | undefined {
  const { data } = OutboxRowSchema.safeParse(row);
  if (data === undefined) return undefined;
  const at = data.notification_id.lastIndexOf('#');
  return {
    ...data,
    request_id: data.notification_id.slice(0, at),
    seq: Number(data.notification_id.slice(at + 1)),
  };
}

/** The only value of `shard`: one partition of `gsi_due` holds all that is due. */
export const SHARD = 'all';

/** `<request_id>#<6-digit seq>`: number n is sent only after a consistent read finds n−1 gone. */
export function notificationId(requestId: string, seq: number): string {
  return `${requestId}#${sequence(seq)}`;
}

/** The outbox row of a request's next notification, and what the request's row must say from then on. */
export function nextNotification(
  request: Pick<RequestRow, 'request_id' | 'account_id' | 'channel_id' | 'notification_seq'>,
  message: {
    readonly status: NotificationStatus;
    readonly actor: string;
    readonly sentence: string;
    readonly nowMs: number;
  },
): { readonly write: Write; readonly requestSet: Row } {
  const seq = request.notification_seq + 1;
  const row: OutboxRow = {
    notification_id: notificationId(request.request_id, seq),
    request_id: request.request_id,
    seq,
    shard: SHARD,
    due_at: toDueAt(message.nowMs),
    created_at: toDueAt(message.nowMs),
    attempts: 0,
    body: {
      request_id: request.request_id,
      status: message.status,
      account_id: request.account_id ?? '',
      channel_id: request.channel_id,
      actor: message.actor,
      details: { note: message.sentence },
    },
  };
  return {
    write: { kind: 'put', table: 'outbox', row, onlyIf: [{ attribute: 'notification_id', absent: true }] },
    requestSet: { notification_seq: seq },
  };
}
