// The signature that the plugin and this system put on every call to each other. Pure: it never stores a nonce, never
// reads a clock, and never normalises a path, because both sides must hash the very same bytes.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The headers as they are sent. They are matched in any case. */
export const SignatureHeaders = {
  keyId: 'X-JIT-KeyID',
  timestamp: 'X-JIT-Timestamp',
  nonce: 'X-JIT-Nonce',
  signature: 'X-JIT-Signature',
} as const;

/** How far a timestamp may be from our clock, in either direction. */
export const SIGNATURE_WINDOW_MS = 5 * 60_000;

/** How long a nonce is kept: longer than any request that carries it could still be accepted. */
export const NONCE_LIFETIME_MS = 15 * 60_000;

/** What can be wrong with the headers alone, before the body is read. */
export const SignatureHeaderProblems = [
  'missing_header',
  'duplicate_header',
  'bad_key_id',
  'bad_timestamp',
  'stale',
  'bad_nonce',
  'malformed_signature',
] as const;
export type SignatureHeaderProblem = (typeof SignatureHeaderProblems)[number];

/** Every reason for a 401: the label of `jit_signature_rejections_total`. The caller is told none of them. */
export const SignatureRejections = [
  ...SignatureHeaderProblems,
  'unknown_key',
  'wrong_signature',
  'replayed',
  'body_incomplete',
] as const;
export type SignatureRejection = (typeof SignatureRejections)[number];

export type SignedParts = {
  /** Unix seconds, exactly as in the header. */
  readonly timestamp: string;
  readonly nonce: string;
  /** In any case; it is signed in capitals. */
  readonly method: string;
  /** As sent, without query: see `signedPathOf`. */
  readonly path: string;
  /** The raw body, before any parsing. A string is taken as UTF-8. */
  readonly body: Uint8Array | string;
};

/** What is signed: timestamp, nonce, method, path and the hash of the body, one a line. */
export function canonicalString({ timestamp, nonce, method, path, body }: SignedParts): string {
  const bodyHash = createHash('sha256').update(body).digest('hex');
  return [timestamp, nonce, method.toUpperCase(), path, bodyHash].join('\n');
}

/** The signature, 64 lower-case hexadecimal digits. */
export function signRequest({ secret, ...parts }: SignedParts & { readonly secret: string }): string {
  return createHmac('sha256', secret).update(canonicalString(parts)).digest('hex');
}

/**
 * Whether `signature` is that of the parts under `secret`. It takes equally long wherever the two differ, so that
 * nobody can find a signature digit by digit.
 */
export function verifySignature({
  signature,
  ...signed
}: SignedParts & { readonly secret: string; readonly signature: string }): boolean {
  if (!SIGNATURE.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, 'hex'), Buffer.from(signRequest(signed), 'hex'));
}

/**
 * The path that was signed, from the target of a request line: cut at `?`, without `basePath` (`API_BASE_PATH`, which
 * the plugin does not know), percent-encoding kept. Undefined where the target is not a path, or not below `basePath`.
 * Never a URL parser: it would resolve dot segments, and then the path that is routed is not the one that was signed.
 */
export function signedPathOf(target: string, basePath = ''): string | undefined {
  if (!target.startsWith('/')) return undefined;
  const [path = ''] = target.split('?', 1);
  if (basePath === '') return path;
  if (path === basePath) return '/';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

/** Header names to values; a list where a header came more than once, as in Node's `headersDistinct`. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type CheckedHeaders = {
  readonly keyId: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
};
export type HeaderCheck =
  | ({ readonly ok: true } & CheckedHeaders)
  | { readonly ok: false; readonly reason: SignatureHeaderProblem };

const HEADER_NAMES = Object.values(SignatureHeaders).map((name) => name.toLowerCase());
const KEY_ID = /^.{1,256}$/;
const TIMESTAMP = /^\d{1,11}$/;
// Printable and bounded: it becomes a key in a table, and no line break can shift the lines of the canonical string.
const NONCE = /^[!-~]{1,128}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

/**
 * The four headers, present once each, well-formed, and within five minutes of `nowMs`; else the first thing wrong.
 * Cheap on purpose: it stands before the body is read, so that an unsigned flood costs nothing.
 */
export function checkSignatureHeaders({
  headers,
  nowMs,
}: {
  readonly headers: ReceivedHeaders;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}): HeaderCheck {
  const found = collect(headers);
  if (typeof found === 'string') return { ok: false, reason: found };
  const reason = problemOf(found, nowMs);
  return reason === undefined ? { ok: true, ...found } : { ok: false, reason };
}

/**
 * The epoch second after which the nonce may be forgotten: 15 minutes after the later of now and the timestamp, since
 * a timestamp from the future is accepted for longer than one from now.
 */
export function nonceExpiresAt({
  timestamp,
  nowMs,
}: {
  readonly timestamp: string;
  readonly nowMs: number;
}): number {
  return Math.ceil((Math.max(nowMs, Number(timestamp) * 1000) + NONCE_LIFETIME_MS) / 1000);
}

function collect(headers: ReceivedHeaders): CheckedHeaders | SignatureHeaderProblem {
  const received: (string | undefined)[] = [];
  for (const [name, values] of Object.entries(headers)) {
    const at = HEADER_NAMES.indexOf(name.toLowerCase());
    if (at < 0 || values === undefined || values.length === 0) continue;
    // Of two values a proxy may have checked the one and we the other.
    if (received[at] !== undefined || (typeof values !== 'string' && values.length > 1))
      return 'duplicate_header';
    received[at] = typeof values === 'string' ? values : values[0];
  }
  const [keyId, timestamp, nonce, signature] = received;
  if (!keyId || !timestamp || !nonce || !signature) return 'missing_header';
  return { keyId, timestamp, nonce, signature };
}

function problemOf(headers: CheckedHeaders, nowMs: number): SignatureHeaderProblem | undefined {
  if (!KEY_ID.test(headers.keyId)) return 'bad_key_id';
  if (!TIMESTAMP.test(headers.timestamp)) return 'bad_timestamp';
  if (Math.abs(nowMs - Number(headers.timestamp) * 1000) > SIGNATURE_WINDOW_MS) return 'stale';
  if (!NONCE.test(headers.nonce)) return 'bad_nonce';
  if (!SIGNATURE.test(headers.signature)) return 'malformed_signature';
  return undefined;
}
