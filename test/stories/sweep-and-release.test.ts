// What a release covers and what a sweep may say: each story leaves out one careful step, and access would go, stay or
// be passed over without anybody having meant it.

import { expect, it } from 'vitest';
import { pairId } from '../../src/assignment.ts';
import { StoreError } from '../../src/store-error.ts';
import { createModelStore } from '../model-store.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  PROD,
  READ_ONLY,
  SECOND,
  STAGING,
  startedWorld,
  type World,
} from '../world.ts';

type Plan = { readonly withheld: readonly unknown[]; readonly digest: string };

/** What was published as withheld, which may be older than what is there. */
async function planOf(world: World): Promise<Plan> {
  return (await world.call('GET', '/plan')).body as Plan;
}

/** Asks for a pass, and lets it be carried out. */
async function pass(world: World, body: Record<string, unknown>): Promise<void> {
  const asked = { actor_email: CLEO.email, reason: 'looked at each', wait_seconds: 25, ...body };
  expect((await world.call('POST', '/reconcile', asked)).status).toBe(200);
  await world.advance(5 * SECOND);
}

const release = (world: World, digest: string) => pass(world, { release_withheld: digest });

/** A world in which nothing unexplained goes without a release. */
const NOTHING_GOES = { limits: { count: 0, share: 0 } };

it('a digest of what was withheld earlier releases nothing once more is withheld', async () => {
  const world = await startedWorld(NOTHING_GOES);
  world.assign(DORA);
  await world.advance(4 * MINUTE);
  const earlier = await planOf(world);
  expect(earlier.withheld).toMatchObject([{ principal_id: DORA.id }]);
  world.assign(CLEO, STAGING, READ_ONLY);
  await world.advance(4 * MINUTE);
  const now = await planOf(world);
  expect(now.withheld).toHaveLength(2);
  await release(world, earlier.digest);
  await world.advance(3 * MINUTE);
  expect([world.isLive(DORA), world.isLive(CLEO, STAGING, READ_ONLY)]).toEqual([true, true]);
  await release(world, now.digest);
  expect([world.isLive(DORA), world.isLive(CLEO, STAGING, READ_ONLY)]).toEqual([false, false]);
  await world.stop();
});

it('access that went away and was sighted anew after its list was published is not released with it', async () => {
  const world = await createWorld(NOTHING_GOES);
  world.assign(DORA);
  world.start({ sweepIntervalMs: 3 * MINUTE });
  await world.advance(4 * MINUTE);
  const { withheld, digest } = await planOf(world);
  expect(withheld).toMatchObject([{ principal_id: DORA.id }]);
  const looked = { scope: { principal: DORA.id } };
  world.unassign(DORA);
  await pass(world, looked);
  world.assign(DORA);
  await pass(world, looked);
  expect((await planOf(world)).digest).toBe(digest);
  await release(world, digest);
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA)).toBe(true);
  expect(world.ledger()[0]?.sighting).toEqual({ first_seen: expect.any(String) });
  await world.stop();
});

it('the first sweep under another scope removes nothing, however long ago the access was sighted', async () => {
  const world = await createWorld();
  const first = world.start();
  await world.advance(2 * MINUTE);
  world.assign(DORA);
  await world.advance(65 * SECOND);
  expect(world.ledger()[0]?.sighting).toEqual({ first_seen: expect.any(String) });
  await first.stop();
  await world.advance(2 * MINUTE);
  const scope = { ...world.policy.scope, excludedAccountIds: [PROD] };
  world.start({ policy: { ...world.policy, scope } });
  await world.advance(30 * SECOND);
  expect(world.isLive(DORA)).toBe(true);
  expect((await planOf(world)).withheld).toMatchObject([{ reason: 'incomplete view' }]);
  await world.advance(2 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

it('a pair of which the tables cannot be read is said, and keeps no other from being swept', async () => {
  const world = await startedWorld();
  const spoiled = { accountId: STAGING, permissionSetArn: READ_ONLY };
  world.store.hooks.onRead = (read) => {
    if (read.kind !== 'query' || read.query.index !== 'gsi_pair') return;
    if (read.query.partition.value === pairId(spoiled)) throw new Error('the partition is away');
  };
  world.assign(DORA);
  await world.advance(4 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  const { body } = await world.call('GET', '/coverage');
  expect(body.unread_pairs).toMatchObject([{ account_id: STAGING, permission_set_arn: READ_ONLY }]);
  await world.stop();
});

it('access removed by another hand is found missing where AWS lists its account no longer', async () => {
  const world = await startedWorld({ settings: { provisionedAfterLastDelete: 'leaves' } });
  const id = await world.granted(ANA);
  world.unassign(ANA);
  await world.advance(4 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'MISSING' });
  await world.stop();
});

it('a sweep in the middle of which the lease is lost is not published as a whole one', async () => {
  const world = await createWorld();
  for (const account of [DEV, STAGING, PROD])
    for (const permissionSetArn of [ADMIN, READ_ONLY]) world.assign(CLEO, account, permissionSetArn);
  world.start();
  await world.advance(30 * SECOND);
  const before = (await world.call('GET', '/coverage')).body;
  expect(before).toMatchObject({ pairs: 6, unread: 0 });
  // From the first list of the next sweep on no beat arrives, and that list takes longer than the lease is sure of.
  world.model.addFault({
    operation: 'ListAccountAssignments',
    fault: { kind: 'slow-answer', delayMs: 12 * SECOND },
    times: 1,
  });
  let sweeping = false;
  world.hooks.afterCall = (operation) => {
    sweeping ||= operation === 'ListAccountAssignments';
  };
  world.store.hooks.onBeforeWrite = ([write]) => {
    if (sweeping && write?.kind === 'put' && write.row.name === 'leader')
      throw new StoreError('write jit_control', { cause: new Error('the table is away') });
  };
  await world.advance(MINUTE);
  expect(sweeping).toBe(true);
  expect((await world.call('GET', '/coverage')).body).toEqual(before);
  delete world.store.hooks.onBeforeWrite;
  await world.advance(2 * MINUTE);
  const after = (await world.call('GET', '/coverage')).body;
  expect(after).toMatchObject({ pairs: 6, unread: 0 });
  expect(after.completed_at).not.toBe(before.completed_at);
  await world.stop();
});

it('who takes over counts the operations that still run, and sends no other into their account', async () => {
  const world = await createWorld({ settings: { operationMs: MINUTE } });
  const first = world.start();
  await world.advance(10 * SECOND);
  await world.approve(await world.ask(ANA));
  await world.advance(5 * SECOND);
  first.kill();
  await world.approve(await world.ask(BEN), CLEO);
  world.start();
  await world.advance(30 * SECOND);
  expect((await world.call('GET', '/status')).body).toMatchObject({
    leader: { holder: 'process-2' },
    call_budget: { outstanding: 1 },
  });
  expect(world.ledger().map((row) => row.last_error)).toEqual([undefined, undefined]);
  await world.advance(3 * MINUTE);
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([true, true]);
  await world.stop();
});

it('a request whose row takes no write any more loses its access in time all the same', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 10 });
  world.store.hooks.onBeforeWrite = (writes) => {
    const isOfRow = writes.some(
      (write) => write.kind === 'update' && write.table === 'requests' && write.key.request_id === id,
    );
    if (isOfRow)
      throw new StoreError('write jit_requests', { cause: new Error('item size has exceeded the maximum') });
  };
  await world.advance(12 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  delete world.store.hooks.onBeforeWrite;
  await world.advance(2 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('a request that the index shows only later is revoked with everything else of its person', async () => {
  const clock = createVirtualClock();
  const lag = { ms: 0 };
  const store = createModelStore({ indexLag: { clock, lagMs: () => lag.ms, maxLagMs: MINUTE } });
  const world = await createWorld({ clock, store });
  // A sweep would find the grant by itself, a little later.
  world.start({ sweepIntervalMs: HOUR });
  await world.advance(2 * MINUTE);
  lag.ms = 40 * SECOND;
  const granted = await world.granted(ANA);
  const pending = await world.ask(ANA, { account: STAGING });
  await world.advance(SECOND);
  const answer = await world.call('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: CLEO.email,
    reason: 'stolen laptop',
  });
  expect(answer).toMatchObject({ status: 200, body: { requests: [] } });
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  for (const id of [granted, pending]) expect(world.row(id).status).toBe('REVOKED');
  await world.stop();
});
