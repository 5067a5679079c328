// Sends what is in the outbox: at least once, and in order per request. Number n goes only after a strongly consistent
// read finds number n−1 gone; a row leaves the outbox only after the plugin accepted it.

import type { WallClock } from '../src/clock.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import {
  type NotificationBody,
  notificationId,
  type OutboxRow,
  parseOutboxRow,
  SHARD,
} from '../src/notification.ts';
import { backOffMs } from '../src/policy.ts';
import { queryAll, type Row, type Store, type Write } from '../src/store.ts';
import { parseTimestamp, toDueAt } from '../src/timestamp.ts';
import { inSpan } from '../src/trace.ts';

/** refused: the plugin answered, and not with 200. unreachable: no answer in time. */
export type Delivery =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' | 'unreachable'; readonly why: string };

export type DeliverDeps = {
  readonly store: Store;
  readonly clock: WallClock;
  /** Gives up waiting when the signal is aborted. */
  readonly send: (body: NotificationBody, givingUp: AbortSignal) => Promise<Delivery>;
  readonly random: () => number;
  readonly mayAct: () => boolean;
  /** Aborted when this process stops, or leads no longer. */
  readonly ended: AbortSignal;
  readonly metrics: Pick<Metrics, 'notifications'>;
  readonly log: Log;
};

export type OutboxState = {
  readonly pending: number;
  readonly oldestSeconds: number;
  readonly lastError?: string;
};

/** Tries everything that is due, each request's oldest first. One dead or refused notification holds up its request only. */
export async function deliverNotifications(deps: DeliverDeps): Promise<OutboxState> {
  const { rows, unreadable } = await readOutbox(deps);
  const dueAt = toDueAt(deps.clock.nowMs());
  const due = rows.filter((row) => row.due_at <= dueAt);
  const requestIds = [...new Set(due.map((row) => row.request_id))];
  const queues = requestIds.map((id) => due.filter((row) => row.request_id === id));
  const ended = await Promise.allSettled(queues.map((queue) => deliverInOrder(deps, queue)));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const accepted = new Set(ended.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])));
  const left = rows.filter((row) => !accepted.has(row.notification_id));
  const state = outboxState(left, deps.clock.nowMs());
  return { ...state, pending: state.pending + unreadable };
}

/** A row that cannot be read is never dropped: it holds up its request, and is counted and logged until it is mended. */
async function readOutbox({
  store,
  log,
}: DeliverDeps): Promise<{ readonly rows: readonly OutboxRow[]; readonly unreadable: number }> {
  const rows: OutboxRow[] = [];
  let unreadable = 0;
  const partition = { attribute: 'shard', value: SHARD };
  for await (const row of queryAll(store, { table: 'outbox', index: 'gsi_due', partition })) {
    const parsed = parseOutboxRow(row);
    if (parsed !== undefined) rows.push(parsed);
    else {
      unreadable += 1;
      log.error('a notification cannot be read', { notification_id: row.notification_id });
    }
  }
  return { rows, unreadable };
}

/** Answers the ids of what was accepted. */
async function deliverInOrder(deps: DeliverDeps, queue: readonly OutboxRow[]): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (const row of [...queue].sort((a, b) => a.seq - b.seq)) {
    if (!deps.mayAct() || !(await isFirst(deps, row)) || !(await deliver(deps, row))) break;
    accepted.push(row.notification_id);
  }
  return accepted;
}

async function isFirst({ store, clock }: DeliverDeps, row: OutboxRow): Promise<boolean> {
  if (row.seq === 1) return true;
  const key = { notification_id: notificationId(row.request_id, row.seq - 1) };
  const before = await store.get('outbox', key);
  if (before === undefined) return true;
  if (isOutOfReach(before)) await store.transact([dueAgain(key, clock.nowMs())]);
  return false;
}

/** A hand took it out of the index in which whatever is due is found: what follows it would wait for ever. */
function isOutOfReach({ shard, due_at }: Row): boolean {
  return shard !== SHARD || typeof due_at !== 'string' || parseTimestamp(due_at) === undefined;
}

function dueAgain(key: { readonly notification_id: string }, nowMs: number): Write {
  const set = { shard: SHARD, due_at: toDueAt(nowMs) };
  return {
    kind: 'update',
    table: 'outbox',
    key,
    set,
    onlyIf: [{ attribute: 'notification_id', present: true }],
  };
}

async function deliver(deps: DeliverDeps, row: OutboxRow): Promise<boolean> {
  const { notification_id, request_id } = row;
  const key = { notification_id };
  const attributes = { 'jit.notification_id': notification_id, 'jit.request_id': request_id };
  const delivery = await inSpan('notify', attributes, () => deps.send(row.body, deps.ended));
  // Broken off by our own end, the attempt says nothing about the plugin: the next leader finds the row due at once.
  if (delivery.kind === 'unreachable' && deps.ended.aborted) return false;
  deps.metrics.notifications.inc({ outcome: delivery.kind });
  if (delivery.kind === 'accepted') {
    // Dying before this line sends it again: at least once, never not at all.
    await deps.store.transact([{ kind: 'delete', table: 'outbox', key }]);
    deps.log.info('a notification was accepted', {
      ...{ notification_id, request_id, status: row.body.status },
    });
    return true;
  }
  deps.log.warn('a notification was not accepted', {
    notification_id,
    request_id,
    outcome: delivery.kind,
    why: delivery.why,
  });
  const attempts = row.attempts + 1;
  const due_at = toDueAt(deps.clock.nowMs() + backOffMs(attempts, deps.random()));
  const set = { attempts, due_at, last_error: delivery.why };
  await deps.store.transact([
    // Another process may have delivered and removed it meanwhile: it must not come back as half a row.
    { kind: 'update', table: 'outbox', key, set, onlyIf: [{ attribute: 'notification_id', present: true }] },
  ]);
  return false;
}

function outboxState(rows: readonly OutboxRow[], nowMs: number): OutboxState {
  const oldest = Math.min(nowMs, ...rows.map((row) => parseTimestamp(row.created_at) ?? nowMs));
  const failed = rows.find((row) => row.last_error !== undefined);
  return {
    pending: rows.length,
    oldestSeconds: (nowMs - oldest) / 1000,
    ...(failed?.last_error === undefined ? {} : { lastError: failed.last_error }),
  };
}
