// The canary: given access and seen without it again on the path of everybody, by itself, whatever happens in between.

import { expect, it } from 'vitest';
import { registryText } from '../metric-text.ts';
import {
  ANA,
  BEN,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  READ_ONLY,
  SECOND,
  type World,
  type WorldOptions,
} from '../world.ts';

const canary = {
  assignment: { accountId: DEV, permissionSetArn: READ_ONLY, principalId: DORA.id },
  intervalMs: HOUR,
};

/** A world whose canary has begun its first run: it is asked for, approved, and not seen live yet. */
async function canaryWorld(options: WorldOptions = {}) {
  const world = await createWorld(options);
  world.start({ canary });
  await until(world, () => runs(world).length === 1);
  return world;
}

function runs(world: World) {
  return world.store.dump('requests').filter(({ request_id }) => String(request_id).startsWith('canary-'));
}

function newest(world: World): string {
  return String(
    runs(world)
      .map(({ request_id }) => request_id)
      .sort()
      .at(-1),
  );
}

const isLive = (world: World) => world.isLive(DORA, DEV, READ_ONLY);

async function until(world: World, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4_000 && !holds(); i += 1) await world.advance(SECOND);
  if (!holds()) throw new Error(`it did not come to that: ${holds}`);
}

it('is given access, loses it, and says nothing to anybody', async () => {
  const world = await canaryWorld();
  await until(world, () => isLive(world));
  await until(world, () => world.control('canary')?.over === true);
  const id = newest(world);
  expect(isLive(world)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE', revoked_by: 'canary' });
  expect(world.row(id).due_at).toBeUndefined();
  expect(world.audit(id)).toEqual(['REQUESTED', 'APPROVED', 'GRANTED', 'REVOKED', 'REMOVED']);
  expect(world.messages).toEqual([]);
  expect(world.store.dump('outbox')).toEqual([]);
  await world.stop();
});

it('shows how long each half took and when it last closed, apart from the times of people', async () => {
  const world = await canaryWorld();
  await until(world, () => world.control('canary')?.over === true);
  await world.advance(10 * SECOND);
  const shown = await registryText(world.metrics.registry);
  const { closed_at } = world.control('canary') ?? {};
  expect(shown('jit_canary_interval_seconds')).toBe(3_600);
  expect(shown('jit_canary_last_closed_timestamp_seconds')).toBe(Date.parse(String(closed_at)) / 1000);
  expect(shown('jit_canary_grant_seconds')).toBeGreaterThan(0.5);
  expect(shown('jit_canary_grant_seconds')).toBeLessThan(10);
  expect(shown('jit_canary_revocation_seconds')).toBeGreaterThan(0.5);
  expect(shown('jit_canary_revocation_seconds')).toBeLessThan(10);
  expect(shown('jit_grant_seconds_count')).toBe(0);
  expect(shown('jit_revocation_seconds_count{reason="revoked"}')).toBe(0);
  await world.stop();
  expect((await registryText(world.metrics.registry))('jit_canary_interval_seconds')).toBe(0);
});

it('sings once an interval', async () => {
  const world = await canaryWorld();
  await world.advance(HOUR - 2 * MINUTE);
  expect(runs(world)).toHaveLength(1);
  const { closed_at } = world.control('canary') ?? {};
  await until(world, () => runs(world).length === 2);
  expect(world.control('canary')).toMatchObject({ closed_at });
  await world.advance(4 * MINUTE);
  expect(runs(world)).toHaveLength(2);
  await world.advance(2 * HOUR);
  expect(runs(world)).toHaveLength(4);
  expect(isLive(world)).toBe(false);
  await world.stop();
});

it('there is none where none is set', async () => {
  const world = await createWorld();
  world.start();
  await world.advance(HOUR);
  expect(runs(world)).toEqual([]);
  expect(world.control('canary')).toBeUndefined();
  expect((await registryText(world.metrics.registry))('jit_canary_interval_seconds')).toBe(0);
  await world.stop();
});

it('goes on with whoever leads next, and ends by itself where nobody knows of it any longer', async () => {
  const world = await canaryWorld();
  await until(world, () => isLive(world));
  for (const process of [...world.processes]) process.kill();
  world.start({ canary });
  await until(world, () => world.control('canary')?.over === true);
  expect(world.control('canary')?.closed_at).toBeDefined();
  await until(world, () => isLive(world));
  for (const process of [...world.processes]) process.kill();
  world.start();
  await world.advance(20 * MINUTE);
  expect(isLive(world)).toBe(false);
  expect(world.row(newest(world))).toMatchObject({ assignment_status: 'GONE' });
  await world.stop();
});

it('has not closed while AWS does not take its access away, and makes no second run meanwhile', async () => {
  const world = await canaryWorld();
  await until(world, () => isLive(world));
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: { kind: 'error', name: 'ConflictException' },
    times: null,
  });
  await world.advance(3 * HOUR);
  expect(runs(world)).toHaveLength(1);
  expect(world.control('canary')?.closed_at).toBeUndefined();
  world.model.clearFaults();
  await until(world, () => world.control('canary')?.closed_at !== undefined);
  expect(isLive(world)).toBe(false);
  await world.stop();
});

it('has not closed where another hand took its access away, or somebody revoked it first', async () => {
  const world = await canaryWorld();
  await until(world, () => isLive(world));
  world.unassign(DORA, DEV, READ_ONLY);
  await until(world, () => world.control('canary')?.over === true);
  expect(world.control('canary')?.closed_at).toBeUndefined();
  await until(world, () => runs(world).length === 2);
  await world.revoke(newest(world));
  await until(world, () => world.control('canary')?.over === true);
  expect(world.control('canary')?.closed_at).toBeUndefined();
  expect(isLive(world)).toBe(false);
  await world.stop();
});

/** A world in which something happens once, between the beginning of a run and its approval. */
async function interruptedWorld(interrupt: (world: World, requestId: string) => Promise<unknown>) {
  const world = await createWorld();
  const hand = { done: false };
  const store: typeof world.store = {
    ...world.store,
    transact: async (writes) => {
      const written = await world.store.transact(writes);
      const [first] = writes;
      if (!hand.done && first?.kind === 'update' && first.set?.status === 'PENDING') {
        hand.done = true;
        await interrupt(world, String(first.key.request_id));
      }
      return written;
    },
  };
  world.start({ canary, store });
  await until(world, () => hand.done);
  return world;
}

it('gives nothing but what is set, whatever a hand writes into its request', async () => {
  const world = await interruptedWorld((within, id) => within.edit(id, { identity_store_user_id: ANA.id }));
  await world.advance(30 * MINUTE);
  expect(world.isLive(ANA, DEV, READ_ONLY)).toBe(false);
  expect(world.audit(newest(world))).not.toContain('APPROVED');
  expect(world.control('canary')).toMatchObject({ over: true });
  await world.stop();
});

it('approves nothing for a user who was frozen in that moment', async () => {
  const row = {
    ...{ name: `principal#${DORA.id}`, principal_id: DORA.id, version: 1, frozen: true },
    ...{ actor_email: 'sec@example.com', reason: 'a test' },
  };
  const world = await interruptedWorld((within) =>
    within.store.transact([{ kind: 'put', table: 'control', row }]),
  );
  await world.advance(10 * MINUTE);
  expect(isLive(world)).toBe(false);
  expect(world.audit(newest(world))).not.toContain('APPROVED');
  expect(runs(world)).toHaveLength(1);
  await world.stop();
});

it('keeps still while its user is frozen', async () => {
  const world = await createWorld();
  const freeze = { principal_id: DORA.id, actor_email: 'sec@example.com', reason: 'a test', freeze: true };
  const frozen = world.call('POST', '/users/revoke', freeze);
  world.start({ canary });
  await frozen;
  await world.advance(10 * MINUTE);
  expect(runs(world)).toEqual([]);
  expect(isLive(world)).toBe(false);
  await world.call('POST', '/users/unfreeze', { ...freeze });
  await until(world, () => isLive(world));
  await world.stop();
});

it('begins anew over a row that a hand has spoilt', async () => {
  const world = await canaryWorld();
  await until(world, () => world.control('canary')?.over === true);
  const row = { name: 'canary', request_id: 7, over: 'yes' };
  await world.store.transact([{ kind: 'put', table: 'control', row }]);
  await until(world, () => runs(world).length === 2);
  await until(world, () => world.control('canary')?.over === true);
  expect(world.control('canary')?.closed_at).toBeDefined();
  await world.stop();
});

it('acts on no request but its own, whichever a hand names in its row', async () => {
  const world = await canaryWorld();
  await until(world, () => world.control('canary')?.over === true);
  const id = await world.granted(ANA);
  const row = { name: 'canary', request_id: id, begun_at: '2026-01-15T12:00:00.000Z' };
  await world.store.transact([{ kind: 'put', table: 'control', row }]);
  await until(world, () => runs(world).length === 2);
  expect(world.row(id).status).toBe('GRANTED');
  expect(world.isLive(ANA)).toBe(true);
  await world.stop();
});

it('is not silenced by a clock that ran ahead', async () => {
  const world = await canaryWorld();
  await until(world, () => world.control('canary')?.over === true);
  const row = { ...world.control('canary'), begun_at: '2036-01-01T00:00:00.000Z' };
  await world.store.transact([{ kind: 'put', table: 'control', row }]);
  await until(world, () => runs(world).length === 2);
  await world.stop();
});

it('does not take what somebody else wants', async () => {
  const world = await canaryWorld();
  const id = await world.granted(DORA, { permissionSetArn: READ_ONLY, minutes: 120 });
  await until(world, () => world.control('canary')?.over === true);
  expect(isLive(world)).toBe(true);
  expect(world.row(newest(world))).toMatchObject({ assignment_status: 'KEPT' });
  expect(world.control('canary')?.closed_at).toBeUndefined();
  await world.revoke(id, BEN);
  await world.advance(10 * SECOND);
  expect(isLive(world)).toBe(false);
  await world.stop();
});
