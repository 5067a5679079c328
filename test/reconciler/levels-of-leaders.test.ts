// What a process says of itself while it leads, and after: two watch the same world, each with its own numbers.

import { expect, test } from 'vitest';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import type { IdentityCenter } from '../../reconciler/run-forever.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { createMetrics, type Metrics } from '../../src/metrics.ts';
import type { Store } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { ANA, BEN, CLEO, createWorld, DORA, MINUTE, SECOND, type World } from '../world.ts';

async function levelOf({ registry }: Metrics, name: string): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN;
}

/** A leader that has something to say, and a standby; the leader's table can be taken away. */
async function twoProcesses() {
  const world = await createWorld();
  const table = { isAway: false };
  const own = { first: createMetrics(), second: createMetrics() };
  const leader = world.start({ metrics: own.first, store: storeThatGoes(world, table) });
  await world.advance(2 * MINUTE);
  world.start({ metrics: own.second });
  world.chat.answer = 'down';
  await world.granted(ANA);
  await world.advance(10 * SECOND);
  return { world, table, leader, ...own };
}

function storeThatGoes({ store }: World, table: { readonly isAway: boolean }): Store {
  const reach = <T>(ask: () => Promise<T>): Promise<T> =>
    table.isAway ? Promise.reject(new StoreError('reach the tables', { cause: new Error('away') })) : ask();
  return {
    get: (...args) => reach(() => store.get(...args)),
    getMany: (...args) => reach(() => store.getMany(...args)),
    query: (...args) => reach(() => store.query(...args)),
    scan: (...args) => reach(() => store.scan(...args)),
    transact: (...args) => reach(() => store.transact(...args)),
  };
}

test('a leader that cannot renew its lease says so, and no longer what it knew', async () => {
  const { world, table, first, second } = await twoProcesses();
  expect(await levelOf(first, 'jit_leader')).toBe(1);
  expect(await levelOf(first, 'jit_outbox_pending')).toBe(1);
  expect(await levelOf(first, 'jit_identity_center_rate_limit')).toBe(15);
  const lastPass = await levelOf(first, 'jit_last_pass_timestamp_seconds');

  table.isAway = true;
  await world.advance(MINUTE);

  expect(await levelOf(first, 'jit_leader')).toBe(0);
  expect(await levelOf(first, 'jit_outbox_pending')).toBe(0);
  expect(await levelOf(first, 'jit_outbox_oldest_seconds')).toBe(0);
  expect(await levelOf(first, 'jit_identity_center_rate_limit')).toBe(0);
  // What happened stays true.
  expect(await levelOf(first, 'jit_last_pass_timestamp_seconds')).toBeGreaterThanOrEqual(lastPass);
  expect(await levelOf(second, 'jit_leader')).toBe(1);
  expect(await levelOf(second, 'jit_outbox_pending')).toBe(1);
  table.isAway = false;
  await world.stop();
});

test('while nobody can hold the lease no pass is shown, so that somebody is alerted', async () => {
  const world = await createWorld();
  const metrics = createMetrics();
  world.start({ metrics });
  await world.advance(2 * MINUTE);
  const refuse = () => {
    throw new StoreError('reach control', { cause: new Error('denied') });
  };
  world.store.hooks.onRead = ({ table }) => {
    if (table === 'control') refuse();
  };
  world.store.hooks.onBeforeWrite = (writes) => {
    if (writes.some(({ table }) => table === 'control')) refuse();
  };
  await world.advance(MINUTE);
  const lastPass = await levelOf(metrics, 'jit_last_pass_timestamp_seconds');
  await world.advance(5 * MINUTE);
  expect(await levelOf(metrics, 'jit_leader')).toBe(0);
  expect(await levelOf(metrics, 'jit_last_pass_timestamp_seconds')).toBe(lastPass);
  await world.stop();
});

test('a leader that finds another in its place says nothing of how things are', async () => {
  const { world, table, first, second } = await twoProcesses();
  table.isAway = true;
  await world.advance(MINUTE);
  table.isAway = false;
  await world.advance(MINUTE);
  expect(await levelOf(first, 'jit_leader')).toBe(0);
  expect(await levelOf(first, 'jit_outbox_pending')).toBe(0);
  expect(await levelOf(first, 'jit_identity_center_rate_limit')).toBe(0);
  expect(await levelOf(second, 'jit_leader')).toBe(1);
  await world.stop();
});

test('a leader that stops says nothing of how things are', async () => {
  const { world, leader, first } = await twoProcesses();
  await leader.stop();
  expect(await levelOf(first, 'jit_leader')).toBe(0);
  expect(await levelOf(first, 'jit_outbox_pending')).toBe(0);
  await world.stop();
});

test('what the last sweep found, and when, is said by the next leader before it has swept', async () => {
  const world = await createWorld({ limits: { count: 2, share: 0 } });
  const own = { first: createMetrics(), second: createMetrics() };
  const leader = world.start({ metrics: own.first });
  await world.advance(2 * MINUTE);
  for (const person of [ANA, BEN, CLEO, DORA]) world.assign(person);
  await world.advance(5 * MINUTE);
  expect(await levelOf(own.first, 'jit_withheld_revocations')).toBe(4);

  const sweptSeconds = await levelOf(own.first, 'jit_last_full_sweep_timestamp_seconds');
  expect(sweptSeconds).toBeGreaterThan(0);
  await leader.stop();
  // AWS answers nothing: the next one cannot sweep.
  const next = world.start({ metrics: own.second, openIdentityCenter: () => silentIdentityCenter(world) });
  await world.advance(10 * SECOND);
  expect(await levelOf(own.second, 'jit_leader')).toBe(1);
  expect(await levelOf(own.second, 'jit_last_full_sweep_timestamp_seconds')).toBe(Math.floor(sweptSeconds));
  expect(await levelOf(own.second, 'jit_withheld_revocations')).toBe(4);
  next.kill();
});

test('access that is made again after each removal is said to be contested, also by the next leader, and until it is given and ended', async () => {
  const world = await createWorld();
  const own = { first: createMetrics(), second: createMetrics() };
  const leader = world.start({ metrics: own.first });
  await world.advance(2 * MINUTE);
  await world.revoke(await world.granted(ANA));
  await world.advance(10 * SECOND);
  expect(await levelOf(own.first, 'jit_contested_assignments')).toBe(0);
  world.assign(ANA);
  await world.advance(3 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(await levelOf(own.first, 'jit_contested_assignments')).toBe(1);

  await leader.stop();
  expect(await levelOf(own.first, 'jit_contested_assignments')).toBe(0);
  world.start({ metrics: own.second });
  await world.advance(2 * MINUTE);
  expect(await levelOf(own.second, 'jit_contested_assignments')).toBe(1);
  await world.revoke(await world.granted(ANA));
  await world.advance(2 * MINUTE);
  expect(await levelOf(own.second, 'jit_contested_assignments')).toBe(0);
  await world.stop();
});

function silentIdentityCenter({ clock }: World): IdentityCenter {
  return openIdentityCenter({
    send: () => new Promise(() => undefined),
    instanceArn: DEMO_INSTANCE_ARN,
    clock,
    ratePerSecond: 15,
    outstandingMax: 10,
    sweepShare: 0.3,
    onCall: () => undefined,
  });
}
