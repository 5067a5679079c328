// The headers of one call, signed with the public keys of local mode. Each time with a new timestamp and nonce.

import { randomUUID } from 'node:crypto';
import { SignatureHeaders, signedPathOf, signRequest } from '../src/signature.ts';
import { LocalKeys } from './local-keys.ts';
import type { LocalCall } from './parse-call.ts';

export function signedHeaders({ method, target, body, keySet }: LocalCall): Record<string, string> {
  const key = LocalKeys[keySet];
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
