import { describe, expect, test } from 'vitest';
import { allRoutes } from '../../api/app.ts';
import { chunkedListWrites } from '../../src/chunked-list.ts';
import type { DriftItem } from '../../src/drift.ts';
import { emptyLedger, ledgerWrite } from '../../src/ledger.ts';
import { HttpRoutes } from '../../src/metrics.ts';
import { StoreError } from '../../src/store-error.ts';
import { ADMIN_SET, ANA, type ApiWorld, BEN, createApiWorld, DEV, PLUGIN, STAGING } from './api-world.ts';

const order = { actor_email: 'Olga@Example.com', reason: 'incident 7' };

describe('an operators call', () => {
  const calls = () => allRoutes(createApiWorld().deps).filter((route) => route.callers === 'ops');

  test('is 403 with a plugin key, and changes nothing', async () => {
    const world = createApiWorld();
    for (const route of calls()) {
      const { status, body } = await world.call(
        route.method,
        route.path.replace('{pass_id}', 'x'),
        route.method === 'POST' ? order : undefined,
      );
      expect([route.path, status]).toEqual([route.path, 403]);
      expect(body.message).toContain('ops key');
    }
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('is 404 where no ops keys are configured', async () => {
    const world = createApiWorld({
      keys: { plugin: { kind: 'named', keys: [{ id: PLUGIN.keyId, secret: PLUGIN.secret }] } },
    });
    for (const route of calls())
      expect((await world.call(route.method, route.path.replace('{pass_id}', 'x'))).status).toBe(404);
  });

  test('shares the keys: an ops key may do what a plugin key may', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    expect((await world.ops('GET', `/requests/${id}`)).status).toBe(200);
  });
});

describe('POST /reconcile', () => {
  test('writes the wish with its audit event, nudges, and answers 202', async () => {
    const world = createApiWorld();
    const { status, body } = await world.ops('POST', '/reconcile', { ...order, scope: { account_id: DEV } });
    expect(status).toBe(202);
    expect(world.store.dump('control').find((row) => row.name === `pass#${body.pass_id}`)).toMatchObject({
      state: 'REQUESTED',
      actor_email: 'olga@example.com',
      scope: { account_id: DEV },
      dry_run: false,
    });
    expect(world.audit('control#reconcile')).toMatchObject([
      { event_type: 'RECONCILE_FORCED', details: { pass_id: body.pass_id, reason: 'incident 7' } },
    ]);
    expect(world.nudges).toEqual([{ pass_id: body.pass_id }]);
  });

  test('answers plan and results when the pass finishes while it is waited for', async () => {
    const world = createApiWorld();
    finishPasses(world, 400);
    const { status, body } = await world.ops('POST', '/reconcile', { ...order, wait_seconds: 5 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'DONE',
      plan: { totals: { changes: 0 } },
      results: ['nothing to do'],
    });
    expect((await world.ops('GET', `/reconcile/${body.pass_id}`)).body).toEqual(body);
  });

  test('leaves no trace in the audit for a dry run', async () => {
    const world = createApiWorld();
    expect((await world.ops('POST', '/reconcile', { ...order, dry_run: true })).status).toBe(202);
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('finds a person by address, by id, and by the requests while the directory is down', async () => {
    const world = createApiWorld();
    await world.anaHasAsked();
    for (const principal of [ANA.email, ANA.principalId]) {
      const { body } = await world.ops('POST', '/reconcile', { ...order, scope: { principal } });
      expect(world.store.dump('control').find((row) => row.name === `pass#${body.pass_id}`)).toMatchObject({
        scope: { principal_id: ANA.principalId },
      });
    }
    world.faults.directory = true;
    expect(
      (await world.ops('POST', '/reconcile', { ...order, scope: { principal: ANA.email } })).status,
    ).toBe(202);
    expect(
      (await world.ops('POST', '/reconcile', { ...order, scope: { principal: 'eve@x.y' } })).status,
    ).toBe(404);
  });

  test.each([
    ['no actor', { reason: 'x' }, 'actor_email is missing'],
    ['no reason', { actor_email: 'o@x.y' }, 'reason is missing'],
    ['two scopes', { ...order, scope: { account_id: DEV, request_id: 'r' } }, 'scope is {'],
    ['a bad account', { ...order, scope: { account_id: '1' } }, 'scope.account_id is "1"'],
    [
      'too long a wait',
      { ...order, wait_seconds: 26 },
      'wait_seconds is 26: expected a whole number from 0 to 25',
    ],
    ['a digest that is none', { ...order, release_withheld: 'all' }, 'release_withheld is "all"'],
    ['a dry release', { ...order, dry_run: true, release_withheld: 'a'.repeat(64) }, 'only one of them'],
    [
      'a dry run that is no boolean',
      { ...order, dry_run: 'yes' },
      'dry_run is "yes": expected true or false',
    ],
  ])('refuses %s', async (_what, sent, words) => {
    const world = createApiWorld();
    const { status, body } = await world.ops('POST', '/reconcile', sent);
    expect(status).toBe(400);
    expect(body.message).toContain(words);
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('is 503 in observe mode, except for a dry run', async () => {
    const world = createApiWorld({ settings: { mode: 'observe' } });
    expect((await world.ops('POST', '/reconcile', order)).status).toBe(503);
    expect((await world.ops('POST', '/reconcile', { ...order, dry_run: true })).status).toBe(202);
  });
});

test('GET /reconcile/{pass_id} answers 404 for an unknown pass', async () => {
  expect((await createApiWorld().ops('GET', '/reconcile/nothing')).status).toBe(404);
});

describe('GET /plan', () => {
  test('answers the report of a dry run', async () => {
    const world = createApiWorld();
    finishPasses(world, 1000);
    const { status, body } = await world.ops('GET', '/plan');
    expect(status).toBe(200);
    expect(body.totals).toEqual({ changes: 0, withheld: 0, drift: 0 });
    expect(world.store.dump('audit')).toEqual([]);
  });

  test('answers 503 with Retry-After after 8 s when nobody makes it', async () => {
    const world = createApiWorld();
    const before = world.clock.elapsedMs();
    const { status, headers, body } = await world.ops('GET', '/plan');
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
    expect(body.message).toContain('GET /status');
    expect(world.clock.elapsedMs() - before).toBe(8000);
  });
});

describe('GET /drift', () => {
  const item = (change: Partial<DriftItem>): DriftItem => ({
    kind: 'orphaned',
    assignment_id: `${STAGING}#${ADMIN_SET}#${BEN.principalId}`,
    account_id: STAGING,
    permission_set_arn: ADMIN_SET,
    principal_id: BEN.principalId,
    request_ids: [],
    since: '2026-01-15T11:00:00.000Z',
    attempts: 0,
    detail: 'live and unexplained',
    ...change,
  });

  test('merges what was published with the attempts as they are now', async () => {
    const world = createApiWorld();
    const assignment = { accountId: DEV, permissionSetArn: ADMIN_SET, principalId: ANA.principalId };
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    await world.revoke(id);
    const published = [
      item({}),
      item({ kind: 'revoked', assignment_id: `${DEV}#${ADMIN_SET}#${ANA.principalId}`, attempts: 1 }),
    ];
    for (const write of chunkedListWrites(
      { name: 'drift' },
      1,
      { published_at: '2026-01-15T12:00:00Z' },
      published,
    ))
      await world.store.transact([write]);
    const ledger = emptyLedger(assignment, world.clock.nowMs());
    world.store.load('assignments', []);
    const nowMs = world.clock.nowMs();
    await world.store.transact([
      { kind: 'delete', table: 'assignments', key: { assignment_id: ledger.assignment_id } },
    ]);
    await world.store.transact([
      ledgerWrite(ledger, {
        ...ledger,
        stage: 'DELETING',
        due_at: nowMs + 5000,
        attempts: 6,
        trying_since: nowMs,
        requested: nowMs,
        last_error: { kind: 'later', message: 'Rate exceeded', at: nowMs },
        entries: { [id]: { phase: 'ENDED', until: nowMs } },
      }),
    ]);
    const { body } = await world.ops('GET', '/drift');
    expect(body).toMatchObject({ complete: true, stale: true, published_at: '2026-01-15T12:00:00Z' });
    const now = {
      attempts: 6,
      last_error: 'Rate exceeded',
      request_ids: [id],
      next_try: '2026-01-15T12:00:05.000Z',
    };
    expect(body.items).toMatchObject([
      { kind: 'orphaned' },
      { kind: 'revoked', ...now },
      { kind: 'stuck', ...now },
    ]);
  });
});

test('GET /drift says once what was published and is so still', async () => {
  const world = createApiWorld();
  const assignment = { accountId: DEV, permissionSetArn: ADMIN_SET, principalId: ANA.principalId };
  const nowMs = world.clock.nowMs();
  const ledger = emptyLedger(assignment, nowMs);
  const removals = { times: 3, last: nowMs - 60_000 };
  await world.store.transact([ledgerWrite(ledger, { ...ledger, due_at: nowMs + 5_000, removals })]);
  const published: DriftItem = {
    kind: 'contested',
    assignment_id: ledger.assignment_id,
    account_id: DEV,
    permission_set_arn: ADMIN_SET,
    principal_id: ANA.principalId,
    request_ids: [],
    since: '2026-01-15T11:00:00.000Z',
    attempts: 0,
    detail: 'made again by another hand: it was removed 2 times in a row',
  };
  const head = { published_at: '2026-01-15T12:00:00Z' };
  for (const write of chunkedListWrites({ name: 'drift' }, 1, head, [published]))
    await world.store.transact([write]);
  const { body } = await world.ops('GET', '/drift');
  expect(body.items).toMatchObject([
    { kind: 'contested', detail: 'made again by another hand: it was removed 3 times in a row' },
  ]);
});

describe('GET /coverage', () => {
  test('says that no sweep has completed', async () => {
    expect((await createApiWorld().ops('GET', '/coverage')).body).toEqual({
      completed: false,
      unread_pairs: [],
    });
  });

  test('lists what the last sweep could not read', async () => {
    const world = createApiWorld();
    const head = {
      started_at: '2026-01-15T11:59:00Z',
      completed_at: '2026-01-15T11:59:30Z',
      duration_seconds: 30,
      pairs: 4,
      live: 2,
      unread: 1,
    };
    const pair = { permission_set_arn: ADMIN_SET, account_id: DEV, why: 'access denied' };
    for (const write of chunkedListWrites({ name: 'coverage' }, 1, head, [pair]))
      await world.store.transact([write]);
    expect((await world.ops('GET', '/coverage')).body).toEqual({
      completed: true,
      ...head,
      unread_pairs: [pair],
    });
  });
});

describe('GET /status', () => {
  test('says that no reconciler has spoken', async () => {
    expect((await createApiWorld().ops('GET', '/status')).body).toMatchObject({ stale: true });
  });

  test('says the age of what was published, and when it is old', async () => {
    const world = createApiWorld();
    world.store.load('control', [
      {
        name: 'status',
        published_at: '2026-01-15T12:00:00Z',
        mode: 'enforce',
        backlog: {},
        oldest_overdue_seconds: 0,
        overdue: 0,
        stuck: 0,
        call_budget: { rate_per_second: 15, outstanding: 0, outstanding_max: 10, queued: {} },
        outbox: { pending: 0, oldest_seconds: 0 },
        brake: { tripped: false, withheld: 0 },
      },
    ]);
    await world.clock.advance(5000);
    expect((await world.ops('GET', '/status')).body).toMatchObject({
      stale: false,
      age_seconds: 5,
      overdue: 0,
    });
    await world.clock.advance(120_000);
    expect((await world.ops('GET', '/status')).body).toMatchObject({ stale: true, age_seconds: 125 });
  });
});

describe('GET /audit', () => {
  const lines = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  test('streams a request in order, one JSON document a line', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    await world.revoke(id);
    const { status, headers, text } = await world.ops('GET', `/audit?request_id=${id}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('application/x-ndjson');
    expect(lines(text).map((line) => line.event_type)).toEqual(['REQUESTED', 'APPROVED', 'REVOKED']);
  });

  test('finds by account and channel, between times', async () => {
    const world = createApiWorld();
    await world.anaHasAsked();
    await world.clock.advance(60_000);
    await world.anaHasAsked();
    const at = async (query: string) => lines((await world.ops('GET', `/audit?${query}`)).text).length;
    expect(await at(`account_id=${DEV}`)).toBe(2);
    expect(await at('channel_id=demo&to=2026-01-15T12:00:00Z')).toBe(1);
    expect(await at('channel_id=demo&from=2026-01-15T12:00:00Z')).toBe(2);
    expect(await at('channel_id=demo&from=2026-01-15T12:00:01Z')).toBe(1);
  });

  test.each(['', `request_id=a&account_id=${DEV}`, 'from=2026-01-15'])(
    'refuses the query "%s"',
    async (query) => {
      const { status, body } = await createApiWorld().ops('GET', `/audit?${query}`);
      expect(status).toBe(400);
      expect(body.message).toContain('exactly one of');
    },
  );

  test('answers 503 and not half a list when the table is down from the start', async () => {
    const world = createApiWorld();
    world.store.hooks.onRead = ({ table }) => {
      if (table === 'audit') throw new StoreError('read jit_audit', { cause: new Error('down') });
    };
    expect((await world.ops('GET', '/audit?request_id=x')).status).toBe(503);
  });
});

describe('GET /openapi.json', () => {
  test('describes every route, without a signature', async () => {
    const world = createApiWorld();
    const { status, body } = await world.call('GET', '/openapi.json', undefined, {
      key: { keyId: 'nobody', secret: 'none' },
    });
    expect(status).toBe(200);
    for (const { method, route } of HttpRoutes) {
      if (method === 'OTHER' || route === '/openapi.json') continue;
      const operation = body.paths[route]?.[method.toLowerCase()];
      expect([route, operation?.responses?.default !== undefined]).toEqual([route, true]);
    }
    expect(Object.keys(body.paths)).toHaveLength(
      new Set(allRoutes(world.deps).map((route) => route.path)).size,
    );
  });

  test('describes the fields that the call checks', async () => {
    const { body } = await createApiWorld().call('GET', '/openapi.json');
    const schema = body.paths['/requests'].post.requestBody.content['application/json'].schema;
    expect(schema.required).toEqual(expect.arrayContaining(['account_id', 'requested_duration_minutes']));
    expect(schema.properties.account_id).toMatchObject({ pattern: '^\\d{12}$' });
    const list = body.paths['/requests'].get.parameters.map((parameter: { name: string }) => parameter.name);
    expect(list).toContain('next_token');
  });
});

/** A reconciler that finishes every pass some time after it was asked for. */
function finishPasses(world: ApiWorld, afterMs: number): void {
  const report = {
    changes: [],
    withheld: [],
    drift: [],
    unread: [],
    truncated: false,
    totals: { changes: 0, withheld: 0, drift: 0 },
  };
  world.store.hooks.onAfterWrite = (writes) => {
    for (const write of writes) {
      if (write.kind !== 'put' || write.row.state !== 'REQUESTED') continue;
      const row = {
        ...write.row,
        state: 'DONE',
        finished_at: '2026-01-15T12:00:01Z',
        report,
        results: ['nothing to do'],
      };
      void world.clock
        .sleep(afterMs)
        .then(() => world.store.transact([{ kind: 'put', table: 'control', row }]));
    }
  };
}
