// A stand-in for the chat plugin's webhook. It checks what the plugin checks, in the same order, and is stricter about
// the notification's shape, so that what it accepts a real plugin accepts. It keeps everything in memory, and listens on
// loopback only.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../src/clock.ts';
import { NotificationBody } from '../src/notification.ts';
import {
  checkSignatureHeaders,
  type SignatureRejection,
  signedPathOf,
  verifySignature,
} from '../src/signature.ts';
import { channelLine } from './channel-line.ts';
import { LocalKeys } from './local-keys.ts';

/** `down`: no answer, the connection breaks. `refuse`: 401. `slow`: accepted, and answered after `delayMs`. */
export const WebhookAnswers = ['ok', 'down', 'refuse', 'slow', 'redirect'] as const;

export const WebhookBehaviour = z.strictObject({
  answer: z.enum(WebhookAnswers),
  delayMs: z.int().min(0).max(600_000).default(15_000),
});
export type WebhookBehaviour = z.output<typeof WebhookBehaviour>;

export type ReceivedMessage = {
  readonly at: string;
  readonly text: string;
  readonly notification: NotificationBody;
};

export type WebhookOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  /** The callback secret. The key id is always `backend`: the plugin knows no other. */
  readonly secret?: string;
  /** What a channel would see, for each accepted notification. */
  readonly onMessage: (text: string, notification: NotificationBody) => void;
  /** Why a call was refused, which its answer does not say. */
  readonly onRefusal?: (reason: SignatureRejection) => void;
};

export type Webhook = {
  readonly port: number;
  /** For `PLUGIN_WEBHOOK_URL`: the path that Mattermost serves the plugin under. */
  readonly url: string;
  /** Ends every connection at once, slow answers included. */
  close(): Promise<void>;
};

export const PLUGIN_PREFIX = '/plugins/com.dgwhited.jit-access';
export const WEBHOOK_PATH = '/webhook';
const BODY_BYTES_MAX = 1024 * 1024;
const MESSAGES_MAX = 1000;
// A nonce may come back as long as its timestamp is accepted: at most twice the five minutes.
const NONCE_MEMORY_MS = 10 * 60_000;

type State = {
  behaviour: WebhookBehaviour;
  messages: ReceivedMessage[];
  /** Nonce to when it was seen, oldest first. */
  readonly nonces: Map<string, number>;
  readonly closing: AbortController;
};
type Answer = { readonly status: number; readonly body: unknown; readonly location?: string };

/** Listens when it resolves; rejects when the port is in use. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const state: State = {
    behaviour: { answer: 'ok', delayMs: 0 },
    messages: [],
    nonces: new Map(),
    closing: new AbortController(),
  };
  const server = createServer((request, response) => {
    serve(request, response, { options, state }).catch(() => request.socket.destroy());
  });
  const port = await listen(server, options.port);
  return {
    port,
    url: `http://127.0.0.1:${port}${PLUGIN_PREFIX}${WEBHOOK_PATH}`,
    close: () => {
      state.closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Kept-alive connections would hold close() open until their other side gives up.
      server.closeAllConnections();
      return closed;
    },
  };
}

type Parts = { readonly options: WebhookOptions; readonly state: State };

async function serve(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const path = signedPathOf(request.url ?? '') ?? '';
  const body = await readBody(request);
  if (path.startsWith('/admin/')) return send(response, administer(request.method, path, body, parts));
  const { behaviour, closing } = parts.state;
  if (behaviour.answer === 'down') {
    request.socket.destroy();
    return;
  }
  const answer = answerAs(behaviour, () => receive(request, path, body, parts));
  if (behaviour.answer === 'slow') await parts.options.clock.sleep(behaviour.delayMs, closing.signal);
  send(response, answer);
}

function answerAs({ answer }: WebhookBehaviour, receiveIt: () => Answer): Answer {
  if (answer === 'refuse') return UNAUTHORIZED;
  if (answer === 'redirect') return { status: 302, body: {}, location: '/elsewhere' };
  return receiveIt();
}

const UNAUTHORIZED: Answer = { status: 401, body: { error: 'Unauthorized' } };

function receive(request: IncomingMessage, target: string, body: Buffer, { options, state }: Parts): Answer {
  // Mattermost strips the prefix before the plugin is called, so the plugin signs and sees the rest alone.
  const path = target.startsWith(`${PLUGIN_PREFIX}/`) ? target.slice(PLUGIN_PREFIX.length) : target;
  if (path !== WEBHOOK_PATH) return { status: 404, body: { error: 'Not found' } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'Method not allowed' } };
  const rejection = checkSignature(request, path, body, { options, state });
  if (rejection !== undefined) {
    options.onRefusal?.(rejection);
    return UNAUTHORIZED;
  }
  const notification = parseNotification(body);
  if (notification === undefined) return { status: 400, body: { error: 'Bad request' } };
  const text = channelLine(notification);
  const at = new Date(options.clock.nowMs()).toISOString();
  state.messages = [...state.messages, { at, text, notification }].slice(-MESSAGES_MAX);
  options.onMessage(text, notification);
  return { status: 200, body: { status: 'ok' } };
}

function checkSignature(
  request: IncomingMessage,
  path: string,
  body: Buffer,
  { options, state }: Parts,
): SignatureRejection | undefined {
  const nowMs = options.clock.nowMs();
  const checked = checkSignatureHeaders({ headers: request.headersDistinct, nowMs });
  if (!checked.ok) return checked.reason;
  if (checked.keyId !== LocalKeys.callback.id) return 'unknown_key';
  const secret = options.secret ?? LocalKeys.callback.secret;
  if (!verifySignature({ ...checked, secret, method: 'POST', path, body })) return 'wrong_signature';
  forgetNonces(state.nonces, nowMs - NONCE_MEMORY_MS);
  if (state.nonces.has(checked.nonce)) return 'replayed';
  state.nonces.set(checked.nonce, nowMs);
  return undefined;
}

function forgetNonces(nonces: Map<string, number>, seenBeforeMs: number): void {
  for (const [nonce, seenMs] of nonces) {
    if (seenMs >= seenBeforeMs) return;
    nonces.delete(nonce);
  }
}

function parseNotification(body: Buffer): NotificationBody | undefined {
  const parsed = NotificationBody.safeParse(parseJson(body));
  return parsed.success && parsed.data.channel_id !== '' ? parsed.data : undefined;
}

function administer(method: string | undefined, path: string, body: Buffer, { state }: Parts): Answer {
  if (method === 'GET' && path === '/admin/messages') return { status: 200, body: state.messages };
  if (method !== 'PUT' || path !== '/admin/behaviour') {
    return { status: 404, body: { error: 'expected GET /admin/messages or PUT /admin/behaviour' } };
  }
  const parsed = WebhookBehaviour.safeParse(parseJson(body));
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
  state.behaviour = parsed.data;
  return { status: 200, body: state.behaviour };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

// The plugin reads 1 MiB and checks the signature of that much: what is longer fails there.
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (bytes < BODY_BYTES_MAX) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX);
}

function send(response: ServerResponse, { status, body, location }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    ...(location === undefined ? {} : { Location: location }),
  });
  response.end(JSON.stringify(body));
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the webhook has no port');
  return address.port;
}
