// One attempt on the wire: signed as the plugin checks it, never redirected, and never more read than is needed.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sendNotification } from '../../reconciler/send-notification.ts';
import type { NotificationBody } from '../../src/notification.ts';
import { verifySignature } from '../../src/signature.ts';
import { pathSeenByPlugin } from '../../src/webhook-target.ts';
import { NOW } from '../plan-builders.ts';

const URL_OF_PLUGIN = 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook';
const BODY: NotificationBody = {
  request_id: 'req-123',
  status: 'REVOKED',
  account_id: '123456789012',
  channel_id: 'ch1',
  actor: 'admin@company.com',
  details: {},
};

type Sent = { readonly url: string; readonly init: RequestInit; readonly headers: Headers };

function stage(answer: (init: RequestInit) => Response | Promise<Response>) {
  const sent: Sent[] = [];
  let nonces = 0;
  const fetchIt: typeof fetch = async (url, init = {}) => {
    sent.push({ url: String(url), init, headers: new Headers(init.headers) });
    return answer(init);
  };
  const send = (
    overrides: { nowMs?: number; secret?: string; nonce?: string; givingUp?: AbortSignal } = {},
  ) =>
    sendNotification(
      {
        target: { url: URL_OF_PLUGIN, signedPath: pathSeenByPlugin(URL_OF_PLUGIN), keyId: 'backend' },
        secret: async () => overrides.secret ?? 's3cret',
        clock: { nowMs: () => overrides.nowMs ?? NOW },
        newNonce: () => {
          nonces += 1;
          return overrides.nonce ?? `nonce-${nonces}`;
        },
        fetch: fetchIt,
      },
      BODY,
      overrides.givingUp ?? new AbortController().signal,
    );
  return { sent, send };
}

const ok = () => new Response('ok');

function isSignedFor(each: Sent | undefined, secret: string, path: string): boolean {
  return verifySignature({
    secret,
    timestamp: each?.headers.get('X-JIT-Timestamp') ?? '',
    nonce: each?.headers.get('X-JIT-Nonce') ?? '',
    method: 'POST',
    path,
    body: String(each?.init.body),
    signature: each?.headers.get('X-JIT-Signature') ?? '',
  });
}

it('sendNotification() signs the very bytes it sends, for the path that the plugin sees', async () => {
  const { sent, send } = stage(ok);
  expect(await send()).toEqual({ kind: 'accepted' });
  expect(sent[0]?.url).toBe(URL_OF_PLUGIN);
  expect(sent[0]?.headers.get('X-JIT-KeyID')).toBe('backend');
  expect(isSignedFor(sent[0], 's3cret', '/webhook')).toBe(true);
  expect(isSignedFor(sent[0], 's3cret', '/plugins/com.dgwhited.jit-access/webhook')).toBe(false);
});

it('sendNotification() gives the signature of the webhook vector', async () => {
  const vectors: unknown = JSON.parse(
    readFileSync(new URL('../vectors/signature.json', import.meta.url), 'utf8'),
  );
  const vector = Array.isArray(vectors)
    ? vectors.find(({ name }) => name === 'webhook as the plugin sees it')
    : {};
  const { sent, send } = stage(ok);
  await send({ nowMs: Number(vector.timestamp) * 1000, secret: vector.secret, nonce: vector.nonce });
  expect(sent[0]?.init.body).toBe(vector.body);
  expect(sent[0]?.headers.get('X-JIT-Signature')).toBe(vector.signature);
});

it('sendNotification() signs every attempt anew', async () => {
  const { sent, send } = stage(ok);
  await send();
  await send({ nowMs: NOW + 61_000 });
  const [first, second] = sent.map(({ headers }) => headers);
  for (const name of ['X-JIT-Nonce', 'X-JIT-Timestamp', 'X-JIT-Signature'])
    expect(first?.get(name)).not.toBe(second?.get(name));
});

it.each([201, 202, 204, 400, 401, 500])('sendNotification() takes %i for a refusal', async (status) => {
  const { send } = stage(() => new Response(null, { status }));
  expect(await send()).toEqual({ kind: 'refused', why: `the plugin answered ${status}` });
});

it('sendNotification() takes a redirect for a refusal, and does not follow it', async () => {
  const { sent, send } = stage(
    () => new Response(null, { status: 307, headers: { location: 'https://evil.example' } }),
  );
  expect(await send()).toEqual({ kind: 'refused', why: 'the plugin answered 307' });
  expect(sent).toHaveLength(1);
  expect(sent[0]?.init.redirect).toBe('manual');
});

it('sendNotification() lets go of an answer without end', async () => {
  let given = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
    cancel() {
      cancelled = true;
    },
  });
  const { send } = stage(() => new Response(endless));
  expect(await send()).toEqual({ kind: 'accepted' });
  expect(cancelled).toBe(true);
  expect(given).toBeLessThanOrEqual(8 * 1024);
});

it('sendNotification() says what kept it from arriving, and never throws', async () => {
  const { send } = stage(() => {
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  });
  expect(await send()).toEqual({ kind: 'unreachable', why: 'Error: connect ECONNREFUSED' });
});

it('sendNotification() is given up after a while', async () => {
  const { sent, send } = stage(ok);
  await send();
  expect(sent[0]?.init.signal).toBeInstanceOf(AbortSignal);
});

it('sendNotification() waits no longer for a plugin that hangs once it is given up', async () => {
  const stopping = new AbortController();
  const { sent, send } = stage(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      }),
  );
  const sending = send({ givingUp: stopping.signal });
  await expect.poll(() => sent.length, { timeout: 300_000 }).toBe(1);
  stopping.abort();
  expect(await sending).toEqual({ kind: 'unreachable', why: 'AbortError: aborted' });
});
