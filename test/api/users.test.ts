import { describe, expect, test } from 'vitest';
import { estimateRemovalSeconds } from '../../api/estimate-removal.ts';
import { StoreError } from '../../src/store-error.ts';
import { ANA, type ApiWorld, BEN, createApiWorld, DEV, STAGING } from './api-world.ts';

const STRANGER = '77777777-7777-4777-8777-777777777777';
const revokeUser = (world: ApiWorld, change: Record<string, unknown> = {}) =>
  world.ops('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: 'olga@example.com',
    reason: 'laptop stolen',
    ...change,
  });
const unfreeze = (world: ApiWorld, change: Record<string, unknown> = {}) =>
  world.ops('POST', '/users/unfreeze', {
    email: ANA.email,
    actor_email: 'olga@example.com',
    reason: 'found',
    ...change,
  });
const holdOf = (world: ApiWorld, principalId: string) =>
  world.store.dump('control').find((row) => row.name === `principal#${principalId}`);
const set = (
  world: ApiWorld,
  id: string,
  attributes: Record<string, unknown>,
  remove: readonly string[] = [],
) =>
  world.store.transact([
    { kind: 'update', table: 'requests', key: { request_id: id }, set: attributes, remove },
  ]);

async function worldWithRequests() {
  const world = createApiWorld();
  const pending = await world.anaHasAsked();
  const approved = await world.anaHasAsked({ account_id: STAGING });
  await world.benHasApproved(approved);
  const grantedId = await world.anaHasAsked();
  await world.benHasApproved(grantedId);
  await set(world, grantedId, { status: 'GRANTED', audited_status: 'GRANTED' });
  const denied = await world.anaHasAsked();
  await set(world, denied, { status: 'DENIED', audited_status: 'DENIED' }, ['due_at']);
  const bens = await world.anaHasAsked({ requester_email: BEN.email, requester_mm_user_id: BEN.mmUserId });
  await world.clock.advance(1000);
  world.nudges.length = 0;
  return { world, pending, approved, granted: grantedId, denied, bens };
}

describe('POST /users/revoke', () => {
  test('writes the hold, flips every request of the person and of nobody else, and estimates', async () => {
    const { world, pending, approved, granted, denied, bens } = await worldWithRequests();
    const { status, body } = await revokeUser(world);
    expect(status).toBe(200);
    expect(body.requests.map((request: { request_id: string }) => request.request_id).sort()).toEqual(
      [pending, approved, granted].sort(),
    );
    expect(body).toMatchObject({
      principal_ids: [ANA.principalId],
      frozen: false,
      not_yet_revoked: [],
      estimated_seconds: 6,
      directory_answered: true,
    });
    for (const id of [pending, approved, granted]) {
      expect(world.row(id)).toMatchObject({ status: 'REVOKED', revoked_by: 'olga@example.com' });
      expect(world.audit(id).at(-1)).toMatchObject({
        event_type: 'REVOKED',
        details: { reason: 'laptop stolen' },
      });
    }
    expect([world.row(denied).status, world.row(bens).status]).toEqual(['DENIED', 'PENDING']);
    expect(holdOf(world, ANA.principalId)).toMatchObject({
      version: 1,
      revoked_before: '2026-01-15T12:00:01.000Z',
      search_until: '2026-01-15T12:02:01.000Z',
      frozen: false,
    });
    expect(world.audit(`control#principal#${ANA.principalId}`)).toMatchObject([
      { event_type: 'USER_FROZEN', actor_email: 'olga@example.com', details: { reason: 'laptop stolen' } },
    ]);
    expect(world.nudges).toContainEqual({ principal_id: ANA.principalId });
  });

  test('writes the hold before it looks for requests: what is missed then, the loop finds', async () => {
    const { world } = await worldWithRequests();
    const seen: boolean[] = [];
    world.store.hooks.onBeforeWrite = (writes) => {
      if (writes[0]?.table === 'requests') seen.push(holdOf(world, ANA.principalId) !== undefined);
    };
    await revokeUser(world);
    expect(seen).toEqual([true, true, true]);
  });

  test('freezes until a time or until lifted, and refuses requests and approvals meanwhile', async () => {
    const { world } = await worldWithRequests();
    const { body } = await revokeUser(world, { freeze: true, freeze_until: '2026-01-15T13:00:00Z' });
    expect(body).toMatchObject({ frozen: true, freeze_until: '2026-01-15T13:00:00.000Z' });
    expect((await world.anaAsks()).body.message).toContain('frozen');
    await world.clock.advance(3_600_000);
    expect((await world.anaAsks()).status).toBe(201);
  });

  test('never shortens a freeze: only lifting it does', async () => {
    const world = createApiWorld();
    await revokeUser(world, { freeze: true });
    await revokeUser(world, { freeze: true, freeze_until: '2026-01-15T13:00:00Z' });
    await revokeUser(world);
    expect(holdOf(world, ANA.principalId)).toMatchObject({ version: 3, frozen: true });
    expect(holdOf(world, ANA.principalId)).not.toHaveProperty('freeze_until');
  });

  test('covers rows of the previous deployment, which have no due_at, its ERROR ones included', async () => {
    const world = createApiWorld();
    const old = (request_id: string, status: string) => ({
      request_id,
      status,
      account_id: DEV,
      channel_id: 'demo',
      requester_email: ANA.email,
      identity_store_user_id: ANA.principalId,
      created_at: '2026-01-15T10:00:00Z',
    });
    world.store.load('requests', [
      old('a', 'GRANTED'),
      old('b', 'ERROR'),
      old('c', 'EXPIRED'),
      old('d', 'REVOKED'),
    ]);
    const { body } = await revokeUser(world, { email: undefined, principal_id: ANA.principalId });
    expect(body.requests).toHaveLength(2);
    expect(['a', 'b', 'c', 'd'].map((id) => world.row(id).status)).toEqual([
      'REVOKED',
      'REVOKED',
      'EXPIRED',
      'REVOKED',
    ]);
  });

  test('leaves a settled ERROR of ours alone: it was seen without access', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await set(world, id, { status: 'ERROR', audited_status: 'ERROR' }, ['due_at']);
    expect((await revokeUser(world)).body.requests).toEqual([]);
    expect(world.row(id).status).toBe('ERROR');
  });

  test('lets the rows decide while the directory is down', async () => {
    const { world, pending, granted } = await worldWithRequests();
    world.faults.directory = true;
    const { status, body } = await revokeUser(world, { freeze: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({ directory_answered: false, frozen: true, principal_ids: [ANA.principalId] });
    expect([world.row(pending).status, world.row(granted).status]).toEqual(['REVOKED', 'REVOKED']);
    expect((await revokeUser(world, { email: undefined, principal_id: BEN.principalId })).status).toBe(200);
    const nobody = await revokeUser(world, { email: 'eve@example.com' });
    expect(nobody.status).toBe(404);
    expect(nobody.body.message).toContain('cannot be asked');
  });

  test('matches a known person without requests, and is 404 for nobody, by address or id', async () => {
    const world = createApiWorld();
    expect((await revokeUser(world, { freeze: true })).body).toMatchObject({
      requests: [],
      estimated_seconds: 0,
      frozen: true,
    });
    expect((await revokeUser(world, { email: 'eve@example.com' })).status).toBe(404);
    expect((await revokeUser(world, { email: undefined, principal_id: STRANGER, freeze: true })).status).toBe(
      404,
    );
    expect(holdOf(world, STRANGER)).toBeUndefined();
  });

  test('revokes while the audit table cannot be written', async () => {
    const { world, granted } = await worldWithRequests();
    world.store.hooks.onBeforeWrite = (writes) => {
      if (writes.some((write) => write.table === 'audit'))
        throw new StoreError('write', { cause: new Error('down') });
    };
    const { status, body } = await revokeUser(world, { freeze: true });
    expect([status, body.requests.length]).toEqual([200, 3]);
    expect(holdOf(world, ANA.principalId)).toMatchObject({ frozen: true });
    expect(world.row(granted)).toMatchObject({ status: 'REVOKED', audited_status: 'GRANTED' });
  });

  test('says that nothing is frozen when the hold cannot be written, but flips what it can', async () => {
    const { world, granted } = await worldWithRequests();
    world.store.hooks.onBeforeWrite = (writes) => {
      if (writes.some((write) => write.table === 'control'))
        throw new StoreError('write', { cause: new Error('down') });
    };
    const { status, body } = await revokeUser(world, { freeze: true });
    expect(status).toBe(503);
    expect(body.message).toContain('call again');
    expect(world.row(granted).status).toBe('REVOKED');
  });

  test('is recorded in observe mode, and then answered 503', async () => {
    const { world, granted } = await worldWithRequests();
    const observer = createApiWorld({ settings: { mode: 'observe' }, store: () => world.store });
    expect((await revokeUser(observer)).status).toBe(503);
    expect(world.row(granted).status).toBe('REVOKED');
  });

  test.each([
    ['nobody', { email: undefined }, 'either email or principal_id'],
    ['two names', { principal_id: ANA.principalId }, 'either email or principal_id'],
    ['no reason', { reason: ' ' }, 'reason is " ": expected a text'],
    ['no actor', { actor_email: undefined }, 'actor_email is missing'],
    ['a bad id', { email: undefined, principal_id: 'ana' }, 'principal_id is "ana"'],
    ['an end without a freeze', { freeze_until: '2026-02-01' }, 'freeze_until is given without freeze'],
    [
      'an end in the past',
      { freeze: true, freeze_until: '2025-02-01' },
      'expected a time that is still ahead',
    ],
    [
      'an end that is no time',
      { freeze: true, freeze_until: 'soon' },
      'freeze_until is "soon": expected a time',
    ],
  ])('refuses %s', async (_what, change, words) => {
    const world = createApiWorld();
    const { status, body } = await revokeUser(world, change);
    expect([status, body.message]).toEqual([400, expect.stringContaining(words)]);
    expect(world.store.dump('audit')).toEqual([]);
  });
});

describe('POST /users/unfreeze', () => {
  test('lifts the freeze with an event, and leaves revoked what was revoked', async () => {
    const { world, granted } = await worldWithRequests();
    await revokeUser(world, { freeze: true });
    expect((await unfreeze(world)).body).toEqual({ principal_ids: [ANA.principalId], lifted: true });
    expect(holdOf(world, ANA.principalId)).toMatchObject({
      frozen: false,
      version: 2,
      revoked_before: expect.any(String),
    });
    expect(world.row(granted).status).toBe('REVOKED');
    expect(world.audit(`control#principal#${ANA.principalId}`).map((event) => event.event_type)).toEqual([
      'USER_FROZEN',
      'USER_UNFROZEN',
    ]);
    expect((await world.anaAsks()).status).toBe(201);
  });

  test('says that there was nothing to lift, and is 404 for nobody', async () => {
    const world = createApiWorld();
    expect((await unfreeze(world)).body.lifted).toBe(false);
    expect((await unfreeze(world, { email: 'eve@example.com' })).status).toBe(404);
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('works by id while the directory is down, for who is held', async () => {
    const world = createApiWorld();
    await revokeUser(world, { freeze: true });
    world.faults.directory = true;
    const { body } = await unfreeze(world, { email: undefined, principal_id: ANA.principalId });
    expect(body.lifted).toBe(true);
  });
});

describe('estimateRemovalSeconds()', () => {
  const accesses = (n: number, accounts: number) =>
    Array.from({ length: n }, (_, at) => ({ accountId: String(at % accounts) }));

  test.each([
    ['nothing', [], 0],
    ['one', accesses(1, 1), 6],
    ['many in one account, one after the other', accesses(20, 1), 101],
    ['many in many accounts, by the rate', accesses(1000, 1000), 501],
  ])('%s', (_what, assignments, seconds) => {
    expect(estimateRemovalSeconds(assignments, 15)).toBe(seconds);
  });
});
