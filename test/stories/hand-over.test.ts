// One process leads, another stands by, and the first is told to stop: in the middle of its work, or while something that
// it waits for hangs. Who waits for access, or for its end, waits no second longer for that.

import { expect, it } from 'vitest';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import type { ReconcilerDeps } from '../../reconciler/run-forever.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import type { Store } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import {
  ANA,
  BEN,
  CLEO,
  createWorld,
  DORA,
  MINUTE,
  READ_ONLY,
  SECOND,
  STAGING,
  type World,
} from '../world.ts';

const LEASE_MS = 15 * SECOND;
/** What a stop may take, whatever hangs. */
const BOUND_MS = 6 * SECOND;

/** What a read or write of DynamoDB takes. */
const TABLE_MS = 10;

function slowTables(world: World): void {
  const wait = () => world.clock.sleep(TABLE_MS);
  world.store.hooks.onRead = wait;
  world.store.hooks.onBeforeWrite = wait;
}

/** When the lease was given up in the tables. */
function watchRelease(world: World): { givenUpMs?: number } {
  const seen: { givenUpMs?: number } = {};
  world.store.hooks.onAfterWrite = (writes) => {
    const isRelease = writes.some((write) => write.kind === 'put' && write.row.released === true);
    if (isRelease) seen.givenUpMs = world.clock.elapsedMs();
  };
  return seen;
}

/** The calls that change access, each with its time. */
function watchCalls(world: World): { readonly operation: string; readonly atMs: number }[] {
  const calls: { operation: string; atMs: number }[] = [];
  world.hooks.afterCall = (operation) => {
    if (/^(Create|Delete)/.test(operation)) calls.push({ operation, atMs: world.clock.elapsedMs() });
  };
  return calls;
}

it.each([0, 50, 100, 150, 200, 250, 300, 350, 400, 450])(
  'what is approved and revoked right after the lease was given up goes to AWS within a second, %i ms into a look',
  async (offsetMs) => {
    const world = await createWorld();
    const first = world.start();
    await world.advance(2 * MINUTE);
    const revoked = await world.granted(ANA);
    const approved = await world.ask(DORA, { account: STAGING });
    slowTables(world);
    const second = world.start();
    await world.advance(20 * SECOND + offsetMs);
    const released = watchRelease(world);
    const calls = watchCalls(world);
    await first.stop();
    await Promise.all([world.revoke(revoked), world.approve(approved)]);
    await world.advance(2 * SECOND);
    const { givenUpMs } = released;
    if (givenUpMs === undefined) throw new Error('the lease was not given up');
    expect(second.reconciler.isLeading()).toBe(true);
    expect(calls.map(({ operation }) => operation).sort()).toEqual([
      'CreateAccountAssignment',
      'DeleteAccountAssignment',
    ]);
    for (const { atMs } of calls) expect(atMs - givenUpMs).toBeLessThanOrEqual(SECOND);
    await world.stop();
  },
);

it.each([0, 20, 60, 200, 500, 900, 1_300, 2_500])(
  'a leader stopped in the middle of its work calls nothing twice and leaves nothing, %i ms into it',
  async (intoMs) => {
    const world = await createWorld();
    const first = world.start();
    await world.advance(2 * MINUTE);
    const revoked = [await world.granted(ANA), await world.granted(BEN, { account: STAGING })];
    const approved = [
      await world.ask(CLEO),
      await world.ask(DORA, { account: STAGING }),
      await world.ask(DORA, { permissionSetArn: READ_ONLY }),
    ];
    world.start();
    await world.advance(5 * SECOND);
    slowTables(world);
    const calls = watchCalls(world);
    for (const id of revoked) await world.revoke(id);
    for (const id of approved) await world.approve(id);
    await world.advance(intoMs);
    await first.stop();
    await world.advance(30 * SECOND);
    for (const id of revoked) {
      expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
      expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
    }
    for (const id of approved) {
      expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
      expect(world.said(id)).toEqual(['GRANTED']);
    }
    expect(calls).toHaveLength(revoked.length + approved.length);
    await world.stop();
  },
);

/** A process whose calls to Identity Center hang when they are told to; they may still arrive, later. */
function hanging(world: World, hangs: (operation: string) => boolean) {
  const held: (() => void)[] = [];
  const send = (command: { readonly input: unknown }): Promise<unknown> => {
    if (!hangs(command.constructor.name.replace(/Command$/, ''))) return world.clients.ssoAdmin.send(command);
    held.push(() => void world.clients.ssoAdmin.send(command));
    return new Promise(() => undefined);
  };
  const overrides: Partial<ReconcilerDeps> = {
    openIdentityCenter: () =>
      openIdentityCenter({
        send,
        instanceArn: DEMO_INSTANCE_ARN,
        clock: world.clock,
        ratePerSecond: 15,
        outstandingMax: 10,
        sweepShare: 0.3,
        onCall: () => undefined,
      }),
  };
  return { overrides, held };
}

async function stopped(world: World, { overrides }: { readonly overrides: Partial<ReconcilerDeps> }) {
  const first = world.start(overrides);
  await world.advance(2 * MINUTE);
  const second = world.start();
  await world.advance(5 * SECOND);
  return {
    second,
    /** Stops the first, as a process that ends then. */
    async stop() {
      const askedMs = world.clock.elapsedMs();
      const { leaseGivenUp } = await world.clock.run(first.reconciler.stop());
      first.kill();
      return { leaseGivenUp, tookMs: world.clock.elapsedMs() - askedMs };
    },
  };
}

it('a list that hangs is broken off, and the lease is given up', async () => {
  const world = await createWorld();
  const hang = { now: false };
  const { second, stop } = await stopped(
    world,
    hanging(world, (operation) => hang.now && /^List/.test(operation)),
  );
  hang.now = true;
  await world.advance(MINUTE);
  const { leaseGivenUp, tookMs } = await stop();
  expect(leaseGivenUp).toBe(true);
  expect(tookMs).toBeLessThanOrEqual(BOUND_MS);
  await world.advance(SECOND);
  expect(second.reconciler.isLeading()).toBe(true);
  await world.stop();
});

it('a Create that hangs keeps the lease until it has run down, and what it does when it arrives after all is undone', async () => {
  const world = await createWorld();
  const hang = hanging(world, (operation) => operation === 'CreateAccountAssignment');
  const { second, stop } = await stopped(world, hang);
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(2 * SECOND);
  expect(hang.held).toHaveLength(1);
  await world.revoke(id);
  const calls = watchCalls(world);
  const { leaseGivenUp, tookMs } = await stop();
  expect(leaseGivenUp).toBe(false);
  expect(tookMs).toBeLessThanOrEqual(BOUND_MS);
  await world.advance(LEASE_MS / 3);
  expect([second.reconciler.isLeading(), calls]).toEqual([false, []]);
  await world.advance(LEASE_MS);
  expect(second.reconciler.isLeading()).toBe(true);
  await world.advance(10 * SECOND);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  for (const arrive of hang.held) arrive();
  await world.advance(2 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

/** The world's tables, which hang for one process when it is told so. */
function tablesThatHang({ store }: World) {
  const link = { hangs: false };
  const reach = <T>(work: () => Promise<T>): Promise<T> =>
    link.hangs ? new Promise(() => undefined) : work();
  const tables: Store = {
    get: (...args) => reach(() => store.get(...args)),
    getMany: (...args) => reach(() => store.getMany(...args)),
    query: (...args) => reach(() => store.query(...args)),
    scan: (...args) => reach(() => store.scan(...args)),
    transact: (...args) => reach(() => store.transact(...args)),
  };
  return { link, tables };
}

it('tables that hang do not hold a stop up, and the lease runs down', async () => {
  const world = await createWorld();
  const { link, tables } = tablesThatHang(world);
  const { second, stop } = await stopped(world, { overrides: { store: tables } });
  link.hangs = true;
  await world.advance(2 * SECOND);
  const { leaseGivenUp, tookMs } = await stop();
  expect(leaseGivenUp).toBe(false);
  expect(tookMs).toBeLessThanOrEqual(BOUND_MS);
  await world.advance(LEASE_MS);
  expect(second.reconciler.isLeading()).toBe(true);
  await world.stop();
});

it('tables that refuse everything do not hold a stop up either', async () => {
  const world = await createWorld();
  const { stop } = await stopped(world, { overrides: {} });
  world.store.hooks.onBeforeWrite = () => {
    throw new StoreError('write jit_control', { cause: new Error('throttled') });
  };
  expect(await stop()).toMatchObject({ leaseGivenUp: false });
  world.store.hooks.onBeforeWrite = () => undefined;
  await world.stop();
});

it('a process is alive while its tables are away for ever, and is not when its own loop hangs', async () => {
  const world = await createWorld();
  const { reconciler } = world.start();
  await world.advance(MINUTE);
  world.store.hooks.onRead = () => {
    throw new StoreError('read jit_control', { cause: new Error('no route to host') });
  };
  world.store.hooks.onBeforeWrite = world.store.hooks.onRead as () => void;
  await world.advance(20 * MINUTE);
  expect([reconciler.isAlive(), reconciler.isHealthy()]).toEqual([true, false]);
  world.store.hooks.onRead = () => new Promise(() => undefined);
  world.store.hooks.onBeforeWrite = () => new Promise(() => undefined);
  await world.advance(2 * MINUTE);
  expect([reconciler.isAlive(), reconciler.isHealthy()]).toEqual([false, false]);
});
