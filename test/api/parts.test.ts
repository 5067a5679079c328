import {
  DescribeUserCommand,
  GetUserIdCommand,
  IdentitystoreClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-identitystore';
import { mockClient } from 'aws-sdk-client-mock';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { createAdminApp } from '../../api/admin-app.ts';
import { routeMatcher } from '../../api/route-matcher.ts';
import { createTableNudge } from '../../api/table-nudge.ts';
import { TokenBuckets } from '../../api/token-bucket.ts';
import { createDirectory } from '../../src/aws/directory.ts';
import { DirectoryError } from '../../src/directory.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createApiWorld } from './api-world.ts';

describe('createDirectory()', () => {
  const notFound = (ResourceType: 'USER' | 'IDENTITY_STORE') =>
    new ResourceNotFoundException({ message: 'not found', ResourceType, $metadata: {} });
  const by = (AttributePath: string) => ({
    AlternateIdentifier: { UniqueAttribute: { AttributePath, AttributeValue: 'ana@example.com' } },
  });
  function createFake() {
    const client = new IdentitystoreClient({ region: 'us-east-1' });
    return {
      mock: mockClient(client),
      directory: createDirectory({ client, identityStoreId: 'd-1234567890' }),
    };
  }

  test('finds by user name, with addresses and status', async () => {
    const { mock, directory } = createFake();
    mock.on(GetUserIdCommand, by('userName')).resolves({ UserId: 'id-1' });
    mock.on(DescribeUserCommand).resolves({
      UserId: 'id-1',
      UserName: 'ana@example.com',
      UserStatus: 'DISABLED',
      Emails: [{ Value: 'ana@example.com' }, { Value: 'a@example.com' }, {}],
    });
    expect(await directory.findUser('ana@example.com')).toEqual({
      kind: 'found',
      principalId: 'id-1',
      emails: ['ana@example.com', 'a@example.com'],
      status: 'DISABLED',
    });
  });

  test('finds by address where no user name matches', async () => {
    const { mock, directory } = createFake();
    mock.on(GetUserIdCommand, by('userName')).rejects(notFound('USER'));
    mock.on(GetUserIdCommand, by('emails.value')).resolves({ UserId: 'id-2' });
    mock.on(DescribeUserCommand).resolves({ UserId: 'id-2' });
    expect(await directory.findUser('ana@example.com')).toEqual({
      kind: 'found',
      principalId: 'id-2',
      emails: [],
    });
  });

  test('says absent only for a USER that is not found', async () => {
    const { mock, directory } = createFake();
    mock.on(GetUserIdCommand).rejects(notFound('USER'));
    mock.on(DescribeUserCommand).rejects(notFound('USER'));
    expect(await directory.findUser('ana@example.com')).toEqual({ kind: 'absent' });
    expect(await directory.findPrincipal('id-9')).toEqual({ kind: 'absent' });
    mock.on(GetUserIdCommand).rejects(notFound('IDENTITY_STORE'));
    await expect(directory.findUser('ana@example.com')).rejects.toThrow(DirectoryError);
  });

  test('throws where it cannot be asked', async () => {
    const { mock, directory } = createFake();
    mock.on(GetUserIdCommand).rejects(new Error('ECONNRESET'));
    mock.on(DescribeUserCommand).rejects(new Error('AccessDenied'));
    await expect(directory.findUser('ana@example.com')).rejects.toThrow(DirectoryError);
    await expect(directory.findPrincipal('id-1')).rejects.toThrow(DirectoryError);
  });
});

describe('createTableNudge()', () => {
  test('writes what comes together as few rows, in the background', async () => {
    const { store, clock, deps } = createApiWorld();
    let writes = 0;
    store.hooks.onBeforeWrite = () => {
      writes += 1;
    };
    const { nudge, settled } = createTableNudge({ store, clock, log: deps.log });
    for (const id of ['a', 'b', 'c']) nudge([{ request_id: id }]);
    await settled();
    const row = store.dump('control').find(({ name }) => name === 'nudges');
    expect(row?.recent).toMatchObject([{ request_id: 'a' }, { request_id: 'b' }, { request_id: 'c' }]);
    expect(writes).toBe(2);
  });

  test('adds to what another process wrote in between', async () => {
    const { store, clock, deps } = createApiWorld();
    let once = true;
    store.hooks.onBeforeWrite = () => {
      if (!once) return;
      once = false;
      store.load('control', [
        { name: 'nudges', version: 1, recent: [{ at: '2026-01-15T12:00:00.000Z', request_id: 'other' }] },
      ]);
    };
    const { nudge, settled } = createTableNudge({ store, clock, log: deps.log });
    nudge([{ request_id: 'mine' }]);
    await settled();
    const row = store.dump('control').find(({ name }) => name === 'nudges');
    expect(row?.recent).toMatchObject([{ request_id: 'other' }, { request_id: 'mine' }]);
  });

  test('loses a nudge rather than anything else, and says so', async () => {
    const { store, clock, deps, logged } = createApiWorld();
    store.hooks.onRead = () => {
      throw new Error('down');
    };
    const wake = async () => {
      throw new Error('no such function');
    };
    const { nudge, settled } = createTableNudge({ store, clock, log: deps.log, wake });
    nudge([{ request_id: 'a' }]);
    await settled();
    expect(logged.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });
});

describe('createAdminApp()', () => {
  const { registry } = createMetrics();

  test('says alive, ready and numbers, and nothing else', async () => {
    const app = createAdminApp({ isReady: () => true, registry });
    await request(app).get('/healthz').expect(200);
    await request(app).get('/readyz').expect(200, { status: 'ok' });
    const metrics = await request(app).get('/metrics').expect(200);
    expect(metrics.text).toContain('jit_http_request_seconds');
    await request(app).get('/requests').expect(404);
  });

  test('is alive but not ready while it cannot do its job', async () => {
    const app = createAdminApp({
      isReady: async () => {
        throw new Error('tables are down');
      },
      registry,
    });
    await request(app).get('/healthz').expect(200);
    await request(app).get('/readyz').expect(503, { status: 'unavailable' });
  });
});

describe('TokenBuckets', () => {
  test('give a burst, then the rate, then say when to come again', () => {
    let elapsed = 0;
    const buckets = new TokenBuckets({ elapsedMs: () => elapsed });
    const rate = { perSecond: 2, burst: 3 };
    const take = () => buckets.take('a', rate);
    expect([take(), take(), take()].every(({ ok }) => ok)).toBe(true);
    expect(take()).toEqual({ ok: false, retryAfterSeconds: 1 });
    expect(buckets.take('b', rate).ok).toBe(true);
    elapsed += 500;
    expect(take().ok).toBe(true);
    expect(take().ok).toBe(false);
    elapsed += 60_000;
    expect([take(), take(), take(), take()].map(({ ok }) => ok)).toEqual([true, true, true, false]);
  });
});

test('routeMatcher() prefers nothing: a fixed segment is not an id', () => {
  const routes = [
    { method: 'GET', path: '/a/{id}' },
    { method: 'GET', path: '/a/{id}/b' },
  ] as const;
  const match = routeMatcher(routes);
  expect(match('GET', '/a/x')?.params).toEqual({ id: 'x' });
  expect(match('GET', '/a/x/b')?.route.path).toBe('/a/{id}/b');
  expect(match('GET', '/a')).toBeUndefined();
  expect(match('POST', '/a/x')).toBeUndefined();
});
