// Somebody has a key that is not theirs. What it gives them is said plainly in docs/threat-model.md; here is the proof of
// that, and of where it ends.

import { expect, test } from 'vitest';
import { allRoutes } from '../../api/app.ts';
import {
  ADMIN_SET,
  ANA,
  type ApiWorld,
  BEN,
  CLEO,
  createApiWorld,
  DEV,
  FOREIGN_SET,
  PLUGIN,
  READ_SET,
  STAGING,
} from './api-world.ts';

const UNBOUND = '333333333333';
const EXCLUDED = '999999999999';

/** A channel of the thief's own, with a chat id of theirs as the only approver. */
async function bindsOwnChannel(world: ApiWorld): Promise<void> {
  const bound = await world.call('POST', '/config/bind', { channel_id: 'thief', account_id: UNBOUND });
  expect(bound.status).toBe(200);
  const named = await world.call('POST', '/config/approvers', {
    channel_id: 'thief',
    approver_ids: ['mm-thief'],
  });
  expect(named.status).toBe(200);
}

const anaOfTheThief = { channel_id: 'thief', account_id: UNBOUND };
const theThief = { approver_mm_user_id: 'mm-thief', approver_email: 'thief@example.com' };

test('a stolen plugin key asks as anybody and approves as a listed approver: the call says who acts', async () => {
  const world = createApiWorld();
  const id = await world.anaHasAsked({ requested_duration_minutes: 240, permission_set_arn: READ_SET });
  expect((await world.benApproves(id)).status).toBe(200);
  expect(world.audit(id)).toMatchObject([
    { event_type: 'REQUESTED', actor_email: ANA.email },
    { event_type: 'APPROVED', actor_email: BEN.email, actor_mm_user_id: BEN.mmUserId },
  ]);
});

test('a stolen plugin key binds an account that no channel has, and gives the default set for four hours there', async () => {
  const world = createApiWorld();
  await bindsOwnChannel(world);
  const id = await world.anaHasAsked({ ...anaOfTheThief, requested_duration_minutes: 240 });
  expect((await world.benApproves(id, theThief)).status).toBe(200);
  expect(world.row(id)).toMatchObject({ status: 'APPROVED', permission_set_arn: ADMIN_SET });
});

test('a stolen plugin key gets no other set, no longer time, no own approval and no account out of scope or of others', async () => {
  const world = createApiWorld();
  await bindsOwnChannel(world);
  const asks = async (change: Record<string, unknown>) =>
    (await world.anaAsks({ ...anaOfTheThief, ...change })).status;
  expect(await asks({ permission_set_arn: READ_SET })).toBe(403);
  expect(await asks({ permission_set_arn: FOREIGN_SET })).toBe(403);
  expect(await asks({ requested_duration_minutes: 241 })).toBe(400);
  const binds = async (account_id: string) =>
    (await world.call('POST', '/config/bind', { channel_id: 'thief', account_id })).status;
  expect(await binds(EXCLUDED)).toBe(403);
  expect(await binds(STAGING)).toBe(409);
  const own = await world.anaHasAsked({ ...anaOfTheThief, requester_mm_user_id: 'mm-thief' });
  expect((await world.benApproves(own, theThief)).status).toBe(403);
  expect(world.row(own).status).toBe('PENDING');
});

test('a stolen plugin key replaces the approvers of any channel, and only the binding shows when', async () => {
  const world = createApiWorld();
  await world.clock.advance(60_000);
  const taken = await world.call('POST', '/config/approvers', {
    channel_id: 'demo',
    approver_ids: ['mm-thief'],
  });
  expect(taken.body).toMatchObject([
    { approver_mm_user_ids: ['mm-thief'], updated_at: '2026-01-15T12:01:00Z' },
    { approver_mm_user_ids: ['mm-thief'] },
  ]);
  expect(world.store.dump('audit')).toEqual([]);
  const id = await world.anaHasAsked();
  expect((await world.benApproves(id)).status).toBe(403);
});

test('only operators release, force, see plans, change limits, unbind, freeze, lift and read the audit', () => {
  const ops = allRoutes(createApiWorld().deps)
    .filter(({ callers }) => callers === 'ops')
    .map(({ method, path }) => `${method} ${path}`);
  expect(ops.toSorted()).toEqual([
    'GET /audit',
    'GET /coverage',
    'GET /drift',
    'GET /plan',
    'GET /reconcile/{pass_id}',
    'GET /status',
    'POST /config/settings',
    'POST /config/unbind',
    'POST /reconcile',
    'POST /users/revoke',
    'POST /users/unfreeze',
  ]);
});

test('a plugin key releases nothing that is withheld and changes no limit, whatever the body says', async () => {
  const world = createApiWorld();
  const before = world.store.dump('config');
  const release = { actor_email: CLEO.email, reason: 'x', release_withheld: 'a'.repeat(64) };
  expect((await world.call('POST', '/reconcile', release)).status).toBe(403);
  const limits = { channel_id: 'demo', account_id: DEV, allow_self_approval: true, max_request_hours: 12 };
  expect((await world.call('POST', '/config/settings', limits)).status).toBe(403);
  expect(world.store.dump('config')).toEqual(before);
  expect(world.store.dump('control').filter(({ name }) => String(name).startsWith('pass#'))).toEqual([]);
});

test('a stolen ops key approves its own requests, and gets no further than the managed scope and MAX_REQUEST_HOURS', async () => {
  const world = createApiWorld();
  const changes = async (settings: Record<string, unknown>) =>
    (await world.ops('POST', '/config/settings', { channel_id: 'demo', account_id: DEV, ...settings }))
      .status;
  expect(await changes({ permission_set_arns: [FOREIGN_SET] })).toBe(400);
  expect(await changes({ max_request_hours: 13 })).toBe(400);
  expect(await changes({ max_request_hours: 12, allow_self_approval: true })).toBe(200);
  const wish = { requester_mm_user_id: BEN.mmUserId, requested_duration_minutes: 720 };
  const id = await world.anaHasAsked(wish);
  expect((await world.benApproves(id)).status).toBe(200);
  expect(world.audit(id)).toMatchObject([{ event_type: 'REQUESTED' }, { event_type: 'APPROVED' }]);
});

test('a key that is in its set no more opens nothing, neither by its id nor by its secret', async () => {
  const keys = [{ id: 'plugin-2', secret: 'another-secret' }];
  const world = createApiWorld({ keys: { plugin: { kind: 'named', keys } } });
  for (const key of [PLUGIN, { keyId: 'plugin-2', secret: PLUGIN.secret }])
    expect((await world.call('GET', '/config/accounts?channel_id=demo', undefined, { key })).status).toBe(
      401,
    );
  expect(world.store.dump('nonces')).toEqual([]);
});

test('a flood of unsigned calls reads and writes no table', async () => {
  const world = createApiWorld();
  let touched = 0;
  const touch = () => {
    touched += 1;
  };
  world.store.hooks.onRead = touch;
  world.store.hooks.onBeforeWrite = touch;
  for (let n = 0; n < 200; n += 1) {
    const headers: Record<string, string> =
      n % 2 === 0 ? { 'x-jit-signature': 'a'.repeat(64) } : { 'x-jit-keyid': 'nobody' };
    expect((await world.call('POST', '/requests', '{}', { headers })).status).toBe(401);
  }
  expect(touched).toBe(0);
  const metrics = await world.deps.metrics.registry.metrics();
  expect(metrics).toContain('jit_signature_rejections_total{reason="wrong_signature"} 100');
  expect(metrics).toContain('jit_signature_rejections_total{reason="unknown_key"} 100');
});

test('a signed flood is answered 429, still writes a nonce for every call, and never empties the bucket of revokes', async () => {
  const world = createApiWorld();
  const id = await world.anaHasAsked();
  const before = world.store.dump('nonces').length;
  const statuses = new Map<number, number>();
  for (let n = 0; n < 1_100; n += 1) {
    const { status } = await world.call('GET', '/config/accounts?channel_id=demo');
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(statuses.get(429)).toBeGreaterThanOrEqual(100);
  expect(world.store.dump('nonces')).toHaveLength(before + 1_100);
  expect((await world.revoke(id)).status).toBe(200);
});
