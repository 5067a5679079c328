// Bad days: processes die in the middle, answers are lost, AWS throttles, conflicts and lags. Everything settles, each
// step is audited once, and nobody is told what is not so.

import { expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import type { Store } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import {
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  HOUR,
  MINUTE,
  READ_ONLY,
  SECOND,
  startedWorld,
  type World,
} from '../world.ts';

/** Every status that the audit says, in order, ends in the row's status; no transition is there twice. */
function expectTruth(world: World, id: string): void {
  const events = world.audit(id);
  for (const type of ['REQUESTED', 'APPROVED', 'GRANTED', 'REVOKED', 'EXPIRED', 'REMOVED', 'KEPT']) {
    expect(events.filter((event) => event === type).length, `${type} in ${events}`).toBeLessThanOrEqual(1);
  }
  const said = [...new Set(world.said(id))];
  expect(said).toEqual(said.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)));
}
const ORDER = ['GRANTED', 'ERROR', 'REVOKED', 'EXPIRED', 'DENIED'];

type Death = { readonly after: 'write' | 'call'; readonly count: number };

/** Ana asks, gets her access and is revoked, while the process dies at one point and another takes over. */
async function dying({ after, count }: Death) {
  const world = await createWorld();
  const first = world.start();
  await world.advance(2 * MINUTE);
  let left = count;
  const effect = () => {
    left -= 1;
    if (left === 0) first.kill();
  };
  if (after === 'write') world.store.hooks.onAfterWrite = effect;
  else world.hooks.afterCall = effect;
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(20 * SECOND);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  const died = left <= 0;
  world.start();
  await world.advance(5 * MINUTE);
  return { world, id, died };
}

const deaths = (after: Death['after'], points: number): Death[] =>
  Array.from({ length: points }, (_, n) => ({ after, count: n + 1 }));

it.each([...deaths('write', 20), ...deaths('call', 8)])(
  'a grant and its revoke survive the death of their process after $after $count',
  async (death) => {
    const { world, id, died } = await dying(death);
    expect(died).toBe(true);
    expect(world.isLive(ANA)).toBe(false);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
    expect(world.row(id).due_at).toBeUndefined();
    expect(world.said(id).at(-1)).toBe('REVOKED');
    expectTruth(world, id);
    await world.stop();
  },
);

it.each(['CreateAccountAssignment', 'DeleteAccountAssignment'])(
  'a lost answer of %s is repaired',
  async (operation) => {
    const world = await startedWorld();
    world.model.addFault({ operation, fault: { kind: 'connection-reset', committed: true }, times: 2 });
    const id = await world.granted(ANA);
    await world.revoke(id);
    await world.advance(MINUTE);
    expect(world.isLive(ANA)).toBe(false);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
    expectTruth(world, id);
    await world.stop();
  },
);

it('a Conflict is never taken for gone', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: {
      kind: 'error',
      name: 'ConflictException',
      message: 'There is a conflicting operation in process.',
    },
    times: 6,
  });
  await world.revoke(id);
  await world.advance(5 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(id).removed_at).toBeUndefined();
  expect(world.said(id)).toEqual(['GRANTED']);
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('a deletion that fails for minutes is stuck, shown with its cause, tried on, and done when AWS allows', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: { kind: 'error', name: 'AccessDeniedException', message: 'not allowed' },
    probability: 1,
  });
  await world.revoke(id);
  await world.advance(5 * MINUTE);
  const drift = await world.call('GET', '/drift');
  expect(drift.body.items).toContainEqual(
    expect.objectContaining({ kind: 'stuck', last_error: expect.stringContaining('not allowed') }),
  );
  expect(world.row(id).assignment_status).toBe('STUCK');
  world.model.clearFaults();
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('what is stuck can be forced, and goes at once', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: { kind: 'error', name: 'InternalServerException' },
    probability: 1,
  });
  await world.revoke(id);
  await world.advance(10 * MINUTE);
  world.model.clearFaults();
  const forced = await world.call('POST', '/reconcile', {
    actor_email: BEN.email,
    reason: 'AWS is back',
    scope: { request_id: id },
    wait_seconds: 25,
  });
  expect(forced.status).toBe(200);
  await world.advance(3 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('throttling for a minute delays and loses nothing', async () => {
  const world = await startedWorld();
  const ids = [
    await world.granted(ANA),
    await world.granted(BEN),
    await world.granted(CLEO, { permissionSetArn: READ_ONLY }),
  ];
  world.model.addFault({
    operation: '*',
    fault: { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
    probability: 0.7,
  });
  for (const id of ids) await world.revoke(id);
  await world.advance(MINUTE);
  world.model.clearFaults();
  await world.advance(3 * MINUTE);
  for (const id of ids) expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('lists that lag say neither granted nor gone too early', async () => {
  const world = await startedWorld();
  world.model.changeSettings({ listLagMinMs: 5_000, listLagMaxMs: 5_000 });
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(4 * SECOND);
  expect(world.row(id).status).toBe('APPROVED');
  await world.advance(20 * SECOND);
  expect(world.row(id).status).toBe('GRANTED');
  await world.revoke(id);
  await world.advance(4 * SECOND);
  expect(world.row(id).removed_at).toBeUndefined();
  await world.advance(30 * SECOND);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it.each(['AFTER', 'NEVER'])(
  'an operation that Describe does not find in its first moments, or %s, is followed to its end',
  async (kind) => {
    const world = await startedWorld();
    world.model.changeSettings(
      kind === 'NEVER' ? { describeNotFoundForMs: 10 * HOUR } : { describeNotFoundForMs: 5_000 },
    );
    const id = await world.ask(ANA);
    await world.approve(id);
    await world.advance(kind === 'NEVER' ? 10 * MINUTE : 30 * SECOND);
    if (kind === 'AFTER') expect(world.row(id).status).toBe('GRANTED');
    await world.revoke(id);
    await world.advance(20 * MINUTE);
    expect(world.isLive(ANA)).toBe(false);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
    await world.stop();
  },
);

it('a suspended account holds up itself only', async () => {
  const world = await startedWorld();
  const here = await world.granted(ANA, { account: DEV });
  const there = await world.granted(ANA, { account: '222222222222' });
  world.model.change(
    { kind: 'put-account', account: { id: DEV, name: 'dev', suspended: true } },
    world.clock.nowMs(),
  );
  await world.revoke(here);
  await world.revoke(there);
  await world.advance(10 * SECOND);
  expect(world.row(there)).toMatchObject({ assignment_status: 'GONE' });
  expect(world.row(here).removed_at).toBeUndefined();
  await world.stop();
});

it('of two processes one leads, and the other takes over when it dies, within a lease and a tick', async () => {
  const world = await createWorld();
  const first = world.start();
  const second = world.start();
  await world.advance(2 * MINUTE);
  expect([first, second].filter(({ reconciler }) => reconciler.isLeading())).toHaveLength(1);
  const id = await world.granted(ANA);
  const leader = first.reconciler.isLeading() ? first : second;
  leader.kill();
  await world.revoke(id);
  await world.advance(30 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('a process that stops hands over at once', async () => {
  const world = await createWorld();
  const first = world.start();
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA);
  const second = world.start();
  await world.advance(5 * SECOND);
  await first.stop();
  await world.advance(4 * SECOND);
  expect(second.reconciler.isLeading()).toBe(true);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('a process that stops while the plugin hangs hands over at once, and the next one tells', async () => {
  const world = await createWorld();
  const hanging = world.start({
    send: async (_body, givingUp) => {
      await world.clock.sleep(HOUR, givingUp);
      return { kind: 'unreachable', why: 'given up' };
    },
  });
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA);
  world.start();
  await world.advance(5 * SECOND);
  const askedMs = world.clock.elapsedMs();
  await hanging.stop();
  expect(world.clock.elapsedMs() - askedMs).toBeLessThan(SECOND);
  await world.advance(5 * SECOND);
  expect(world.said(id)).toEqual(['GRANTED']);
  expect(world.store.dump('outbox')).toEqual([]);
  await world.stop();
});

it('a verdict whose recording is not answered frees the account for the next operation', async () => {
  const world = await startedWorld();
  const [ana, ben] = [await world.granted(ANA), await world.granted(BEN)];
  let lost = 0;
  world.store.hooks.onAfterWrite = (writes) => {
    const isVerdict = writes.some(
      (write) => write.kind === 'put' && write.table === 'assignments' && write.row.stage === 'DELETED',
    );
    if (!isVerdict || lost > 0) return;
    lost += 1;
    throw new StoreError('write jit_assignments', { cause: new Error('socket hang up') });
  };
  await world.revoke(ana);
  await world.revoke(ben);
  await world.advance(30 * SECOND);
  expect(lost).toBe(1);
  for (const id of [ana, ben]) expect(world.row(id)).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('a sweep that a stop breaks off is not complete, and notes nothing that it did not see', async () => {
  const world = await createWorld();
  const first = world.start();
  await world.advance(2 * MINUTE);
  await world.granted(ANA);
  const before = await world.call('GET', '/coverage');
  world.model.addFault({
    operation: 'ListAccountAssignments',
    fault: { kind: 'connection-reset' },
    times: 1,
  });
  const stopped = new Promise<unknown>((resolve) => {
    world.hooks.afterCall = (operation) => {
      if (operation === 'ListAccountAssignments') resolve(first.reconciler.stop());
    };
  });
  await world.clock.run(stopped);
  expect((await world.call('GET', '/coverage')).body).toEqual(before.body);
  expect(world.control('sweep')).toBeUndefined();
});

/** The world's tables as a process sees them that can be cut off from them. */
function tablesThatMayBeAway({ store }: World) {
  const link = { isDown: false };
  const reach = async <T>(work: () => Promise<T>): Promise<T> => {
    if (link.isDown) throw new StoreError('reach the tables', { cause: new Error('no route to host') });
    return work();
  };
  const tables: Store = {
    get: (...args) => reach(() => store.get(...args)),
    getMany: (...args) => reach(() => store.getMany(...args)),
    query: (...args) => reach(() => store.query(...args)),
    scan: (...args) => reach(() => store.scan(...args)),
    transact: (...args) => reach(() => store.transact(...args)),
  };
  return { link, tables };
}

it('a leader that was cut off and overtaken lets go of all that it did, and stands by', async () => {
  const world = await createWorld();
  const { link, tables } = tablesThatMayBeAway(world);
  const metrics = createMetrics();
  const { reconciler: former } = world.start({ store: tables, metrics });
  await world.advance(2 * MINUTE);
  const { reconciler: successor } = world.start();
  await world.advance(10 * SECOND);
  expect([former.isLeading(), successor.isLeading()]).toEqual([true, false]);
  expect(former.hasSwept()).toBe(true);
  link.isDown = true;
  await world.advance(30 * SECOND);
  link.isDown = false;
  await world.advance(10 * SECOND);
  expect([former.isLeading(), successor.isLeading()]).toEqual([false, true]);
  expect(former.hasSwept()).toBe(false);
  expect(await metrics.registry.getSingleMetricAsString('jit_leader')).toMatch(/^jit_leader 0$/m);
  expect(former.isHealthy()).toBe(true);
  await world.stop();
});

it('a Create that waited for its account until its request ended is not made', async () => {
  const appeared: string[] = [];
  const world = await startedWorld({
    onAssignmentChange: ({ assignment, present }) => {
      if (present) appeared.push(assignment.principalId);
    },
  });
  world.model.changeSettings({ operationMs: 90 * SECOND });
  const busy = await world.ask(BEN);
  await world.approve(busy, CLEO);
  await world.advance(SECOND);
  const id = await world.ask(ANA, { minutes: 1 });
  await world.approve(id);
  await world.advance(10 * MINUTE);
  expect(appeared).toEqual([BEN.id]);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  expect(world.said(id)).not.toContain('GRANTED');
  await world.stop();
});

it('a late Create of a paused former leader is undone as stated, not held by the brake', async () => {
  const world = await startedWorld({ limits: { count: 0, share: 0 } });
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  world.assign(ANA);
  await world.advance(3 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an unreadable pair holds up only itself, and is said', async () => {
  const world = await startedWorld();
  world.model.addFault({
    operation: 'ListAccountAssignments',
    fault: { kind: 'error', name: 'AccessDeniedException', message: 'delegated' },
    probability: 1,
    accountId: '222222222222',
  });
  world.assign(CLEO);
  await world.advance(6 * MINUTE);
  expect(world.isLive(CLEO)).toBe(false);
  const coverage = await world.call('GET', '/coverage');
  expect(JSON.stringify(coverage.body)).toContain('222222222222');
  await world.stop();
});
