// Signed revokes as fast as a server answers them, each with a nonce of its own.

import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { SignatureHeaders, signRequest } from '../../src/signature.ts';
import { BenchKeys } from './bench-keys.ts';

export type Load = {
  readonly url: string;
  readonly calls: number;
  /** The request that the next call revokes. */
  readonly nextId: () => string;
};

export type Loaded = {
  readonly perSecond: number;
  /** Of every single call. */
  readonly latenciesMs: readonly number[];
};

// Enough that the server always has a next call to begin, and few enough that a call's time is not all waiting.
const CONNECTIONS = 10;
const BODY = JSON.stringify({ actor_mm_user_id: 'mm-ben', actor_email: 'ben@example.com' });

/** Rejects where not every call was answered with 200. */
export async function sendSignedLoad({ url, calls, nextId }: Load): Promise<Loaded> {
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  let endedMs = startedMs;
  const setupRequest = (request: autocannon.Request) => ({ ...request, ...signedRevoke(nextId()) });
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = {
      ...{ url, connections: CONNECTIONS, amount: calls },
      requests: [{ method: 'POST', setupRequest } as const],
    };
    const instance = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
    instance.on('response', (_client, _status, _bytes, latencyMs) => {
      latenciesMs.push(latencyMs);
      // It looks only once a second whether all calls are answered.
      endedMs = performance.now();
    });
  });
  if (result['2xx'] !== calls || result.errors > 0)
    throw new Error(`of ${calls} calls ${result['2xx']} were answered well and ${result.errors} failed`);
  return { perSecond: (calls / (endedMs - startedMs)) * 1000, latenciesMs };
}

let turn = 0;

function signedRevoke(requestId: string) {
  turn += 1;
  const { id, secret } = BenchKeys[turn % BenchKeys.length] ?? { id: '', secret: '' };
  const path = `/requests/${requestId}/revoke`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomUUID();
  const signature = signRequest({ secret, timestamp, nonce, method: 'POST', path, body: BODY });
  const headers = {
    'content-type': 'application/json',
    [SignatureHeaders.keyId]: id,
    [SignatureHeaders.timestamp]: timestamp,
    [SignatureHeaders.nonce]: nonce,
    [SignatureHeaders.signature]: signature,
  };
  return { path, headers, body: BODY };
}
