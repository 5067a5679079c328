// All tables are put back to what they were an hour ago, while AWS is as it is now: what that hour gave is explained by
// nobody, and what it took away is wanted again. Nothing is asserted but the state of the world; docs/disaster-recovery.md
// tells operators what follows from it.

import { expect, it } from 'vitest';
import { createLeader } from '../../reconciler/leader.ts';
import { signRequest } from '../../src/signature.ts';
import type { Row, Store, Table } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { createApiWorld, PLUGIN } from '../api/api-world.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  HOUR,
  MINUTE,
  type Person,
  SECOND,
  startedWorld,
  type World,
} from '../world.ts';

type Backup = ReadonlyMap<Table, readonly Row[]>;

const TABLES = Object.keys(TableDefinitions) as Table[];
/** Nothing that nobody stated is removed without a person: ORPHAN_BRAKE_COUNT and ORPHAN_BRAKE_SHARE at 0. */
const ASK_FIRST = { count: 0, share: 0 };
const LONG = { minutes: 240 };
const LEASE_MS = 15_000;

function backUp(store: ModelStore): Backup {
  return new Map(TABLES.map((table) => [table, store.dump(table)]));
}

async function putBack(store: ModelStore, backup: Backup): Promise<void> {
  for (const table of TABLES) {
    const { partition, sort } = TableDefinitions[table];
    const names = sort === undefined ? [partition] : [partition, sort];
    for (const row of store.dump(table)) {
      const key = Object.fromEntries(names.map((name) => [name, String(row[name])]));
      await store.transact([{ kind: 'delete', table, key }]);
    }
    store.load(table, backup.get(table) ?? []);
  }
}

/** An hour that is in AWS and in no table any more. Every process is stopped before the tables are put back. */
async function losingAnHour(world: World, hour: () => Promise<unknown>): Promise<void> {
  const backup = backUp(world.store);
  const endMs = world.clock.nowMs() + HOUR;
  await hour();
  await world.advance(endMs - world.clock.nowMs());
  await world.stop();
  await putBack(world.store, backup);
}

/** A world that notes who got access, and who lost it. */
async function watchedWorld() {
  const seen: { readonly who: string; readonly present: boolean }[] = [];
  const world = await startedWorld({
    onAssignmentChange: ({ assignment, present }) => seen.push({ who: assignment.principalId, present }),
  });
  const since = () => seen.splice(0);
  return { world, since };
}

async function driftOf(world: World) {
  const { status, body } = await world.call('GET', '/drift');
  expect(status).toBe(200);
  return body.items as { readonly kind: string; readonly principal_id: string }[];
}

async function planOf(world: World) {
  const { status, body } = await world.call('GET', '/plan');
  expect(status).toBe(200);
  return body as { readonly withheld: readonly unknown[]; readonly digest?: string };
}

const subjectOf = (person: Person) => `assignment#${DEV}#${ADMIN}#${person.id}`;

it('access that was granted in the lost hour is shown as orphaned, and goes after two sightings; what was granted before stays', async () => {
  const world = await startedWorld();
  const before = await world.granted(BEN, LONG);
  await losingAnHour(world, () => world.granted(ANA, LONG));
  const told = world.messages.length;
  world.start();
  await world.advance(90 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.audit(subjectOf(ANA))).toEqual(['ORPHAN_FOUND']);
  expect(await driftOf(world)).toContainEqual(
    expect.objectContaining({ kind: 'orphaned', principal_id: ANA.id }),
  );
  expect(await world.metrics.registry.metrics()).toContain('jit_drift_assignments{kind="orphaned"} 1');
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.audit(subjectOf(ANA))).toEqual(['ORPHAN_FOUND', 'ORPHAN_REMOVED']);
  expect(world.isLive(BEN)).toBe(true);
  expect(world.row(before)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  expect(world.messages).toHaveLength(told);
  await world.stop();
});

it('more of it than the brake allows stays whole, until a named person releases exactly that', async () => {
  const world = await startedWorld();
  await losingAnHour(world, async () => {
    await world.granted(ANA, LONG);
    await world.granted(BEN, LONG);
  });
  world.start({ limits: { count: 1, share: 0 } });
  await world.advance(15 * MINUTE);
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([true, true]);
  const plan = await planOf(world);
  expect(plan.withheld).toMatchObject([{ reason: 'brake' }, { reason: 'brake' }]);
  expect(world.control('brake')).toMatchObject({ tripped: true });
  expect(await world.metrics.registry.metrics()).toContain('jit_withheld_revocations{reason="brake"} 2');
  await release(world, String(plan.digest));
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([false, false]);
  await world.stop();
});

it('with the brake at nothing even one waits for a person', async () => {
  const world = await startedWorld();
  await losingAnHour(world, () => world.granted(ANA, LONG));
  world.start({ limits: ASK_FIRST });
  await world.advance(HOUR);
  expect(world.isLive(ANA)).toBe(true);
  const plan = await planOf(world);
  expect(plan.withheld).toMatchObject([{ principal_id: ANA.id, reason: 'brake' }]);
  await release(world, String(plan.digest));
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('who asks again while it is withheld keeps the access without a gap, and loses it at the new end', async () => {
  const { world, since } = await watchedWorld();
  await losingAnHour(world, () => world.granted(ANA, LONG));
  since();
  world.start({ limits: ASK_FIRST });
  await world.advance(5 * MINUTE);
  const again = await world.granted(ANA, { minutes: 30 });
  await world.advance(10 * MINUTE);
  expect((await planOf(world)).withheld).toEqual([]);
  expect(since()).toEqual([]);
  expect(world.isLive(ANA)).toBe(true);
  await world.advance(25 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(again)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('a request that was approved in the lost hour is PENDING again, and its access explained by nobody', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA, LONG);
  await losingAnHour(world, async () => {
    await world.approve(id);
    await world.advance(10 * SECOND);
    expect(world.row(id).status).toBe('GRANTED');
  });
  world.start({ limits: ASK_FIRST });
  await world.advance(10 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'PENDING', audited_status: 'PENDING' });
  expect((await planOf(world)).withheld).toMatchObject([{ principal_id: ANA.id }]);
  await world.approve(id);
  await world.advance(5 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  expect((await planOf(world)).withheld).toEqual([]);
  await world.stop();
});

it('what was revoked and gone in the lost hour does not come back: it is missing, and ends in its time', async () => {
  const { world, since } = await watchedWorld();
  const id = await world.granted(ANA, LONG);
  await losingAnHour(world, async () => {
    await world.revoke(id);
    await world.advance(MINUTE);
    expect(world.isLive(ANA)).toBe(false);
  });
  since();
  world.start();
  await world.advance(5 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'MISSING' });
  expect(world.audit(id)).toContain('MISSING_FOUND');
  expect(await driftOf(world)).toContainEqual(expect.objectContaining({ kind: 'missing' }));
  await world.advance(4 * HOUR);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  expect(since()).toEqual([]);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED', 'EXPIRED']);
  await world.stop();
});

it('a revoke of the lost hour that AWS had not carried out is lost: the access stays until its end, or until it is revoked again', async () => {
  const world = await startedWorld();
  const [ana, ben] = [await world.granted(ANA, LONG), await world.granted(BEN, LONG)];
  await losingAnHour(world, async () => {
    world.model.addFault({
      operation: 'DeleteAccountAssignment',
      fault: { kind: 'error', name: 'AccessDeniedException', message: 'not allowed' },
      probability: 1,
    });
    await world.revoke(ana);
    await world.revoke(ben);
  });
  world.model.clearFaults();
  world.start();
  await world.advance(15 * MINUTE);
  for (const [id, person] of [[ana, ANA] as const, [ben, BEN] as const]) {
    expect(world.isLive(person)).toBe(true);
    expect(world.row(id)).toMatchObject({ status: 'GRANTED', audited_status: 'GRANTED' });
  }
  // Nothing tells the two from any other grant.
  expect((await driftOf(world)).filter(({ kind }) => kind !== 'foreign')).toEqual([]);
  await world.revoke(ana);
  await world.advance(5 * SECOND);
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([false, true]);
  await world.advance(4 * HOUR);
  expect(world.isLive(BEN)).toBe(false);
  expect(world.row(ben)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('what ended in its time in the lost hour stays gone, is settled again and told again', async () => {
  const { world, since } = await watchedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  await losingAnHour(world, async () => {
    await world.advance(35 * MINUTE);
    expect(world.row(id).status).toBe('EXPIRED');
  });
  since();
  world.start();
  await world.advance(5 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  expect(world.row(id).due_at).toBeUndefined();
  expect(since()).toEqual([]);
  expect(world.said(id)).toEqual(['GRANTED', 'EXPIRED', 'EXPIRED']);
  await world.stop();
});

it('a freeze of the lost hour is gone, and stands when it is said again', async () => {
  const world = await startedWorld();
  await losingAnHour(world, async () => {
    await freeze(world);
    await expect(world.ask(ANA)).rejects.toThrow('frozen');
  });
  world.start();
  await world.advance(MINUTE);
  const id = await world.granted(ANA);
  expect((await freeze(world)).status).toBe(200);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await expect(world.ask(ANA)).rejects.toThrow('frozen');
  await world.stop();
});

it('who was taken off the approvers in the lost hour approves again, until taken off again', async () => {
  const world = await startedWorld();
  const takeOff = () =>
    world.call('POST', '/config/approvers', { channel_id: 'demo', approver_ids: ['mm-cleo'] });
  const id = await world.ask(ANA);
  await losingAnHour(world, async () => {
    await takeOff();
    expect((await world.approve(id, BEN)).status).toBe(403);
  });
  world.start();
  expect((await world.approve(id, BEN)).status).toBe(200);
  const next = await world.ask(ANA);
  await takeOff();
  expect((await world.approve(next, BEN)).status).toBe(403);
  await world.stop();
});

/** Approved while nobody led, granted and revoked in the hour after the backup. Nobody leads at the end of it. */
async function losingAnApproval(minutes: number) {
  const { world, since } = await watchedWorld();
  await world.stop();
  const id = await world.ask(ANA, { minutes });
  await world.approve(id);
  await losingAnHour(world, async () => {
    world.start();
    await world.advance(MINUTE);
    expect(world.row(id).status).toBe('GRANTED');
    await world.revoke(id);
    await world.advance(MINUTE);
    expect(world.isLive(ANA)).toBe(false);
  });
  since();
  return { world, id, since };
}

it('an approval that waited when the backup was made is carried out again, though it was revoked since: it can be revoked again', async () => {
  const { world, id } = await losingAnApproval(240);
  world.start();
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED', 'GRANTED']);
  await world.revoke(id);
  await world.advance(5 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an approval that waited then and whose time is over by now is never carried out', async () => {
  const { world, id, since } = await losingAnApproval(60);
  world.start();
  await world.advance(5 * MINUTE);
  expect(since()).toEqual([]);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('what is revoked and frozen again before any reconciler starts is never carried out', async () => {
  const { world, id, since } = await losingAnApproval(240);
  expect((await world.revoke(id)).status).toBe(200);
  expect((await freeze(world)).status).toBe(200);
  world.start();
  await world.advance(5 * MINUTE);
  expect(since()).toEqual([]);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it.each([
  { aws: 'still knows', statusRetentionMs: 24 * HOUR, status: 'ERROR', gets: 0 },
  { aws: 'has forgotten', statusRetentionMs: 10 * MINUTE, status: 'GRANTED', gets: 1 },
])(
  'a creation that ran when the backup was made, which AWS $aws, ends as $status',
  async ({ statusRetentionMs, status, gets }) => {
    const { world, since } = await watchedWorld();
    world.model.changeSettings({ operationMs: 20 * SECOND, statusRetentionMs });
    const id = await world.ask(ANA, LONG);
    await world.approve(id);
    await world.advance(5 * SECOND);
    expect(world.ledger()).toMatchObject([{ stage: 'CREATING', op: { id: expect.any(String) } }]);
    await losingAnHour(world, async () => {
      await world.advance(MINUTE);
      expect(world.row(id).status).toBe('GRANTED');
      await world.revoke(id);
      await world.advance(2 * MINUTE);
      expect(world.isLive(ANA)).toBe(false);
    });
    since();
    world.start();
    await world.advance(10 * MINUTE);
    expect(world.row(id).status).toBe(status);
    expect(since().filter(({ present }) => present)).toHaveLength(gets);
    expect(world.isLive(ANA)).toBe(gets === 1);
    await world.stop();
  },
);

it.each([
  { leader: 'who still leads', becomes: 'as it was' },
  { leader: 'who is dead by now', becomes: 'dead' },
  { leader: 'who is cut off from the tables', becomes: 'cut off' },
])(
  'over the lease of a leader $leader no two processes act, though none was stopped',
  async ({ becomes }) => {
    const world = await createWorld();
    const link = { isDown: false };
    const first = world.start(becomes === 'cut off' ? { store: reachedOver(link, world.store) } : {});
    await world.advance(2 * MINUTE);
    world.start();
    world.start();
    await world.advance(MINUTE);
    expect(first.reconciler.isLeading()).toBe(true);
    const backup = backUp(world.store);
    if (becomes === 'dead') first.kill();
    await world.advance(HOUR);
    await putBack(world.store, backup);
    link.isDown = becomes === 'cut off';
    const acting: number[] = [];
    for (let half = 0; half < 120; half += 1) {
      await world.advance(SECOND / 2);
      acting.push(world.processes.filter(({ reconciler }) => reconciler.isLeading()).length);
    }
    expect(Math.max(...acting)).toBe(1);
    expect(new Set(acting.slice(60))).toEqual(new Set([1]));
    link.isDown = false;
    const id = await world.granted(ANA);
    await world.revoke(id);
    await world.advance(10 * SECOND);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
    await world.stop();
  },
);

it('a leader that stood still since the very moment of the backup acts beside another for less than a lease: it has to be stopped first', async () => {
  const store = createModelStore();
  const time = { nowMs: 0 };
  const lead = (holder: string) =>
    createLeader({ store, clock: { elapsedMs: () => time.nowMs }, holder, durationMs: LEASE_MS });
  const [still, other] = [lead('still'), lead('other')];
  await still.beat();
  const backup = backUp(store);
  for (; time.nowMs < HOUR; time.nowMs += 3 * SECOND) await other.beat();
  expect([still.mayAct(), other.mayAct()]).toEqual([false, true]);
  await putBack(store, backup);
  await still.beat();
  expect([still.mayAct(), other.mayAct()]).toEqual([true, true]);
  await other.beat();
  expect([still.mayAct(), other.mayAct()]).toEqual([true, false]);
});

it('who starts over a lease of an hour ago leads after one lease, and not before', async () => {
  const world = await startedWorld();
  const backup = backUp(world.store);
  await world.advance(HOUR);
  await world.stop();
  await putBack(world.store, backup);
  const { reconciler } = world.start();
  await world.advance(14 * SECOND);
  expect(reconciler.isLeading()).toBe(false);
  await world.advance(5 * SECOND);
  expect(reconciler.isLeading()).toBe(true);
  await world.stop();
});

it('a call whose nonce was lost can be sent again for five minutes, and not after', async () => {
  const world = createApiWorld();
  const backup = backUp(world.store);
  const path = '/config/accounts';
  const timestamp = String(Math.floor(world.clock.nowMs() / 1000));
  const parts = { timestamp, nonce: 'n-1', method: 'GET', path, body: '' };
  const headers = {
    'x-jit-timestamp': timestamp,
    'x-jit-nonce': parts.nonce,
    'x-jit-signature': signRequest({ ...parts, secret: PLUGIN.secret }),
  };
  const again = async () =>
    (await world.call('GET', `${path}?channel_id=demo`, undefined, { headers })).status;
  expect([await again(), await again()]).toEqual([200, 401]);
  await world.clock.advance(5 * MINUTE - SECOND);
  await putBack(world.store, backup);
  expect(await again()).toBe(200);
  await world.clock.advance(2 * SECOND);
  await putBack(world.store, backup);
  expect(await again()).toBe(401);
  const rejected = await world.deps.metrics.registry.metrics();
  expect(rejected).toContain('jit_signature_rejections_total{reason="stale"} 1');
});

async function release(world: World, digest: string): Promise<void> {
  const answer = await world.call('POST', '/reconcile', {
    actor_email: CLEO.email,
    reason: 'looked at each',
    wait_seconds: 25,
    release_withheld: digest,
  });
  expect(answer.status).toBe(200);
  await world.advance(5 * SECOND);
}

/** The tables as a process sees them that can be cut off from them. */
function reachedOver(link: { readonly isDown: boolean }, store: Store): Store {
  const reach = async <T>(work: () => Promise<T>): Promise<T> => {
    if (link.isDown) throw new StoreError('reach the tables', { cause: new Error('no route to host') });
    return work();
  };
  return {
    get: (...args) => reach(() => store.get(...args)),
    getMany: (...args) => reach(() => store.getMany(...args)),
    query: (...args) => reach(() => store.query(...args)),
    scan: (...args) => reach(() => store.scan(...args)),
    transact: (...args) => reach(() => store.transact(...args)),
  };
}

function freeze(world: World) {
  return world.call('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: CLEO.email,
    reason: 'stolen laptop',
    freeze: true,
  });
}
