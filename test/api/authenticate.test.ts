import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { signRequest } from '../../src/signature.ts';
import { StoreError } from '../../src/store-error.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { type ApiWorld, createApiWorld, OPS, PLUGIN, type WorldOptions } from './api-world.ts';

type Vector = Record<
  'name' | 'secret' | 'timestamp' | 'nonce' | 'method' | 'url' | 'body' | 'signature',
  string
>;
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/signature.json', import.meta.url), 'utf8'),
);

const rejections = async (world: ApiWorld) => {
  const metric = await world.deps.metrics.registry.getSingleMetric('jit_signature_rejections_total')?.get();
  return Object.fromEntries(
    (metric?.values ?? [])
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [labels.reason, value]),
  );
};

describe('authenticate()', () => {
  test.each([
    ['missing_header', { 'x-jit-nonce': '' }],
    ['bad_timestamp', { 'x-jit-timestamp': '1.5e9' }],
    ['stale', { 'x-jit-timestamp': '1768400000' }],
    ['bad_nonce', { 'x-jit-nonce': 'a b' }],
    ['malformed_signature', { 'x-jit-signature': 'zz' }],
    ['unknown_key', { 'x-jit-keyid': 'nobody' }],
    ['wrong_signature', { 'x-jit-signature': 'a'.repeat(64) }],
  ])('answers 401 with one message for %s, and counts the reason', async (reason, headers) => {
    const world = createApiWorld();
    const { status, body } = await world.call('GET', '/config/accounts?channel_id=demo', undefined, {
      headers,
    });
    expect(status).toBe(401);
    expect(body).toEqual({
      code: 'unauthenticated',
      message: 'The signature is missing, wrong, too old or already used; sign the call again.',
    });
    expect(await rejections(world)).toEqual({ [reason]: 1 });
    expect(world.store.dump('nonces')).toEqual([]);
  });

  test('takes a nonce once: the second time is a replay, until after the timestamp is too old', async () => {
    const world = createApiWorld();
    const again = () => world.call('GET', '/config/accounts?channel_id=demo', undefined, { nonce: 'n-1' });
    expect((await again()).status).toBe(200);
    expect((await again()).status).toBe(401);
    expect(await rejections(world)).toEqual({ replayed: 1 });
    expect(world.store.dump('nonces')).toEqual([
      { key_id: PLUGIN.keyId, nonce: 'n-1', expires_at: 1768478400 + 15 * 60 },
    ]);
  });

  test('keeps the nonces of a single secret under one id, whatever id the caller names', async () => {
    const world = createApiWorld({ keys: { plugin: { kind: 'single', secret: 'only' } } });
    const as = (keyId: string) =>
      world.call('GET', '/config/accounts?channel_id=demo', undefined, {
        key: { keyId, secret: 'only' },
        nonce: 'n',
      });
    expect((await as('a')).status).toBe(200);
    expect((await as('b')).status).toBe(401);
  });

  test('refuses a body, a path or a method that was not signed', async () => {
    const world = createApiWorld();
    const signed = { timestamp: '1768478400', nonce: 'n', method: 'POST', path: '/requests', body: '{}' };
    const signature = signRequest({ ...signed, secret: PLUGIN.secret });
    const headers = {
      'x-jit-timestamp': signed.timestamp,
      'x-jit-nonce': signed.nonce,
      'x-jit-signature': signature,
    };
    for (const [method, path, body] of [
      ['POST', '/requests', '{ }'],
      ['POST', '/config/bind', '{}'],
      ['GET', '/requests', '{}'],
      ['POST', '/Requests', '{}'],
    ] as const)
      expect((await world.call(method, path, body, { headers })).status).toBe(401);
    expect((await world.call('POST', '/requests?x=1', '{}', { headers })).status).toBe(400);
  });

  test('answers 415 for a Content-Encoding, and for a type that is not JSON', async () => {
    const world = createApiWorld();
    const bind = (headers: Record<string, string>) =>
      world.call('POST', '/config/bind', { channel_id: 'x', account_id: '333333333333' }, { headers });
    expect((await bind({ 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await bind({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await bind({ 'content-type': 'application/json; charset=latin1' })).status).toBe(415);
    expect(world.store.dump('config')).toHaveLength(2);
    expect((await bind({ 'content-type': 'application/json; charset=UTF-8' })).status).toBe(200);
  });

  test('answers 413 above 64 KiB', async () => {
    const world = createApiWorld();
    expect((await world.anaAsks({ reason: 'x'.repeat(65 * 1024) })).status).toBe(413);
  });

  test('answers 400 for what is not JSON, and says so', async () => {
    const world = createApiWorld();
    for (const [sent, words] of [
      ['{', 'not valid JSON'],
      ['[]', 'The body is []'],
      ['"text"', 'The body is "text"'],
      ['null', 'The body is null'],
      ['', 'account_id is missing'],
    ] as const) {
      const { status, body } = await world.call('POST', '/config/bind', sent);
      expect([status, body.message]).toEqual([400, expect.stringContaining(words)]);
    }
  });

  test('answers 503 while the keys cannot be read, and while nonces cannot be stored', async () => {
    const world = createApiWorld();
    world.faults.keys = true;
    expect((await world.anaAsks()).status).toBe(503);
    world.faults.keys = false;
    nonceTableIsDown(world);
    const { status, headers } = await world.anaAsks();
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(world.store.dump('requests')).toEqual([]);
  });

  test('lets a revoke through while nonces cannot be stored: doing it twice changes nothing', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    nonceTableIsDown(world);
    expect((await world.revoke(id)).status).toBe(200);
    expect((await world.revoke(id)).status).toBe(200);
    expect(world.audit(id).map((event) => event.event_type)).toEqual(['REQUESTED', 'REVOKED']);
    // The plugin looks at the request before it revokes it, and takes any failure of that for "not found".
    expect((await world.call('GET', `/requests/${id}`)).status).toBe(200);
    expect((await world.call('GET', `/requests?channel_id=demo`)).status).toBe(503);
    const order = { email: 'ana@example.com', actor_email: 'o@x.y', reason: 'r' };
    expect((await world.ops('POST', '/users/revoke', order)).status).toBe(503);
  });

  test('answers 429 with Retry-After above the rate, never for a revoke, and never through a stranger', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const list = (headers = {}) =>
      world.call('GET', '/config/accounts?channel_id=demo', undefined, { headers });
    for (let n = 0; n < 1200; n += 1) await list({ 'x-jit-signature': 'b'.repeat(64) });
    const statuses: number[] = [];
    for (let n = 0; n < 1000; n += 1) statuses.push((await list()).status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    const { status, headers } = await list();
    expect([status, headers['retry-after']]).toEqual([429, '1']);
    expect((await world.revoke(id)).status).toBe(200);
    expect((await world.ops('GET', '/config/accounts?channel_id=demo')).status).toBe(200);
    await world.clock.advance(1000);
    expect((await list()).status).toBe(200);
  });
});

function nonceTableIsDown(world: ApiWorld): void {
  world.store.hooks.onBeforeWrite = (writes) => {
    if (writes[0]?.table === 'nonces')
      throw new StoreError('write jit_nonces', { cause: new Error('throttled') });
  };
}

describe('routing', () => {
  test.each([
    '/Requests',
    '/requests/',
    '//requests',
    '/requests//x',
    '/./requests',
    '/config/../requests',
    '/requests/%2e%2e',
    '/requests/a%2Fb',
    '/requests/a%2fb/revoke',
    '/requests/a%5Cb',
    '/requests/a%00b',
    '/requests/a%0Ab',
    '/requests/a%7Fb',
    '/requests/%zz',
    '/requests/%C0%AF',
    '/%72equests',
    '/config/Accounts',
    '/nothing',
    '/',
    `/requests/${'x'.repeat(257)}`,
  ])('answers 404 for %s, and only to who signed it', async (path) => {
    const world = createApiWorld();
    const signed = await world.call('GET', path);
    expect([signed.status, signed.body.code]).toEqual([404, 'not_found']);
    const unsigned = await world.call('GET', path, undefined, {
      headers: { 'x-jit-signature': 'c'.repeat(64) },
    });
    expect(unsigned.status).toBe(401);
  });

  test('answers 404 for another method', async () => {
    const world = createApiWorld();
    expect((await world.call('DELETE', '/requests/x')).status).toBe(404);
    expect((await world.call('GET', '/config/bind')).status).toBe(404);
    expect((await world.call('HEAD', '/requests/x')).status).toBe(404);
  });

  test('decodes an id once', async () => {
    const world = createApiWorld();
    world.store.load('requests', [{ request_id: 'a b%41', status: 'GRANTED' }]);
    expect((await world.call('GET', '/requests/a%20b%2541')).body.request_id).toBe('a b%41');
  });

  test('lies below API_BASE_PATH, which is not signed', async () => {
    const world = createApiWorld({ settings: { apiBasePath: '/jit' } });
    expect((await world.anaAsks()).status).toBe(201);
    expect((await world.call('GET', '/openapi.json')).status).toBe(200);
  });

  test('measures by the pattern of the route, so that ids make no series', async () => {
    const world = createApiWorld();
    await world.call('GET', '/requests/one');
    await world.call('GET', '/requests/two');
    await world.call('GET', '/wp-login.php');
    const text = await world.deps.metrics.registry.metrics();
    expect(text).toContain(
      'jit_http_request_seconds_count{method="GET",route="/requests/{id}",status="404"} 2',
    );
    expect(text).toContain('jit_http_request_seconds_count{method="OTHER",route="unmatched",status="404"} 1');
    expect(text).not.toContain('wp-login');
  });
});

describe('over HTTP', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(options: WorldOptions = {}) {
    const world = createApiWorld(options);
    const server = createServer(createApp(world.deps));
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return { world, port: (server.address() as AddressInfo).port };
  }

  function send(
    port: number,
    what: { method: string; path: string; headers: Record<string, string | string[]>; body?: string },
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ port, host: '127.0.0.1', agent: false, ...what }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      });
      sent.on('error', reject);
      sent.end(what.body);
    });
  }

  const headersFor = (parts: {
    method: string;
    path: string;
    body?: string;
    nonce?: string;
    timestamp?: string;
  }) => {
    const signed = { timestamp: '1768478400', nonce: `n-${Math.random()}`, body: '', ...parts };
    return {
      'X-JIT-KeyID': PLUGIN.keyId,
      'X-JIT-Timestamp': signed.timestamp,
      'X-JIT-Nonce': signed.nonce,
      'X-JIT-Signature': signRequest({ ...signed, secret: PLUGIN.secret }),
    };
  };

  test('verifies the raw path as it was sent, and routes that very path', async () => {
    const { port } = await listen();
    for (const path of ['/requests/a%2Fb', '/config/../requests/x', '/requests//x', '//requests/x'])
      expect(
        (await send(port, { method: 'GET', path, headers: headersFor({ method: 'GET', path }) })).status,
      ).toBe(404);
    const path = '/config/accounts';
    const ok = await send(port, {
      method: 'GET',
      path: `${path}?channel_id=demo`,
      headers: headersFor({ method: 'GET', path }),
    });
    expect(JSON.parse(ok.body)).toHaveLength(2);
  });

  test('refuses a header that comes twice, even twice the same', async () => {
    const { world, port } = await listen();
    const headers = headersFor({ method: 'GET', path: '/requests/x' });
    for (const name of Object.keys(headers) as (keyof typeof headers)[]) {
      const twice = { ...headers, [name]: [headers[name], headers[name]] };
      expect((await send(port, { method: 'GET', path: '/requests/x', headers: twice })).status).toBe(401);
    }
    expect(await rejections(world)).toEqual({ duplicate_header: 4 });
  });

  test('hashes the bytes of the body exactly as they were sent', async () => {
    const { port } = await listen();
    const body = ' {"channel_id":"réparer — サーバ",\n"account_id":"333333333333"}\n';
    const path = '/config/bind';
    const answer = await send(port, {
      method: 'POST',
      path,
      body,
      headers: headersFor({ method: 'POST', path, body }),
    });
    expect(JSON.parse(answer.body)).toMatchObject({ channel_id: 'réparer — サーバ' });
  });

  test('answers 401 before it reads a body, and closes', async () => {
    const { port } = await listen();
    const answer = await raw(port, 'POST /requests HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{"a');
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/connection: close/i);
  });

  test('answers 404 for an absolute target', async () => {
    const { port } = await listen();
    const headers = Object.entries(headersFor({ method: 'GET', path: '/requests/x' }));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await raw(
      port,
      `GET http://x/requests/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });

  test('answers 408 when the body does not arrive within 10 s, and 413 when it grows too large', async () => {
    const clock = createVirtualClock();
    const { world, port } = await listen({ clock });
    const headers = Object.entries(headersFor({ method: 'POST', path: '/requests' }));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const head = `POST /requests HTTP/1.1\r\nHost: x\r\n${lines}`;
    const slow = raw(port, `${head}Content-Length: 10\r\n\r\n{"a`);
    // Until it waits for the rest of the body.
    await expect.poll(() => clock.sleeping(), { timeout: 300_000 }).toBe(1);
    await clock.advance(10_000);
    expect(await slow).toMatch(/^HTTP\/1.1 408 /);
    expect(await rejections(world)).toEqual({ body_incomplete: 1 });
    expect(await raw(port, `${head}Content-Length: 70000\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    expect(await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });

  test.each(vectors)('accepts the vector "$name"', async (vector) => {
    const keys = { plugin: { kind: 'named' as const, keys: [{ id: 'v', secret: vector.secret }] } };
    const { world, port } = await listen({ keys });
    const backMs = world.clock.nowMs() - Number(vector.timestamp) * 1000;
    const app = createApp({ ...world.deps, clock: world.clock.skewed(-backMs) });
    const server = servers.at(-1);
    server?.removeAllListeners('request').on('request', app);
    const answer = await send(port, {
      method: vector.method.toUpperCase(),
      path: vector.url,
      body: vector.body,
      headers: {
        'X-Jit-Keyid': 'v',
        'x-jit-timestamp': vector.timestamp,
        'X-JIT-NONCE': vector.nonce,
        'X-JIT-Signature': vector.signature,
      },
    });
    expect(answer.status).not.toBe(401);
  });

  function raw(port: number, text: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
        if (answer.includes('\r\n\r\n')) socket.end();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });
  }
});

test('the ops key is not the plugin key: its nonces are its own', async () => {
  const world = createApiWorld();
  const listWith = (key: typeof OPS) =>
    world.call('GET', '/config/accounts?channel_id=demo', undefined, { key, nonce: 'n' });
  expect((await listWith(PLUGIN)).status).toBe(200);
  expect((await listWith(OPS)).status).toBe(200);
});
