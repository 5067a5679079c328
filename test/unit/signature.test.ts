import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalString,
  checkSignatureHeaders,
  nonceExpiresAt,
  SIGNATURE_WINDOW_MS,
  signedPathOf,
  signRequest,
  verifySignature,
} from '../../src/signature.ts';

type Vector = {
  name: string;
  secret: string;
  timestamp: string;
  nonce: string;
  method: string;
  url: string;
  signed_path: string;
  body: string;
  signature: string;
};
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/signature.json', import.meta.url), 'utf8'),
);

const parts = {
  secret: 's3cret',
  timestamp: '1768471200',
  nonce: 'nonce-1',
  method: 'POST',
  path: '/requests',
  body: '{}',
};

describe.each(vectors)('vector "$name"', (vector) => {
  const signed = { ...vector, path: vector.signed_path };

  test('signedPathOf() gives the path that was signed', () => {
    expect(signedPathOf(vector.url)).toBe(vector.signed_path);
  });

  test('signRequest() gives the same signature, for a string and for its bytes', () => {
    expect(signRequest(signed)).toBe(vector.signature);
    expect(signRequest({ ...signed, body: new TextEncoder().encode(vector.body) })).toBe(vector.signature);
  });

  test('verifySignature() accepts it', () => {
    expect(verifySignature(signed)).toBe(true);
  });
});

test('canonicalString() puts each part on its line and hashes the body', () => {
  const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect(canonicalString({ ...parts, method: 'get', body: '' })).toBe(
    `1768471200\nnonce-1\nGET\n/requests\n${emptyHash}`,
  );
});

describe('verifySignature()', () => {
  const signature = signRequest(parts);

  test.each([
    ['another secret', { secret: 'other' }],
    ['another timestamp', { timestamp: '1768471201' }],
    ['another nonce', { nonce: 'nonce-2' }],
    ['another method', { method: 'PUT' }],
    ['another path', { path: '/requests/' }],
    ['another spelling of the path', { path: '/%72equests' }],
    ['another body', { body: '{ }' }],
  ])('refuses %s', (_what, change) => {
    expect(verifySignature({ ...parts, ...change, signature })).toBe(false);
  });

  test.each([
    '',
    'zz',
    '0'.repeat(63),
    `${signature}00`,
    `${signature} `,
    `${signature}\n`,
    'g'.repeat(64),
    signature.toUpperCase(),
  ])('refuses %j without throwing', (malformed) => {
    expect(verifySignature({ ...parts, signature: malformed })).toBe(false);
  });

  test('refuses whatever differs from what was signed, in any part', () => {
    const anyParts = fc.record({
      secret: fc.string({ minLength: 1 }),
      timestamp: fc.stringMatching(/^\d{1,11}$/),
      nonce: fc.stringMatching(/^[!-~]{1,128}$/),
      method: fc.constantFrom('GET', 'POST', 'PUT'),
      path: fc.webPath().map((path) => `/${path}`),
      body: fc.uint8Array({ maxLength: 64 }),
    });
    fc.assert(
      fc.property(anyParts, anyParts, (one, other) => {
        const of = signRequest(one);
        expect(verifySignature({ ...one, signature: of })).toBe(true);
        const same = one.secret === other.secret && canonicalString(one) === canonicalString(other);
        expect(verifySignature({ ...other, signature: of })).toBe(same);
      }),
    );
  });
});

describe('signedPathOf()', () => {
  test.each([
    ['/', '/'],
    ['/?', '/'],
    ['/a?b?c', '/a'],
    ['/a/../b', '/a/../b'],
    ['//a', '//a'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a#b', '/a#b'],
  ])('cuts %s to %s and normalises nothing', (target, path) => {
    expect(signedPathOf(target)).toBe(path);
  });

  test.each(['', '*', 'a', '?a', 'http://example.com/a', ' /a'])('refuses the target %j', (target) => {
    expect(signedPathOf(target)).toBeUndefined();
  });

  test.each([
    ['/jit/requests?a=b', '/requests'],
    ['/jit', '/'],
    ['/jit?a', '/'],
    ['/jit/', '/'],
  ])('takes the base path off %s', (target, path) => {
    expect(signedPathOf(target, '/jit')).toBe(path);
  });

  test.each(['/requests', '/jitter/requests', '/JIT/requests', '/'])('refuses %s below /jit', (target) => {
    expect(signedPathOf(target, '/jit')).toBeUndefined();
  });
});

describe('checkSignatureHeaders()', () => {
  const nowMs = 1_768_471_200_000;
  const good = {
    'X-JIT-KeyID': 'plugin',
    'X-JIT-Timestamp': '1768471200',
    'X-JIT-Nonce': 'n-1',
    'X-JIT-Signature': 'ab'.repeat(32),
  };
  const checked = {
    ok: true,
    keyId: 'plugin',
    timestamp: '1768471200',
    nonce: 'n-1',
    signature: 'ab'.repeat(32),
  };

  test('accepts the headers in any case, among others', () => {
    const lower = Object.fromEntries(
      Object.entries(good).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const upper = Object.fromEntries(
      Object.entries(good).map(([name, value]) => [name.toUpperCase(), value]),
    );
    for (const headers of [good, lower, upper, { ...good, host: 'example.com', cookie: ['a', 'b'] }]) {
      expect(checkSignatureHeaders({ headers, nowMs })).toEqual(checked);
    }
  });

  test('accepts lists of one, as headersDistinct gives them', () => {
    const headers = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, [value]]));
    expect(checkSignatureHeaders({ headers, nowMs })).toEqual(checked);
  });

  test.each(Object.keys(good))('refuses without %s, or with an empty one', (name) => {
    for (const value of [undefined, '', []]) {
      const headers = { ...good, [name]: value };
      expect(checkSignatureHeaders({ headers, nowMs })).toEqual({ ok: false, reason: 'missing_header' });
    }
  });

  test.each(Object.entries(good))('refuses %s twice, even with the same value', (name, value) => {
    const twice = { ok: false, reason: 'duplicate_header' };
    expect(checkSignatureHeaders({ headers: { ...good, [name]: [value, value] }, nowMs })).toEqual(twice);
    const inTwoCases = { ...good, [name.toLowerCase()]: value };
    expect(checkSignatureHeaders({ headers: inTwoCases, nowMs })).toEqual(twice);
  });

  test.each([
    ['X-JIT-KeyID', 'k'.repeat(257), 'bad_key_id'],
    ['X-JIT-KeyID', 'a\nb', 'bad_key_id'],
    ['X-JIT-Timestamp', '2026-01-15T10:00:00Z', 'bad_timestamp'],
    ['X-JIT-Timestamp', '-1768471200', 'bad_timestamp'],
    ['X-JIT-Timestamp', '1768471200.5', 'bad_timestamp'],
    ['X-JIT-Timestamp', '1768471200\n', 'bad_timestamp'],
    ['X-JIT-Timestamp', '123456789012', 'bad_timestamp'],
    ['X-JIT-Timestamp', '1.8e9', 'bad_timestamp'],
    ['X-JIT-Timestamp', '٣', 'bad_timestamp'],
    ['X-JIT-Timestamp', '1', 'stale'],
    ['X-JIT-Timestamp', '99999999999', 'stale'],
    ['X-JIT-Nonce', 'two words', 'bad_nonce'],
    ['X-JIT-Nonce', 'line\nbreak', 'bad_nonce'],
    ['X-JIT-Nonce', 'n'.repeat(129), 'bad_nonce'],
    ['X-JIT-Nonce', 'é', 'bad_nonce'],
    ['X-JIT-Signature', 'ab'.repeat(31), 'malformed_signature'],
    ['X-JIT-Signature', 'zz'.repeat(32), 'malformed_signature'],
    ['X-JIT-Signature', 'AB'.repeat(32), 'malformed_signature'],
  ])('refuses %s: %j as %s', (name, value, reason) => {
    expect(checkSignatureHeaders({ headers: { ...good, [name]: value }, nowMs })).toEqual({
      ok: false,
      reason,
    });
  });

  test('accepts five minutes in either direction and not a millisecond more', () => {
    const at = (now: number) => checkSignatureHeaders({ headers: good, nowMs: now }).ok;
    expect(at(nowMs + SIGNATURE_WINDOW_MS)).toBe(true);
    expect(at(nowMs - SIGNATURE_WINDOW_MS)).toBe(true);
    expect(at(nowMs + SIGNATURE_WINDOW_MS + 1)).toBe(false);
    expect(at(nowMs - SIGNATURE_WINDOW_MS - 1)).toBe(false);
  });

  test('gives an outcome for any headers at all', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string()))), (headers) => {
        expect(checkSignatureHeaders({ headers, nowMs }).ok).toBe(false);
      }),
    );
  });
});

describe('nonceExpiresAt()', () => {
  test('counts from now for a timestamp of the past, and from the timestamp for one of the future', () => {
    expect(nonceExpiresAt({ timestamp: '1000', nowMs: 1_100_000 })).toBe(1100 + 900);
    expect(nonceExpiresAt({ timestamp: '1200', nowMs: 1_100_000 })).toBe(1200 + 900);
  });

  test('outlives every moment at which the request would still be accepted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e9 }), fc.integer({ min: -300, max: 300 }), (second, offset) => {
        const expiresAt = nonceExpiresAt({ timestamp: String(second), nowMs: (second + offset) * 1000 });
        expect(expiresAt).toBeGreaterThan(second + SIGNATURE_WINDOW_MS / 1000);
      }),
    );
  });
});
