// The budget of calls a second that AWS gives one organisation. A refused call takes nothing from it.

export type TokenBucket = { tokens: number; atMs: number };

export type BucketLimits = { perSecond: number; burst: number };

/** True, and one token fewer, if there was one at `nowMs`. */
export function takeToken(bucket: TokenBucket, limits: BucketLimits, nowMs: number): boolean {
  const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * limits.perSecond;
  bucket.tokens = Math.min(limits.burst, bucket.tokens + earned);
  bucket.atMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
