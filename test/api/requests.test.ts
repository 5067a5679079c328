import { describe, expect, test } from 'vitest';
import { RequestAnswer } from '../../api/request-answer.ts';
import {
  ADMIN_SET,
  ANA,
  BEN,
  binding,
  createApiWorld,
  DEV,
  FOREIGN_SET,
  PROTECTED,
  READ_SET,
} from './api-world.ts';

describe('POST /requests', () => {
  test('records the wish whole, with its audit event, and answers it', async () => {
    const world = createApiWorld();
    const asked = await world.anaAsks({ requester_email: ' ANA@Example.com ' });
    expect(asked.status).toBe(201);
    expect(RequestAnswer.strict().parse(asked.body)).toMatchObject({
      status: 'PENDING',
      requester_email: ANA.email,
      identity_store_user_id: ANA.principalId,
      permission_set_arn: ADMIN_SET,
      created_at: '2026-01-15T12:00:00Z',
      end_time: '2026-01-15T13:00:00Z',
    });
    expect(world.row(asked.body.request_id)).toMatchObject({
      status: 'PENDING',
      audited_status: 'PENDING',
      due_at: '2026-01-16T12:00:00.000Z',
      audit_seq: 1,
    });
    expect(world.audit(asked.body.request_id)).toMatchObject([
      { event_type: 'REQUESTED', actor_email: ANA.email, actor_mm_user_id: ANA.mmUserId, account_id: DEV },
    ]);
  });

  test.each([
    ['account_id', '12'],
    ['account_id', undefined],
    ['account_id', 111111111111],
    ['channel_id', ''],
    ['requester_mm_user_id', null],
    ['requester_email', 'ana'],
    ['requester_email', ['ana@example.com']],
    ['requested_duration_minutes', 0],
    ['requested_duration_minutes', 1.5],
    ['requested_duration_minutes', '60'],
    ['requested_duration_minutes', 241],
    ['permission_set_arn', 'admin'],
    ['reason', 7],
    ['jira', 'x'.repeat(501)],
  ])('refuses a bad %s (case %#), naming field, value and expectation', async (field, value) => {
    const world = createApiWorld();
    const { status, body } = await world.anaAsks({ [field]: value });
    expect(status).toBe(400);
    expect(body.code).toBe('malformed');
    expect(body.message).toMatch(
      value === undefined ? `${field} is missing: expected ` : new RegExp(`${field} is .*: expected `),
    );
    if (value !== undefined) expect(body.message).toContain(JSON.stringify(value).slice(0, 60));
    expect(world.store.dump('requests')).toEqual([]);
  });

  test.each([
    ['neither a ticket nor a reason', { jira: ' ', reason: undefined }, 400, 'jira'],
    ['a channel without a binding', { channel_id: 'other' }, 403, 'not bound'],
    ['an account without a binding', { account_id: '333333333333' }, 403, 'not bound'],
    ['a permission set outside the list', { permission_set_arn: FOREIGN_SET }, 403, FOREIGN_SET],
    ['somebody unknown', { requester_email: 'eve@example.com' }, 403, 'not known'],
    ['a protected person', { requester_email: PROTECTED.email }, 403, 'protected'],
  ])('refuses %s', async (_what, change, status, words) => {
    const world = createApiWorld();
    const asked = await world.anaAsks(change);
    expect(asked.status).toBe(status);
    expect(asked.body.message).toContain(words);
    expect(world.store.dump('requests')).toEqual([]);
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('refuses what is bound but outside the managed scope', async () => {
    const world = createApiWorld();
    world.store.load('config', [binding({ account_id: '999999999999', permission_set_arns: [FOREIGN_SET] })]);
    expect(
      (await world.anaAsks({ account_id: '999999999999', permission_set_arn: FOREIGN_SET })).status,
    ).toBe(403);
  });

  test('allows only the default permission set where the binding of the previous deployment has no list', async () => {
    const world = createApiWorld();
    const {
      permission_set_arns: _list,
      max_request_hours: _hours,
      ...old
    } = binding({ approver_mm_user_ids: null });
    world.store.load('config', [old]);
    expect((await world.anaAsks({ permission_set_arn: READ_SET })).status).toBe(403);
    expect((await world.anaAsks()).status).toBe(201);
    expect((await world.anaAsks({ requested_duration_minutes: 240 })).status).toBe(201);
    expect((await world.anaAsks({ requested_duration_minutes: 241 })).body.message).toContain(
      'expected 1 to 240',
    );
  });

  test('never allows more than MAX_REQUEST_HOURS, whatever a binding says', async () => {
    const world = createApiWorld({ settings: { maxRequestHours: 2 } });
    expect((await world.anaAsks({ requested_duration_minutes: 121 })).status).toBe(400);
    expect((await world.anaAsks({ requested_duration_minutes: 120 })).status).toBe(201);
  });

  test('refuses a person whose account is disabled', async () => {
    const world = createApiWorld();
    world.users.set(ANA.email, {
      kind: 'found',
      principalId: ANA.principalId,
      emails: [],
      status: 'DISABLED',
    });
    expect((await world.anaAsks()).body.message).toContain('disabled');
  });

  test('answers 503 with Retry-After while the directory is down, and records nothing', async () => {
    const world = createApiWorld();
    world.faults.directory = true;
    const asked = await world.anaAsks();
    expect(asked.status).toBe(503);
    expect(Number(asked.headers['retry-after'])).toBeGreaterThan(0);
    expect(asked.text).not.toContain('ECONNREFUSED');
    expect(world.logged.some((entry) => entry.level === 'error')).toBe(true);
    expect(world.store.dump('requests')).toEqual([]);
  });

  test('refuses the eleventh open request of one person, and takes it once one has ended', async () => {
    const world = createApiWorld();
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) ids.push(await world.anaHasAsked());
    expect((await world.anaAsks()).status).toBe(409);
    await world.revoke(ids[3] ?? '');
    expect((await world.anaAsks()).status).toBe(201);
  });

  test('allows a request for an account that the same person has already', async () => {
    const world = createApiWorld();
    await world.benHasApproved(await world.anaHasAsked());
    expect((await world.anaAsks()).status).toBe(201);
  });

  test('answers 503 in observe mode and records nothing', async () => {
    const world = createApiWorld({ settings: { mode: 'observe' } });
    const asked = await world.anaAsks();
    expect(asked.status).toBe(503);
    expect(asked.body.message).toContain('only observes');
    expect(world.store.dump('requests')).toEqual([]);
  });

  test('writes nothing where the binding is taken away in between', async () => {
    const world = createApiWorld();
    let once = true;
    world.store.hooks.onBeforeWrite = async (writes) => {
      if (!once || writes[0]?.table !== 'requests') return;
      once = false;
      await world.store.transact([
        { kind: 'delete', table: 'config', key: { channel_id: 'demo', account_id: DEV } },
      ]);
    };
    expect((await world.anaAsks()).status).toBe(403);
    expect(world.store.dump('requests')).toEqual([]);
  });
});

describe('GET /requests/{id}', () => {
  test('answers the request', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const found = await world.call('GET', `/requests/${id}`);
    expect(found.status).toBe(200);
    expect(found.body).toMatchObject({ request_id: id, status: 'PENDING' });
    expect(found.headers['cache-control']).toBe('no-store');
  });

  test('answers 404 for an unknown one', async () => {
    const found = await createApiWorld().call('GET', '/requests/nobody');
    expect(found).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: 'There is no request nobody.' },
    });
  });

  test('shows a row of the previous deployment, with numbers and sets as they should be', async () => {
    const world = createApiWorld();
    world.store.load('requests', [
      {
        request_id: 'old',
        account_id: DEV,
        channel_id: 'demo',
        requester_email: ANA.email,
        requested_duration_minutes: 90,
        status: 'PENDING',
        created_at: '2026-01-15T11:00:00Z',
        assignment_status: 'IN_PROGRESS',
      },
    ]);
    const { body } = await world.call('GET', '/requests/old');
    expect(RequestAnswer.strict().parse(body)).toMatchObject({
      end_time: '2026-01-15T12:30:00Z',
      permission_set_arn: ADMIN_SET,
      jira: '',
    });
    expect(body).not.toHaveProperty('assignment_status');
  });
});

describe('GET /requests', () => {
  async function worldWithHistory() {
    const world = createApiWorld();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.push(await world.anaHasAsked(n % 2 === 0 ? {} : { account_id: '222222222222' }));
      await world.clock.advance(60_000);
    }
    return { world, ids };
  }

  test('combines filters with AND, the newest first, and says them as strings', async () => {
    const { world, ids } = await worldWithHistory();
    const { status, body } = await world.call(
      'GET',
      `/requests?channel_id=demo&account_id=${DEV}&status=PENDING`,
    );
    expect(status).toBe(200);
    expect(body.items.map((item: RequestAnswer) => item.request_id)).toEqual([ids[4], ids[2], ids[0]]);
    expect(body.filters).toEqual({ channel_id: 'demo', account_id: DEV, status: 'PENDING' });
    expect(body).not.toHaveProperty('next_token');
  });

  test('goes on with next_token without repeating or leaving out any, whatever the filter', async () => {
    const { world, ids } = await worldWithHistory();
    for (const filter of [
      'channel_id=demo',
      `requester_email=${ANA.email.toUpperCase()}`,
      'status=PENDING',
    ]) {
      const seen: string[] = [];
      let token = '';
      do {
        const { body } = await world.call('GET', `/requests?${filter}&limit=2&next_token=${token}`);
        seen.push(...body.items.map((item: RequestAnswer) => item.request_id));
        token = body.next_token ?? '';
      } while (token !== '');
      expect(seen).toEqual([...ids].reverse());
    }
  });

  test('answers one or none by request_id', async () => {
    const { world, ids } = await worldWithHistory();
    expect((await world.call('GET', `/requests?request_id=${ids[0]}`)).body.items).toHaveLength(1);
    expect((await world.call('GET', '/requests?request_id=none')).body.items).toEqual([]);
    expect((await world.call('GET', `/requests?request_id=${ids[0]}&status=GRANTED`)).body.items).toEqual([]);
  });

  test('takes times and dates, each edge included', async () => {
    const { world, ids } = await worldWithHistory();
    const at = (query: string) =>
      world
        .call('GET', `/requests?channel_id=demo&${query}`)
        .then(({ body }) => body.items.map((item: RequestAnswer) => item.request_id).reverse());
    expect(await at('start_date=2026-01-15T12%3A01%3A00Z&end_date=2026-01-15T12:02:00Z')).toEqual([
      ids[1],
      ids[2],
    ]);
    expect(await at('start_date=2026-01-15&end_date=2026-01-15')).toEqual(ids);
    expect(await at('start_date=2026-01-16')).toEqual([]);
  });

  test('finds by hand-typed endings, and never by a typed grant', async () => {
    const { world, ids } = await worldWithHistory();
    const type = (status: string) =>
      world.store.transact([
        { kind: 'update', table: 'requests', key: { request_id: ids[0] ?? '' }, set: { status } },
      ]);
    await type('REVOKED');
    expect((await world.call('GET', '/requests?status=REVOKED')).body.items).toHaveLength(1);
    await type('GRANTED');
    expect((await world.call('GET', '/requests?status=GRANTED')).body.items).toEqual([]);
  });

  test.each([
    ['no filter', '', 'Give at least one of'],
    ['only a limit', 'limit=5', 'Give at least one of'],
    ['an unknown status', 'status=granted', 'status is "granted": expected one of PENDING'],
    ['a short account', 'account_id=1', 'account_id is "1": expected the number of an AWS account'],
    ['a limit of nothing', 'channel_id=demo&limit=0', 'limit is "0": expected a whole number'],
    ['a limit that is no number', 'channel_id=demo&limit=ten', 'limit is "ten": expected a whole number'],
    ['a broken date', 'channel_id=demo&start_date=yesterday', 'start_date is "yesterday": expected a time'],
    ['a filter twice', 'channel_id=demo&channel_id=other', 'channel_id is given more than once'],
    ['a broken token', 'channel_id=demo&next_token=abc', 'next_token does not belong'],
  ])('refuses %s', async (_what, query, words) => {
    const { status, body } = await createApiWorld().call('GET', `/requests?${query}`);
    expect(status).toBe(400);
    expect(body.message).toContain(words);
  });

  test('refuses a token of other filters', async () => {
    const { world } = await worldWithHistory();
    const { body } = await world.call('GET', '/requests?channel_id=demo&limit=1');
    const other = await world.call('GET', `/requests?channel_id=other&limit=1&next_token=${body.next_token}`);
    expect(other.status).toBe(400);
  });

  test('clamps the limit to 200', async () => {
    const world = createApiWorld();
    const row = (n: number) => ({
      request_id: `r${n}`,
      channel_id: 'demo',
      created_at: `2026-01-15T12:${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z`,
      status: 'EXPIRED',
    });
    world.store.load(
      'requests',
      Array.from({ length: 250 }, (_, n) => row(n)),
    );
    const { body } = await world.call('GET', '/requests?channel_id=demo&limit=10000');
    expect(body.items).toHaveLength(200);
    const rest = await world.call(
      'GET',
      `/requests?channel_id=demo&limit=10000&next_token=${body.next_token}`,
    );
    expect(rest.body.items).toHaveLength(50);
  });

  test('does a bounded amount of work, and names where to go on even when nothing matched', async () => {
    const world = createApiWorld();
    const rows = Array.from({ length: 2100 }, (_, n) => ({
      request_id: `r${n}`,
      channel_id: 'demo',
      created_at: '2026-01-15T12:00:00Z',
      status: 'EXPIRED',
    }));
    world.store.load('requests', rows);
    const { body } = await world.call('GET', '/requests?channel_id=demo&status=DENIED');
    expect(body.items).toEqual([]);
    expect(body.next_token).toBeDefined();
  });
});

test('every answer about a request that Ben decided names him', async () => {
  const world = createApiWorld();
  const id = await world.anaHasAsked();
  await world.benHasApproved(id);
  expect((await world.call('GET', `/requests/${id}`)).body.approver_email).toBe(BEN.email);
});
