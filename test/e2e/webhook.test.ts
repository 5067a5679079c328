import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startWebhook, type Webhook } from '../../local/webhook.ts';
import type { NotificationBody } from '../../src/notification.ts';
import { signRequest } from '../../src/signature.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';

const SERVED_UNDER = '/plugins/com.dgwhited.jit-access/webhook';
const notification: NotificationBody = {
  request_id: 'req-1',
  status: 'REVOKED',
  account_id: '111111111111',
  channel_id: 'demo',
  actor: 'ben@example.com',
  details: { note: 'removed after 2 s' },
};
const BODY = JSON.stringify(notification);

type Sent = {
  target?: string;
  method?: string;
  body?: string;
  secret?: string;
  signedPath?: string;
  signedBody?: string;
  headers?: Record<string, string | string[] | undefined>;
};
type Answered = { status: number; body: string; location: string | undefined };

let clock: VirtualClock;
let webhook: Webhook;
let lines: string[];
let refusals: string[];
let nonces = 0;
const agent = new Agent({ keepAlive: true });

beforeEach(async () => {
  clock = createVirtualClock();
  lines = [];
  refusals = [];
  webhook = await startWebhook({
    port: 0,
    clock,
    onMessage: (text) => lines.push(text),
    onRefusal: (reason) => refusals.push(reason),
  });
});
afterEach(() => webhook.close());

/** Everything as it should be, unless said otherwise. A header set to undefined is left out. */
async function send(sent: Sent = {}): Promise<Answered> {
  const { target = '/webhook', method = 'POST', body = BODY, secret = 'local-callback-secret' } = sent;
  const timestamp = String(Math.floor(clock.nowMs() / 1000));
  const nonce = `nonce-${++nonces}`;
  const signed = { secret, timestamp, nonce, method, path: sent.signedPath ?? '/webhook' };
  const headers = {
    'X-JIT-KeyID': 'backend',
    'X-JIT-Timestamp': timestamp,
    'X-JIT-Nonce': nonce,
    'X-JIT-Signature': signRequest({ ...signed, body: sent.signedBody ?? body }),
    ...sent.headers,
  };
  return exchange({ target, method, body, headers });
}

async function exchange({
  target,
  method,
  body,
  headers,
}: Required<Pick<Sent, 'target' | 'method' | 'body'>> & Pick<Sent, 'headers'>): Promise<Answered> {
  const present = Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  const outgoing = request({
    host: '127.0.0.1',
    port: webhook.port,
    path: target,
    method,
    headers: present,
    agent,
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of incoming) text += chunk;
  return { status: incoming.statusCode, body: text, location: incoming.headers.location };
}

const behave = (behaviour: unknown) =>
  exchange({ target: '/admin/behaviour', method: 'PUT', body: JSON.stringify(behaviour) });
const messages = async () =>
  JSON.parse((await exchange({ target: '/admin/messages', method: 'GET', body: '' })).body);

describe('startWebhook() accepts', () => {
  test.each(['/webhook', SERVED_UNDER, '/webhook?a=b'])(
    'a notification at %s, signed for /webhook',
    async (target) => {
      expect(await send({ target })).toMatchObject({ status: 200, body: '{"status":"ok"}' });
      expect(lines).toEqual([
        '[demo] Access Revoked by ben@example.com · request req-1 · account 111111111111 · Details: note: removed after 2 s',
      ]);
      expect(await messages()).toEqual([{ at: '2026-01-15T12:00:00.000Z', text: lines[0], notification }]);
    },
  );

  test('a timestamp five minutes off, either way', async () => {
    const now = Math.floor(clock.nowMs() / 1000);
    for (const second of [now - 300, now + 300]) {
      const headers = signedAt(String(second), `n-${second}`);
      expect((await send({ headers })).status).toBe(200);
    }
  });
});

function signedAt(timestamp: string, nonce: string): Record<string, string> {
  const signed = {
    secret: 'local-callback-secret',
    timestamp,
    nonce,
    method: 'POST',
    path: '/webhook',
    body: BODY,
  };
  return { 'X-JIT-Timestamp': timestamp, 'X-JIT-Nonce': nonce, 'X-JIT-Signature': signRequest(signed) };
}

describe('startWebhook() refuses with 401', () => {
  const old = String(Date.parse('2026-01-15T12:00:00Z') / 1000 - 301);
  const early = String(Date.parse('2026-01-15T12:00:00Z') / 1000 + 301);

  test.each<[string, string, Sent]>([
    ['no key id', 'missing_header', { headers: { 'X-JIT-KeyID': undefined } }],
    ['no timestamp', 'missing_header', { headers: { 'X-JIT-Timestamp': undefined } }],
    ['no nonce', 'missing_header', { headers: { 'X-JIT-Nonce': undefined } }],
    ['no signature', 'missing_header', { headers: { 'X-JIT-Signature': undefined } }],
    ['two nonces', 'duplicate_header', { headers: { 'X-JIT-Nonce': ['a', 'b'] } }],
    ['another key id', 'unknown_key', { headers: { 'X-JIT-KeyID': 'local-callback' } }],
    ['the key id in another case', 'unknown_key', { headers: { 'X-JIT-KeyID': 'Backend' } }],
    ['another secret', 'wrong_signature', { secret: 'local-plugin-secret' }],
    ['the path as it is called', 'wrong_signature', { target: SERVED_UNDER, signedPath: SERVED_UNDER }],
    ['the query signed too', 'wrong_signature', { target: '/webhook?a', signedPath: '/webhook?a' }],
    ['another body', 'wrong_signature', { signedBody: `${BODY} ` }],
    ['a malformed timestamp', 'bad_timestamp', { headers: { 'X-JIT-Timestamp': 'now' } }],
    ['a timestamp too old', 'stale', { headers: signedAt(old, 'n-old') }],
    ['a timestamp too early', 'stale', { headers: signedAt(early, 'n-early') }],
    ['a capital signature', 'malformed_signature', { headers: { 'X-JIT-Signature': 'AB'.repeat(32) } }],
    ['a body over 1 MiB', 'wrong_signature', { body: ' '.repeat(1024 * 1024 + 1) }],
  ])('%s', async (_what, reason, sent) => {
    expect(await send(sent)).toMatchObject({ status: 401, body: '{"error":"Unauthorized"}' });
    expect(refusals).toEqual([reason]);
    expect(lines).toEqual([]);
  });

  test('a nonce the second time, even with another timestamp', async () => {
    const second = (offset: number) => String(Math.floor(clock.nowMs() / 1000) + offset);
    expect((await send({ headers: signedAt(second(200), 'same') })).status).toBe(200);
    expect((await send({ headers: signedAt(second(200), 'same') })).status).toBe(401);
    await clock.advance(400_000);
    expect((await send({ headers: signedAt(second(0), 'same') })).status).toBe(401);
    expect(refusals).toEqual(['replayed', 'replayed']);
    expect(lines).toHaveLength(1);
  });

  test('nothing for a nonce that came with a wrong signature', async () => {
    const timestamp = String(Math.floor(clock.nowMs() / 1000));
    const headers = signedAt(timestamp, 'stolen');
    await send({ headers: { ...headers, 'X-JIT-Signature': '0'.repeat(64) } });
    expect((await send({ headers })).status).toBe(200);
  });
});

describe('startWebhook() answers', () => {
  test.each(['GET', 'PUT', 'DELETE'])('405 to %s', async (method) => {
    expect((await send({ method, body: '' })).status).toBe(405);
  });

  test.each([
    '/',
    '/webhook/',
    '/Webhook',
    '/plugins/com.dgwhited.jit-access',
    '/plugins/other/webhook',
    '/admin/x',
    '//webhook',
  ])('404 at %s', async (target) => {
    expect((await send({ target })).status).toBe(404);
  });

  test.each([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['an unknown status', JSON.stringify({ ...notification, status: 'APPROVED' })],
    ['no channel', JSON.stringify({ ...notification, channel_id: '' })],
    ['no request', JSON.stringify({ ...notification, request_id: undefined })],
    ['details that are no text', JSON.stringify({ ...notification, details: { minutes: 5 } })],
    ['details in a list', JSON.stringify({ ...notification, details: ['a'] })],
  ])('400 to a body that is %s, well signed', async (_what, body) => {
    expect((await send({ body })).status).toBe(400);
    expect(lines).toEqual([]);
  });
});

describe('PUT /admin/behaviour', () => {
  test('down breaks the connection and takes nothing, until it is ok again', async () => {
    await behave({ answer: 'down' });
    await expect(send()).rejects.toThrow(/socket hang up|ECONNRESET/);
    await behave({ answer: 'ok' });
    expect((await send()).status).toBe(200);
    expect(lines).toHaveLength(1);
  });

  test('refuse answers 401 to what is right, and takes nothing', async () => {
    await behave({ answer: 'refuse' });
    expect((await send()).status).toBe(401);
    expect(lines).toEqual([]);
  });

  test('redirect answers 302 to a place that must not be followed', async () => {
    await behave({ answer: 'redirect' });
    expect(await send()).toMatchObject({ status: 302, location: '/elsewhere' });
    expect(lines).toEqual([]);
  });

  test('slow takes it at once and answers after the delay', async () => {
    await behave({ answer: 'slow', delayMs: 60_000 });
    let answered = false;
    const slow = send().then((answer) => {
      answered = true;
      return answer;
    });
    while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(59_999);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect((await slow).status).toBe(200);
  });

  test.each([
    {},
    { answer: 'maybe' },
    { answer: 'slow', delayMs: -1 },
    { answer: 'slow', delayMs: '5' },
    { answer: 'ok', x: 1 },
    null,
  ])('refuses %j and changes nothing', async (behaviour) => {
    expect((await behave(behaviour)).status).toBe(400);
    expect((await send()).status).toBe(200);
  });
});

describe('close()', () => {
  test('ends kept-alive connections and slow answers at once', async () => {
    await send();
    await behave({ answer: 'slow', delayMs: 60_000 });
    const slow = send();
    while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const idle = connect(webhook.port, '127.0.0.1');
    await once(idle, 'connect');
    const ended = once(idle, 'close');
    const [outcome] = await Promise.all([
      slow.then(
        () => 'answered',
        () => 'broken',
      ),
      webhook.close(),
    ]);
    expect(['answered', 'broken']).toContain(outcome);
    await ended;
  });
});

test('startWebhook() rejects when the port is in use', async () => {
  const again = startWebhook({ port: webhook.port, clock, onMessage: () => undefined });
  await expect(again).rejects.toThrow(/EADDRINUSE/);
});

test('startWebhook() gives the URL that Mattermost would serve it under', () => {
  expect(webhook.url).toBe(`http://127.0.0.1:${webhook.port}${SERVED_UNDER}`);
});
