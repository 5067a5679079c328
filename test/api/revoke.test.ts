import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/store-error.ts';
import { ADMIN_SET, ANA, type ApiWorld, createApiWorld, DEV } from './api-world.ts';

const auditIsDown = (world: ApiWorld) => {
  world.store.hooks.onBeforeWrite = (writes) => {
    if (writes.some((write) => write.table === 'audit'))
      throw new StoreError('write jit_audit', { cause: new Error('table is gone') });
  };
};
const type = (world: ApiWorld, id: string, set: Record<string, unknown>, remove: readonly string[] = []) =>
  world.store.transact([{ kind: 'update', table: 'requests', key: { request_id: id }, set, remove }]);
const eventsOf = (world: ApiWorld, id: string) => world.audit(id).map((event) => event.event_type);
const granted = async (world: ApiWorld) => {
  const id = await world.anaHasAsked();
  await world.benHasApproved(id);
  await type(world, id, { status: 'GRANTED', audited_status: 'GRANTED', grant_time: '2026-01-15T12:00:00Z' });
  return id;
};

describe('POST /requests/{id}/revoke', () => {
  test('flips row and audit in one transaction, and has the loop look at once', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    world.nudges.length = 0;
    const { status, body } = await world.revoke(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'REVOKED',
      revoked_at: '2026-01-15T12:00:00Z',
      assignment_status: 'REMOVING',
    });
    expect(world.row(id)).toMatchObject({
      audited_status: 'REVOKED',
      revoked_by: 'admin@example.com',
      due_at: '2026-01-15T12:00:00.000Z',
    });
    expect(world.audit(id).at(-1)).toMatchObject({
      event_type: 'REVOKED',
      actor_email: 'admin@example.com',
      actor_mm_user_id: 'mm-admin',
      details: { before: 'GRANTED' },
    });
    expect(world.nudges).toEqual([{ request_id: id }]);
  });

  test('revokes what is PENDING without claiming that access is being removed', async () => {
    const world = createApiWorld();
    const { body } = await world.revoke(await world.anaHasAsked());
    expect(body.status).toBe('REVOKED');
    expect(body).not.toHaveProperty('assignment_status');
  });

  test('answers with the proof when it comes within REVOKE_WAIT_MS', async () => {
    const world = createApiWorld({ settings: { revokeWaitMs: 8000 } });
    const id = await granted(world);
    const settling = world.clock.sleep(3000).then(() => world.settle(id));
    const { body } = await world.revoke(id);
    await settling;
    expect(body).toMatchObject({
      status: 'REVOKED',
      assignment_status: 'GONE',
      removed_at: '2026-01-15T12:00:05Z',
    });
    expect(world.clock.elapsedMs()).toBeLessThan(3200);
  });

  test('answers 200 after REVOKE_WAIT_MS without the proof, since the revoke stands', async () => {
    const world = createApiWorld({ settings: { revokeWaitMs: 8000 } });
    const id = await granted(world);
    const { status, body } = await world.revoke(id);
    expect([status, body.status, body.assignment_status]).toEqual([200, 'REVOKED', 'REMOVING']);
    expect(world.clock.elapsedMs()).toBe(8000);
  });

  test('answers REVOKED even when the table stops answering while it waits', async () => {
    const world = createApiWorld({ settings: { revokeWaitMs: 500 } });
    const id = await granted(world);
    world.store.hooks.onAfterWrite = (writes) => {
      if (writes[0]?.table !== 'requests') return;
      world.store.hooks.onRead = () => {
        throw new StoreError('read', { cause: new Error('down') });
      };
    };
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
  });

  test('twice is the same as once, and nudges again while it is not done', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    const first = await world.revoke(id);
    await world.clock.advance(60_000);
    world.nudges.length = 0;
    expect((await world.revoke(id, { actor_email: 'other@example.com' })).body).toEqual(first.body);
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED', 'REVOKED']);
    expect(world.nudges).toEqual([{ request_id: id }]);
    await world.settle(id);
    world.nudges.length = 0;
    expect((await world.revoke(id)).status).toBe(200);
    expect(world.nudges).toEqual([]);
  });

  test('twice at once leaves one event', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    const both = await Promise.all([world.revoke(id), world.revoke(id)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(eventsOf(world, id).filter((event) => event === 'REVOKED')).toHaveLength(1);
  });

  test('leaves EXPIRED as it is with 200, and refuses DENIED with 409', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    await type(world, id, { status: 'EXPIRED', audited_status: 'EXPIRED' }, ['due_at']);
    expect(await world.revoke(id)).toMatchObject({ status: 200, body: { status: 'EXPIRED' } });
    const denied = await world.anaHasAsked();
    await type(world, denied, { status: 'DENIED', audited_status: 'DENIED' }, ['due_at']);
    expect(await world.revoke(denied)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(world.row(denied).status).toBe('DENIED');
  });

  test('revokes ERROR, settled or not: the previous system refused exactly these', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    await type(world, id, { status: 'ERROR', audited_status: 'ERROR' }, ['due_at']);
    expect((await world.revoke(id)).body).toMatchObject({ status: 'REVOKED', assignment_status: 'REMOVING' });
    expect(world.row(id).due_at).toBeDefined();
  });

  test('revokes a row of the previous deployment, and gives it its audited status', async () => {
    const world = createApiWorld();
    world.store.load('requests', [
      { request_id: 'old', status: 'GRANTED', account_id: DEV, channel_id: 'demo' },
    ]);
    expect((await world.revoke('old')).body.status).toBe('REVOKED');
    expect(world.row('old')).toMatchObject({ audited_status: 'REVOKED', audit_seq: 1 });
  });

  test('needs no binding, no directory and no valid row', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    await type(world, id, { end_time: 'never', requested_duration_minutes: 'x', requester_email: ' ' });
    await world.store.transact([
      { kind: 'delete', table: 'config', key: { channel_id: 'demo', account_id: DEV } },
    ]);
    world.faults.directory = true;
    expect((await world.revoke(id)).status).toBe(200);
    expect(world.row(id).status).toBe('REVOKED');
  });

  test('revokes also what a hand typed REVOKED: another hand may type over that before the loop has seen it', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    await type(world, id, { status: 'REVOKED' });
    world.nudges.length = 0;
    expect((await world.revoke(id)).body.status).toBe('REVOKED');
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'REVOKED' });
    expect(world.nudges).toEqual([{ request_id: id }]);
  });

  test('revokes what a hand typed DENIED or nonsense over a grant: the access is still there', async () => {
    for (const status of ['DENIED', 'PENDING', 'nonsense', 7]) {
      const world = createApiWorld();
      const id = await granted(world);
      // `status` is the key of an index, which takes texts only.
      await type(world, id, { status: String(status) });
      expect((await world.revoke(id)).status).toBe(200);
      expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'REVOKED' });
    }
  });

  test('never brings back what a hand typed over an ending', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    await world.revoke(id);
    await type(world, id, { status: 'GRANTED' });
    expect((await world.revoke(id)).body.status).toBe('REVOKED');
    expect(eventsOf(world, id).filter((event) => event === 'REVOKED')).toHaveLength(1);
  });

  test('flips the one word of a row that takes nothing more', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    for (let more = 1 << 18; more >= 1; more >>= 1) {
      const fuller = { reason: `${String(world.row(id).reason)}${'x'.repeat(more)}` };
      // What no longer fits is refused, and a smaller piece tried.
      await type(world, id, fuller).catch(() => undefined);
    }
    const { status, body } = await world.revoke(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'REVOKED' });
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'GRANTED' });
    expect(world.row(id).revoked_by).toBeUndefined();
  });

  test('flips status and revoked_by alone while the audit table cannot be written, for the loop to adopt', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    auditIsDown(world);
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
    expect(world.row(id)).toMatchObject({
      status: 'REVOKED',
      revoked_by: 'admin@example.com',
      audited_status: 'GRANTED',
      due_at: '2026-01-15T12:00:00.000Z',
    });
    expect(world.row(id)).not.toHaveProperty('revoked_at');
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED']);
  });

  test('never flips alone over a change of somebody else', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    let once = true;
    world.store.hooks.onBeforeWrite = async (writes) => {
      if (writes.some((write) => write.table === 'audit'))
        throw new StoreError('write', { cause: new Error('down') });
      if (!once || writes[0]?.table !== 'requests') return;
      once = false;
      world.store.load('requests', [{ ...world.row(id), status: 'DENIED', audited_status: 'DENIED' }]);
    };
    expect((await world.revoke(id)).status).toBe(409);
    expect(world.row(id).status).toBe('DENIED');
  });

  test('writes nothing twice when the answer of the transaction was lost', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    let once = true;
    world.store.hooks.onAfterWrite = (writes) => {
      if (!once || writes[0]?.table !== 'requests') return;
      once = false;
      throw new StoreError('write', { cause: new Error('socket hang up') });
    };
    expect((await world.revoke(id)).body.status).toBe('REVOKED');
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED', 'REVOKED']);
    expect(world.row(id).audited_status).toBe('REVOKED');
  });

  test('answers 503 with Retry-After only where not even the row can be written', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    world.store.hooks.onBeforeWrite = (writes) => {
      if (writes[0]?.table !== 'nonces') throw new StoreError('write', { cause: new Error('secret detail') });
    };
    const { status, headers, text } = await world.revoke(id);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
    expect(text).not.toContain('secret detail');
  });

  test('names the other requests that keep the access, and only those', async () => {
    const world = createApiWorld();
    const [first, second, third] = [await granted(world), await granted(world), await granted(world)];
    await world.revoke(third);
    const { body } = await world.revoke(first);
    expect(body.also_wanted_by).toEqual([second]);
    expect((await world.revoke(second)).body).not.toHaveProperty('also_wanted_by');
    expect(body).toMatchObject({ identity_store_user_id: ANA.principalId, permission_set_arn: ADMIN_SET });
  });

  test('is recorded in observe mode, and then answered 503 that says so', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    const observer = createApiWorld({
      settings: { mode: 'observe', revokeWaitMs: 8000 },
      store: () => world.store,
    });
    const { status, body } = await observer.revoke(id);
    expect(status).toBe(503);
    expect(body.message).toContain('only observes');
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'REVOKED' });
    expect(eventsOf(world, id).at(-1)).toBe('REVOKED');
  });

  test('takes either name of who revokes, and refuses none', async () => {
    const world = createApiWorld();
    const id = await granted(world);
    expect(await world.revoke(id, { actor_email: undefined, actor_mm_user_id: '' })).toMatchObject({
      status: 400,
    });
    expect((await world.revoke(id, { actor_email: 7 })).body.message).toContain('actor_email is 7: expected');
    expect(world.row(id).status).toBe('GRANTED');
    expect((await world.revoke(id, { actor_email: undefined })).status).toBe(200);
    expect(world.row(id).revoked_by).toBe('mm-admin');
  });

  test('is 404 for an unknown request', async () => {
    expect((await createApiWorld().revoke('nobody')).status).toBe(404);
  });
});
