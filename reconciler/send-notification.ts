// One attempt to tell the chat plugin something, signed as the plugin checks it. It never follows a redirect, which
// would carry the body to where it was not addressed, and never logs what the plugin answers.

import type { WallClock } from '../src/clock.ts';
import type { NotificationBody } from '../src/notification.ts';
import { SignatureHeaders, signRequest } from '../src/signature.ts';
import type { WebhookTarget } from '../src/webhook-target.ts';
import type { Delivery } from './deliver-notifications.ts';

const ATTEMPT_MAX_MS = 10_000;
const ANSWER_MAX_BYTES = 4096;

export type SendDeps = {
  readonly target: WebhookTarget;
  /** The secret as it is now: it may be rotated while we run. */
  readonly secret: () => Promise<string>;
  readonly clock: WallClock;
  /** Never the same twice: the plugin refuses a nonce that it has seen. */
  readonly newNonce: () => string;
  readonly fetch: typeof fetch;
};

/**
 * Every attempt has a new timestamp and nonce. A 200 means received, not shown. `givingUp` ends the wait: then nobody
 * knows whether it was received.
 */
export async function sendNotification(
  deps: SendDeps,
  body: NotificationBody,
  givingUp: AbortSignal,
): Promise<Delivery> {
  try {
    const request = await signed(deps, JSON.stringify(body));
    const signal = endOfAttempt(givingUp);
    const answer = await deps.fetch(deps.target.url, { ...request, signal });
    // The status is what counts: an answer that breaks off behind a 200 must not be sent again and again.
    await drain(answer, signal).catch(() => undefined);
    return answer.status === 200
      ? { kind: 'accepted' }
      : { kind: 'refused', why: `the plugin answered ${answer.status}` };
  } catch (error) {
    return { kind: 'unreachable', why: reasonOf(error) };
  }
}

async function signed({ target, secret, clock, newNonce }: SendDeps, body: string): Promise<RequestInit> {
  const timestamp = String(Math.floor(clock.nowMs() / 1000));
  const nonce = newNonce();
  const parts = { timestamp, nonce, method: 'POST', path: target.signedPath, body };
  return {
    method: 'POST',
    body,
    redirect: 'manual',
    headers: {
      'Content-Type': 'application/json',
      [SignatureHeaders.keyId]: target.keyId,
      [SignatureHeaders.timestamp]: timestamp,
      [SignatureHeaders.nonce]: nonce,
      [SignatureHeaders.signature]: signRequest({ secret: await secret(), ...parts }),
    },
  };
}

function endOfAttempt(givingUp: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(ATTEMPT_MAX_MS);
  // `any` holds its signals weakly on Node 20: a time-out that nobody listens to is collected, and never comes.
  late.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([givingUp, late]);
}

/** Reads a little, so that the connection can be used again, and lets go of an answer without end, in bytes or in time. */
async function drain(answer: Response, signal: AbortSignal): Promise<void> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  // Not left to `fetch`, which holds its signal weakly once the headers are there.
  const letGo = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', letGo, { once: true });
  if (signal.aborted) letGo();
  let bytes = 0;
  while (bytes < ANSWER_MAX_BYTES) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.byteLength;
  }
  await reader.cancel();
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, 200) : 'unknown';
}
