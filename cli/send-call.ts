// Sends one signed call to the API and hands its answer on as it comes. Each time with a new timestamp and nonce.

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { SignatureHeaders, signedPathOf, signRequest } from '../src/signature.ts';
import type { Caller } from './caller-of.ts';
import type { ApiCall } from './operator-commands.ts';

/** Longer than the API waits for anything. */
const SILENCE_MAX_MS = 35_000;

/** The answer, its body not yet read. Rejects where there is none. */
export function sendCall({ apiUrl, key }: Caller, call: ApiCall): Promise<IncomingMessage> {
  const body = call.body === undefined ? '' : JSON.stringify(call.body);
  const headers: Record<string, string | number> = signedHeaders(key, call, body);
  if (body !== '') {
    headers['Content-Type'] = 'application/json';
    headers['Content-Length'] = Buffer.byteLength(body);
  }
  // Not fetch(): it would re-encode the path, and then what is sent is not what was signed.
  const send = apiUrl.protocol === 'https:' ? overHttps : overHttp;
  const path = `${apiUrl.pathname.replace(/\/$/, '')}${call.target}`;
  return new Promise((resolve, reject) => {
    const outgoing = send({
      ...{ hostname: apiUrl.hostname.replace(/^\[|\]$/g, ''), port: apiUrl.port, path },
      ...{ method: call.method, headers },
    });
    outgoing.setTimeout(SILENCE_MAX_MS, () =>
      outgoing.destroy(new Error(`no answer within ${SILENCE_MAX_MS / 1000} s`)),
    );
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.end(body);
  });
}

function signedHeaders(key: Caller['key'], { method, target }: ApiCall, body: string) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomUUID();
  const path = signedPathOf(target) ?? target;
  return {
    [SignatureHeaders.keyId]: key.id,
    [SignatureHeaders.timestamp]: timestamp,
    [SignatureHeaders.nonce]: nonce,
    [SignatureHeaders.signature]: signRequest({ secret: key.secret, timestamp, nonce, method, path, body }),
  };
}
