// The outbox: at least once, in order per request, and one dead notification holds up its own request only.

import { expect, it } from 'vitest';
import { type Delivery, deliverNotifications } from '../../reconciler/deliver-notifications.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type NotificationBody, notificationId, SHARD } from '../../src/notification.ts';
import type { Row } from '../../src/store.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { MINUTE, NOW, SECOND } from '../plan-builders.ts';

const ACCEPTED: Delivery = { kind: 'accepted' };
const DOWN: Delivery = { kind: 'unreachable', why: 'no route' };

function aNotification(requestId: string, seq: number, overrides: Row = {}): Row {
  return {
    notification_id: notificationId(requestId, seq),
    request_id: requestId,
    seq,
    shard: SHARD,
    due_at: toDueAt(NOW),
    created_at: toDueAt(NOW - MINUTE),
    attempts: 0,
    body: {
      request_id: requestId,
      status: 'GRANTED',
      account_id: '111111111111',
      channel_id: 'channel',
      actor: 'system',
      details: { note: `number ${seq}` },
    },
    ...overrides,
  };
}

function stage(rows: readonly Row[], answer: (body: NotificationBody) => Delivery = () => ACCEPTED) {
  const store = createModelStore();
  store.load('outbox', rows);
  const sent: string[] = [];
  const life = { mayAct: true, ended: new AbortController() };
  const deliver = (nowMs = NOW) =>
    deliverNotifications({
      store,
      clock: { nowMs: () => nowMs },
      send: async (body) => {
        const delivery = answer(body);
        sent.push(`${body.request_id} ${body.details.note}`);
        return delivery;
      },
      random: () => 0.5,
      mayAct: () => life.mayAct,
      ended: life.ended.signal,
      metrics: createMetrics(),
      log: { info() {}, warn() {}, error() {}, child: () => expect.fail('no child') },
    });
  return { store, sent, life, deliver };
}

it('deliverNotifications() sends what is due, oldest number first, and forgets what was accepted', async () => {
  const { store, sent, deliver } = stage([
    aNotification('a', 2),
    aNotification('a', 1),
    aNotification('a', 3),
  ]);
  await deliver();
  expect(sent).toEqual(['a number 1', 'a number 2', 'a number 3']);
  expect(store.dump('outbox')).toEqual([]);
});

it('deliverNotifications() sends nothing before it is due', async () => {
  const { sent, deliver } = stage([aNotification('a', 1, { due_at: toDueAt(NOW + SECOND) })]);
  await deliver();
  expect(sent).toEqual([]);
  await deliver(NOW + SECOND);
  expect(sent).toEqual(['a number 1']);
});

it('deliverNotifications() holds a number back while the one before backs off', async () => {
  const { store, sent, deliver } = stage([
    aNotification('a', 1, { due_at: toDueAt(NOW + MINUTE) }),
    aNotification('a', 2),
  ]);
  await deliver();
  expect(sent).toEqual([]);
  expect(store.dump('outbox')).toHaveLength(2);
});

it('deliverNotifications() sends number 2 where number 1 was accepted long ago', async () => {
  const { sent, deliver } = stage([aNotification('a', 2)]);
  await deliver();
  expect(sent).toEqual(['a number 2']);
});

it('deliverNotifications() stops a request at what is refused, and goes on with the others', async () => {
  const { store, sent, deliver } = stage(
    [aNotification('a', 1), aNotification('a', 2), aNotification('b', 1)],
    (body) => (body.request_id === 'a' ? { kind: 'refused', why: 'the plugin answered 500' } : ACCEPTED),
  );
  await deliver();
  expect(sent.toSorted()).toEqual(['a number 1', 'b number 1']);
  expect(store.dump('outbox').map((row) => row.notification_id)).toEqual(['a#000001', 'a#000002']);
  expect(store.dump('outbox')[0]).toMatchObject({ attempts: 1, last_error: 'the plugin answered 500' });
});

it('deliverNotifications() backs off, twice as long each time, and never gives up', async () => {
  const { store, deliver } = stage([aNotification('a', 1)], () => DOWN);
  const waits: number[] = [];
  let nowMs = NOW;
  for (let n = 0; n < 9; n += 1) {
    await deliver(nowMs);
    const dueMs = Date.parse(String(store.dump('outbox')[0]?.due_at));
    waits.push(dueMs - nowMs);
    nowMs = dueMs;
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

it('deliverNotifications() sends again what was accepted but could not be forgotten', async () => {
  const { store, sent, deliver } = stage([aNotification('a', 1)]);
  store.hooks.onBeforeWrite = () => {
    throw new Error('the table is away');
  };
  await expect(deliver()).rejects.toThrow('the table is away');
  delete store.hooks.onBeforeWrite;
  await deliver();
  expect(sent).toEqual(['a number 1', 'a number 1']);
});

it('deliverNotifications() brings nothing back that another process delivered meanwhile', async () => {
  const { store, deliver } = stage([aNotification('a', 1)], () => {
    store.hooks.onBeforeWrite = async () => {
      delete store.hooks.onBeforeWrite;
      await store.transact([{ kind: 'delete', table: 'outbox', key: { notification_id: 'a#000001' } }]);
    };
    return DOWN;
  });
  await deliver();
  expect(store.dump('outbox')).toEqual([]);
});

it('deliverNotifications() sends nothing once the lease is lost', async () => {
  const { sent, life, deliver } = stage([aNotification('a', 1), aNotification('a', 2)], () => {
    life.mayAct = false;
    return ACCEPTED;
  });
  await deliver();
  expect(sent).toEqual(['a number 1']);
});

it('deliverNotifications() leaves what its own end broke off as it was, for the next leader to send at once', async () => {
  const { store, life, deliver } = stage([aNotification('a', 1)], () => {
    life.ended.abort();
    return DOWN;
  });
  await deliver();
  expect(store.dump('outbox')).toEqual([aNotification('a', 1)]);
});

it('deliverNotifications() forgets what was accepted while it ended', async () => {
  const { store, life, deliver } = stage([aNotification('a', 1)], () => {
    life.ended.abort();
    return ACCEPTED;
  });
  await deliver();
  expect(store.dump('outbox')).toEqual([]);
});

it('deliverNotifications() says how many wait, since when, and why', async () => {
  const { deliver } = stage([
    aNotification('a', 1, { due_at: toDueAt(NOW + MINUTE), last_error: 'no route' }),
    aNotification('b', 1, { due_at: toDueAt(NOW + MINUTE), created_at: toDueAt(NOW - 2 * MINUTE) }),
  ]);
  expect(await deliver()).toEqual({ pending: 2, oldestSeconds: 120, lastError: 'no route' });
});

it.each([
  ['its shard', { shard: undefined }],
  ['its shard, for another', { shard: 'some' }],
  ['its due_at', { due_at: undefined }],
  ['its due_at, for a word', { due_at: 'REVOKED' }],
])(
  'deliverNotifications() finds again what a hand took out of the index by %s, when something follows it',
  async (_, typed) => {
    const { sent, deliver } = stage([aNotification('a', 1, typed), aNotification('a', 2)]);
    await deliver();
    expect(sent).toEqual([]);
    await deliver();
    await deliver();
    expect(sent).toEqual(['a number 1', 'a number 2']);
  },
);

it('deliverNotifications() reads from the key whose notification it is and in which place, whatever a hand made of the rest', async () => {
  const typed = { request_id: 'x', seq: 'y', attempts: -1, created_at: 7, last_error: [] };
  const { sent, deliver } = stage([aNotification('a', 1, typed), aNotification('a', 2)]);
  expect(await deliver()).toMatchObject({ pending: 0 });
  expect(sent).toEqual(['a number 1', 'a number 2']);
});
