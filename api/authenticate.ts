// Who calls: nothing of a call is looked at before its signature is found good, and none is taken twice. What is wrong
// is counted by reason, and never told: one message for every failure gives a guesser nothing.

import type { IncomingMessage } from 'node:http';
import type { WallClock } from '../src/clock.ts';
import {
  type CheckedHeaders,
  checkSignatureHeaders,
  nonceExpiresAt,
  type ReceivedHeaders,
  type SignatureRejection,
  signedPathOf,
  verifySignature,
} from '../src/signature.ts';
import { type FoundKey, findKey, type KeySets } from '../src/signing-keys.ts';
import type { StoreWriter } from '../src/store.ts';
import type { ApiDeps } from './api-deps.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';
import { readBody } from './read-body.ts';
import type { Caller } from './route.ts';

export type Authenticated = {
  readonly caller: Caller;
  /** Whether any operators' keys are configured. */
  readonly hasOperators: boolean;
  readonly body: Buffer;
  /** The path that was signed: the only one that may be routed. */
  readonly path: string;
};

const PUBLIC_MESSAGE = 'The signature is missing, wrong, too old or already used; sign the call again.';

type Deps = Pick<ApiDeps, 'clock' | 'keys' | 'log' | 'metrics' | 'settings'> & {
  readonly store: StoreWriter;
};

type SignedCall = { readonly method: string; readonly path: string };

/** The caller and the bytes that they signed; or the answer to a call that cannot be trusted. */
export async function authenticate(
  deps: Deps,
  message: IncomingMessage,
  target: string,
): Promise<Authenticated | Problem> {
  const headers = receivedHeaders(message);
  const checked = checkSignatureHeaders({ headers, nowMs: deps.clock.nowMs() });
  if (!checked.ok) return rejected(deps, checked.reason);
  // An inflated body is not the one that was signed, and a small one may inflate to any size.
  if (headers['content-encoding'] !== undefined)
    return problem('unsupported_media_type', 'A Content-Encoding is not accepted; send the body as it is.');
  const path = signedPathOf(target, deps.settings.apiBasePath);
  if (path === undefined) return problem('not_found', 'There is nothing at this path.');
  const keys = await readKeys(deps);
  if (isProblem(keys)) return keys;
  const key = findKey(keys, checked.keyId);
  if (key === undefined) return rejected(deps, 'unknown_key');
  const read = await readBody(message, deps.clock);
  if (isProblem(read)) return read.problem === 'too_slow' ? counted(deps, read) : read;
  const signed = { ...checked, method: message.method ?? '', path, body: read.bytes };
  if (!verifySignature({ ...signed, secret: key.secret })) return rejected(deps, 'wrong_signature');
  const refusal = await takeNonce(deps, key, checked, { method: signed.method, path });
  if (refusal !== undefined) return refusal;
  const caller = { keyId: key.keyId, set: key.set };
  return { caller, hasOperators: keys.ops !== undefined, body: read.bytes, path };
}

// `headersDistinct` shows a header that came twice, which `headers` joins or drops. A call that did not come over a
// socket (Lambda) has no raw headers.
function receivedHeaders(message: IncomingMessage): ReceivedHeaders {
  return message.rawHeaders.length > 0 ? message.headersDistinct : message.headers;
}

async function readKeys(deps: Pick<Deps, 'keys' | 'log'>): Promise<KeySets | Problem> {
  try {
    return await deps.keys();
  } catch (error) {
    deps.log.error('the signing keys cannot be read', { error });
    return unavailable('Signatures cannot be checked right now; try again in a moment.');
  }
}

/**
 * Stores the nonce, so that the same call is never taken twice. It is stored under the configured id of the key, since
 * the id that the caller sends is not part of what is signed.
 */
async function takeNonce(
  deps: Deps,
  key: FoundKey,
  { timestamp, nonce }: CheckedHeaders,
  call: SignedCall,
): Promise<Problem | undefined> {
  try {
    return (await storeNonce(deps, key, { timestamp, nonce })) ? undefined : rejected(deps, 'replayed');
  } catch (error) {
    deps.log.error('a nonce cannot be stored', { error, keyId: key.keyId });
    if (isRepeatable(call)) return undefined;
    return unavailable('The call cannot be protected against replay right now; try again in a moment.');
  }
}

async function storeNonce(
  { store, clock }: { readonly store: StoreWriter; readonly clock: WallClock },
  key: FoundKey,
  { timestamp, nonce }: Pick<CheckedHeaders, 'timestamp' | 'nonce'>,
): Promise<boolean> {
  const expires_at = nonceExpiresAt({ timestamp, nowMs: clock.nowMs() });
  const row = { key_id: key.keyId, nonce, expires_at };
  const onlyIf = [{ attribute: 'nonce', absent: true }] as const;
  const { outcome } = await store.transact([{ kind: 'put', table: 'nonces', row, onlyIf }]);
  return outcome === 'written';
}

/**
 * Whether a call may go on although its nonce could not be stored. Only the revoke of one request: it must not depend
 * on a healthy AWS, and taking it a second time within its five minutes changes nothing, because REVOKED is final and
 * the path, with the request's id in it, is signed. And the look at one request, which the plugin takes before each
 * revoke, and without which it does not revoke. Revoking a whole person is not so: each time covers what was asked for
 * since. The table itself may be down, or only our right to it, while the requests can still be written.
 */
function isRepeatable({ method, path }: SignedCall): boolean {
  return method === 'GET' ? /^\/requests\/[^/?]+$/.test(path) : /^\/requests\/[^/]+\/revoke$/.test(path);
}

function rejected(deps: Pick<Deps, 'metrics'>, reason: SignatureRejection): Problem {
  deps.metrics.signatureRejections.inc({ reason });
  return problem('unauthenticated', PUBLIC_MESSAGE);
}

function counted(deps: Pick<Deps, 'metrics'>, tooSlow: Problem): Problem {
  deps.metrics.signatureRejections.inc({ reason: 'body_incomplete' });
  return tooSlow;
}
