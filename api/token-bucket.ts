// How many calls a key may make: a generous rate per key, so that a caller gone wild cannot starve the others.

import type { MonotonicClock } from '../src/clock.ts';

export type Rate = { readonly perSecond: number; readonly burst: number };

type Bucket = { tokens: number; atMs: number };

/** Buckets by name, each full at first. There are no more names than keys and kinds of calls. */
export class TokenBuckets {
  readonly #clock: MonotonicClock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** Takes one token; or answers in how many seconds there will be one. */
  take(
    name: string,
    rate: Rate,
  ): { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number } {
    const nowMs = this.#clock.elapsedMs();
    const bucket = this.#buckets.get(name) ?? { tokens: rate.burst, atMs: nowMs };
    const refilled = bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate.perSecond;
    const tokens = Math.min(rate.burst, refilled);
    this.#buckets.set(name, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs });
    if (tokens >= 1) return { ok: true };
    return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / rate.perSecond)) };
  }
}
