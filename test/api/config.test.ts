import { describe, expect, test } from 'vitest';
import { BindingAnswer } from '../../api/binding-answer.ts';
import {
  ADMIN_SET,
  type ApiWorld,
  BEN,
  binding,
  CLEO,
  createApiWorld,
  DEV,
  FOREIGN_SET,
  READ_SET,
  STAGING,
} from './api-world.ts';

const PROD = '333333333333';
const bind = (world: ApiWorld, channel_id: string, account_id: string) =>
  world.call('POST', '/config/bind', { channel_id, account_id });
const rowOf = (world: ApiWorld, channel: string, account: string) =>
  world.store.dump('config').find((row) => row.channel_id === channel && row.account_id === account);
const claimOf = (world: ApiWorld, account: string) =>
  world.store.dump('control').find((row) => row.name === `account#${account}`);

describe('POST /config/bind', () => {
  test('binds an account without approvers, and claims it', async () => {
    const world = createApiWorld();
    const { status, body } = await bind(world, 'ops', PROD);
    expect(status).toBe(200);
    expect(BindingAnswer.strict().parse(body)).toEqual({
      channel_id: 'ops',
      account_id: PROD,
      approver_mm_user_ids: [],
      approval_policy: 'one_of_n',
      allow_self_approval: false,
      max_request_hours: 4,
      session_duration_minutes: 60,
      updated_at: '2026-01-15T12:00:00Z',
    });
    expect(rowOf(world, 'ops', PROD)?.approver_mm_user_ids).toBeNull();
    expect(claimOf(world, PROD)).toEqual({ name: `account#${PROD}`, channel_id: 'ops', account_id: PROD });
  });

  test('keeps every setting when it binds again', async () => {
    const world = createApiWorld();
    const { body } = await bind(world, 'demo', DEV);
    expect(body).toMatchObject({ approver_mm_user_ids: [BEN.mmUserId, CLEO.mmUserId], max_request_hours: 4 });
    expect(rowOf(world, 'demo', DEV)).toEqual({ ...binding(), updated_at: '2026-01-15T12:00:00Z' });
  });

  test('refuses an account of another channel and names it, with or without a claim', async () => {
    const world = createApiWorld();
    expect(await bind(world, 'ops', DEV)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('demo') },
    });
    await world.store.transact([{ kind: 'delete', table: 'control', key: { name: `account#${DEV}` } }]);
    expect((await bind(world, 'ops', DEV)).status).toBe(409);
    expect(rowOf(world, 'ops', DEV)).toBeUndefined();
  });

  test('claims the account of a binding of the previous deployment when that is bound again', async () => {
    const world = createApiWorld();
    await world.store.transact([{ kind: 'delete', table: 'control', key: { name: `account#${DEV}` } }]);
    expect((await bind(world, 'demo', DEV)).status).toBe(200);
    expect(claimOf(world, DEV)).toMatchObject({ channel_id: 'demo' });
  });

  test('takes over the claim of a binding that was deleted by hand', async () => {
    const world = createApiWorld();
    await world.store.transact([
      { kind: 'delete', table: 'config', key: { channel_id: 'demo', account_id: DEV } },
    ]);
    expect((await bind(world, 'ops', DEV)).status).toBe(200);
    expect(claimOf(world, DEV)).toMatchObject({ channel_id: 'ops' });
  });

  test('gives the account to one of two channels that ask at once', async () => {
    const world = createApiWorld();
    const both = await Promise.all([bind(world, 'a', PROD), bind(world, 'b', PROD)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(world.store.dump('config').filter((row) => row.account_id === PROD)).toHaveLength(1);
  });

  test('refuses an account outside the managed scope', async () => {
    expect((await bind(createApiWorld(), 'ops', '999999999999')).status).toBe(403);
  });

  test.each([
    [{ account_id: PROD }, 'channel_id is missing: expected the id of a channel'],
    [{ channel_id: 'a', account_id: 'prod' }, 'account_id is "prod": expected the number of an AWS account'],
    [{ channel_id: ['a'], account_id: PROD }, 'channel_id is ["a"]'],
  ])('refuses %j', async (sent, words) => {
    const { status, body } = await createApiWorld().call('POST', '/config/bind', sent);
    expect([status, body.message]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('POST /config/approvers', () => {
  const setApprovers = (world: ApiWorld, channel_id: unknown, approver_ids: unknown) =>
    world.call('POST', '/config/approvers', { channel_id, approver_ids });

  test('names them for every account of the channel, as a String Set', async () => {
    const world = createApiWorld();
    const { status, body } = await setApprovers(world, 'demo', ['mm-zoe', 'mm-al', 'mm-zoe']);
    expect(status).toBe(200);
    expect(body.map((one: BindingAnswer) => one.approver_mm_user_ids)).toEqual([
      ['mm-al', 'mm-zoe'],
      ['mm-al', 'mm-zoe'],
    ]);
    for (const account of [DEV, STAGING])
      expect(rowOf(world, 'demo', account)?.approver_mm_user_ids).toEqual(new Set(['mm-al', 'mm-zoe']));
  });

  test('is 404 for a channel without bindings, and never makes one', async () => {
    const world = createApiWorld();
    expect((await setApprovers(world, 'ops', ['a'])).status).toBe(404);
    expect(world.store.dump('config')).toHaveLength(2);
  });

  test('covers more bindings than fit one transaction', async () => {
    const world = createApiWorld();
    const accounts = Array.from({ length: 130 }, (_, n) => String(400000000000 + n));
    world.store.load(
      'config',
      accounts.map((account_id) => binding({ channel_id: 'big', account_id })),
    );
    expect((await setApprovers(world, 'big', ['mm-x'])).body).toHaveLength(130);
    const rows = world.store.dump('config').filter((row) => row.channel_id === 'big');
    expect(rows.every((row) => (row.approver_mm_user_ids as Set<string>).has('mm-x'))).toBe(true);
  });

  test.each([
    ['an empty list', [], 'approver_ids is []: expected a list of 1 to 100 chat ids'],
    ['a text', 'mm-ben', 'approver_ids is "mm-ben"'],
    ['an empty id', [''], 'approver_ids.0 is ""'],
    ['nothing', undefined, 'approver_ids is missing'],
  ])('refuses %s', async (_what, ids, words) => {
    const { status, body } = await setApprovers(createApiWorld(), 'demo', ids);
    expect([status, body.message]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('GET /config/accounts', () => {
  test('lists the bindings of a channel, and leaves out one that cannot be understood, out loud', async () => {
    const world = createApiWorld();
    world.store.load('config', [{ channel_id: 'demo', account_id: 'nonsense' }]);
    const { body } = await world.call('GET', '/config/accounts?channel_id=demo');
    expect(body.map((one: BindingAnswer) => one.account_id)).toEqual([DEV, STAGING]);
    expect(world.logged.some(({ level }) => level === 'warn')).toBe(true);
    expect((await world.call('GET', '/config/accounts?channel_id=none')).body).toEqual([]);
    expect((await world.call('GET', '/config/accounts')).status).toBe(400);
  });
});

describe('POST /config/unbind', () => {
  const unbind = (world: ApiWorld, channel_id: string, account_id: string) =>
    world.ops('POST', '/config/unbind', { channel_id, account_id });

  test('deletes the binding and its claim, so that another channel can have the account', async () => {
    const world = createApiWorld();
    expect((await unbind(world, 'demo', DEV)).status).toBe(200);
    expect(rowOf(world, 'demo', DEV)).toBeUndefined();
    expect(claimOf(world, DEV)).toBeUndefined();
    expect((await bind(world, 'ops', DEV)).status).toBe(200);
  });

  test('leaves the claim of another channel', async () => {
    const world = createApiWorld();
    world.store.load('config', [binding({ channel_id: 'old' })]);
    expect((await unbind(world, 'old', DEV)).status).toBe(200);
    expect(claimOf(world, DEV)).toMatchObject({ channel_id: 'demo' });
    expect((await unbind(world, 'old', DEV)).status).toBe(404);
  });
});

describe('POST /config/settings', () => {
  const change = (world: ApiWorld, settings: object) =>
    world.ops('POST', '/config/settings', { channel_id: 'demo', account_id: DEV, ...settings });

  test('changes what is given and keeps the rest', async () => {
    const world = createApiWorld();
    const { body } = await change(world, { max_request_hours: 8, permission_set_arns: [READ_SET] });
    expect(body).toMatchObject({
      max_request_hours: 8,
      permission_set_arns: [READ_SET],
      allow_self_approval: false,
    });
    expect((await change(world, { allow_self_approval: true })).body).toMatchObject({ max_request_hours: 8 });
    expect(rowOf(world, 'demo', DEV)).toMatchObject({
      approver_mm_user_ids: new Set([BEN.mmUserId, CLEO.mmUserId]),
    });
  });

  test('null takes the list away, an empty list allows none', async () => {
    const world = createApiWorld();
    expect((await change(world, { permission_set_arns: null })).body).not.toHaveProperty(
      'permission_set_arns',
    );
    expect((await world.anaAsks({ permission_set_arn: READ_SET })).status).toBe(403);
    expect((await world.anaAsks({ permission_set_arn: ADMIN_SET })).status).toBe(201);
    await change(world, { permission_set_arns: [] });
    expect((await world.anaAsks({ permission_set_arn: ADMIN_SET })).status).toBe(403);
  });

  test.each([
    [{}, 'Give at least one of'],
    [{ max_request_hours: 0 }, 'max_request_hours is 0: expected a whole number of hours from 1 to 12'],
    [{ max_request_hours: 13 }, 'max_request_hours is 13'],
    [{ allow_self_approval: 'yes' }, 'allow_self_approval is "yes": expected true or false'],
    [{ permission_set_arns: ['x'] }, 'permission_set_arns.0 is "x"'],
    [{ permission_set_arns: [FOREIGN_SET] }, FOREIGN_SET],
  ])('refuses %j', async (settings, words) => {
    const world = createApiWorld();
    const { status, body } = await change(world, settings);
    expect([status, body.message]).toEqual([400, expect.stringContaining(words)]);
    expect(rowOf(world, 'demo', DEV)).toEqual(binding());
  });

  test('is 404 for what is not bound', async () => {
    const world = createApiWorld();
    const { status } = await world.ops('POST', '/config/settings', {
      channel_id: 'ops',
      account_id: DEV,
      max_request_hours: 2,
    });
    expect(status).toBe(404);
    expect(world.store.dump('config')).toHaveLength(2);
  });
});
