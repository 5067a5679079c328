// Situations that once broke a promise, each at the smallest part that can show it.

import { describe, expect, it } from 'vitest';
import { deliverNotifications } from '../../reconciler/deliver-notifications.ts';
import { createLeader } from '../../reconciler/leader.ts';
import type { AssignmentView } from '../../src/assignment-view.ts';
import { createMetrics } from '../../src/metrics.ts';
import { notificationId, SHARD } from '../../src/notification.ts';
import { planChanges } from '../../src/plan.ts';
import { stepOf } from '../../src/step-of.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { aView, both, HOUR, MINUTE, NOW, POLICY, SECOND } from '../plan-builders.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const plan = (view: AssignmentView, nowMs = NOW) => planChanges({ views: [view], nowMs, policy: POLICY });

describe('planChanges()', () => {
  it('creates nothing behind the step of an ending that could not be written', () => {
    const view = aView({
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: both('REVOKED') },
      op: { id: undefined },
    });
    const [stopped] = plan(view).changes;
    expect(stopped?.rule).toBe('creating-stopped');
    const putOff = new Set([stepOf('creating-stopped', stopped?.requestIds ?? [])]);
    expect(plan({ ...view, putOff }).changes).toEqual([]);
  });

  it('lets a Create wait for the watch also where a Delete without an answer was followed by one with a conflict', () => {
    const lost = aView({ stage: 'DELETING', entries: { a: 'ENDED' }, op: { id: undefined } });
    const [again] = plan(lost).changes;
    expect(again?.rule).toBe('deleting-again');
    const conflict = aView({
      stage: 'DELETING',
      entries: { a: 'ENDED', b: 'WAITING' },
      ledger: {
        ...again?.next,
        entries: aView({ entries: { a: 'ENDED', b: 'WAITING' } }).ledger.entries,
        attempts: 2,
        last_error: { kind: 'conflict', message: 'something runs', at: NOW },
      },
    });
    const [wanted] = plan(conflict).changes;
    expect(wanted?.rule).toBe('deleting-wanted');
    expect(wanted?.next).toMatchObject({ delete_unanswered: true, watch_until: NOW + POLICY.watchMs });
  });

  it.each([1e300, 1e15])(
    'plans for everybody although somebody typed a duration of %d minutes',
    (minutes) => {
      const view = aView({
        stage: 'CREATED',
        entries: { a: 'WAITING' },
        rows: { a: { requested_duration_minutes: minutes } },
        live: { list: 'present' },
      });
      expect(() => plan(view)).not.toThrow();
    },
  );

  it.each(['CREATING', 'DELETING'] as const)('does not wait for ever in %s without an operation', (stage) => {
    const broken = aView({ stage, entries: { a: { phase: 'ENDED', until: NOW - HOUR } } });
    const view = { ...broken, ledger: { ...broken.ledger, op: undefined } };
    expect(plan(view).changes[0]?.rule).not.toMatch(/-runs$/);
  });

  it('deletes again what is still listed although the time of its deletion was lost', () => {
    const view = aView({
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      ledger: { deleted: undefined },
      live: { list: 'present' },
    });
    expect(plan(view).changes[0]?.rule).toBe('deleted-still-listed');
  });

  it('keeps the access of a request that cannot be understood when another one ends, until its time', () => {
    const view = aView({
      entries: { a: { phase: 'GRANTED', until: NOW - MINUTE }, b: 'GRANTED' },
      rows: { b: { status: 'GRANTED', audited_status: 'nonsense' } },
    });
    expect(plan(view).changes.filter(({ call }) => call === 'DELETE')).toEqual([]);
  });

  it('does not take a lost row for an ending because another access was ended a moment ago', () => {
    const view = aView({
      entries: { b: 'GRANTED' },
      rows: { b: undefined },
      ledger: { watch_until: NOW + SECOND },
      live: { list: 'present' },
    });
    expect(plan(view).changes[0]?.call).toBeUndefined();
  });
});

it('deliverNotifications() waits for every request, also where one of them fails', async () => {
  const clock = createVirtualClock(NOW);
  const store = createModelStore();
  for (const id of ['a', 'b']) {
    store.load('outbox', [
      {
        notification_id: notificationId(id, 1),
        request_id: id,
        seq: 1,
        shard: SHARD,
        due_at: toDueAt(NOW),
        created_at: toDueAt(NOW),
        attempts: 0,
        body: {
          request_id: id,
          status: 'GRANTED',
          account_id: '',
          channel_id: '',
          actor: 'system',
          details: {},
        },
      },
    ]);
  }
  let underWay = 0;
  store.hooks.onBeforeWrite = () => {
    delete store.hooks.onBeforeWrite;
    throw new Error('the table is away');
  };
  const delivering = deliverNotifications({
    store,
    clock,
    send: async ({ request_id }) => {
      underWay += 1;
      if (request_id === 'b') await clock.sleep(9 * SECOND);
      underWay -= 1;
      return { kind: 'accepted' };
    },
    random: () => 0.5,
    mayAct: () => true,
    ended: new AbortController().signal,
    metrics: createMetrics(),
    log: { info() {}, warn() {}, error() {}, child: () => expect.fail('no child') },
  });
  await clock.run(delivering.catch(() => undefined));
  // Otherwise the next round sends the same ones beside it, and an old one may arrive after a newer one.
  expect(underWay).toBe(0);
});

it('deliverNotifications() shows a notification that cannot be read, which holds up those behind it', async () => {
  const store = createModelStore();
  const spoiled = {
    notification_id: notificationId('a', 1),
    shard: SHARD,
    due_at: toDueAt(NOW),
    body: 'typed',
  };
  store.load('outbox', [spoiled]);
  const state = await deliverNotifications({
    store,
    clock: { nowMs: () => NOW },
    send: async () => ({ kind: 'accepted' }),
    random: () => 0.5,
    mayAct: () => true,
    ended: new AbortController().signal,
    metrics: createMetrics(),
    log: { info() {}, warn() {}, error() {}, child: () => expect.fail('no child') },
  });
  expect(state.pending).toBe(1);
});

it('createLeader() finds its way past a lease that cannot be read', async () => {
  const clock = createVirtualClock(NOW);
  const store = createModelStore();
  store.load('control', [{ name: 'leader', holder: 'a', epoch: 'typed', beat: 0 }]);
  const leader = createLeader({ store, clock, holder: 'b', durationMs: 15 * SECOND });
  for (let n = 0; n < 5; n += 1) {
    await leader.beat();
    await clock.advance(15 * SECOND);
  }
  await leader.beat();
  expect(leader.epoch()).toBeDefined();
});
