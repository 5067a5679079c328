// How many calls a second may be made to Identity Center now: a token bucket whose rate halves when AWS throttles and
// recovers slowly, with a smaller bucket inside it for sweeping. It holds no clock: every method is told the time.

import type { Priority } from '../priority.ts';

/**
 * A full bucket holds a third of a second's calls, so that no second sees more than 4/3 of the rate: at the default of
 * 15 that is 20, AWS's quota for all APIs of IAM Identity Center together (user guide, quotas).
 */
const BURST_SECONDS = 1 / 3;

/** From nothing to the full rate in a minute: long beside the second in which AWS's own quota refills. */
const RECOVERY_SECONDS = 60;

/** Slower than this it would take hours to notice that AWS has recovered. */
const FLOOR_PER_SECOND = 1;

/** Tokens are sums of fractions: one that is short of whole by less than this is whole. */
const ROUNDING = 1e-9;

export class CallRate {
  readonly #ratePerSecondMax: number;
  readonly #sweepShare: number;
  #ratePerSecond: number;
  /** Empty at first: the leader before us may have spent this second's calls. */
  #tokens = 0;
  #sweepTokens = 0;
  #filledAtMs: number;
  #cutAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly ratePerSecond: number;
    readonly sweepShare: number;
    readonly nowMs: number;
  }) {
    this.#ratePerSecondMax = options.ratePerSecond;
    this.#ratePerSecond = options.ratePerSecond;
    this.#sweepShare = options.sweepShare;
    this.#filledAtMs = options.nowMs;
  }

  get ratePerSecond(): number {
    return this.#ratePerSecond;
  }

  /** Lets time pass. The tokens of a stretch are counted at the rate it began with, so recovery never overshoots. */
  refill(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#filledAtMs) / 1000;
    this.#filledAtMs = nowMs;
    this.#tokens += seconds * this.#ratePerSecond;
    this.#sweepTokens += seconds * this.#ratePerSecond * this.#sweepShare;
    const recovered = this.#ratePerSecond + (seconds * this.#ratePerSecondMax) / RECOVERY_SECONDS;
    this.#ratePerSecond = Math.min(this.#ratePerSecondMax, recovered);
    this.#spill();
  }

  /** Whether a call may be made now. */
  allows(priority: Priority): boolean {
    return (
      this.#missing(this.#tokens) === 0 && (priority !== 'sweep' || this.#missing(this.#sweepTokens) === 0)
    );
  }

  /** How long until it may, at the present rate; 0 where it may now. */
  waitMs(priority: Priority): number {
    const callMs = (this.#missing(this.#tokens) / this.#ratePerSecond) * 1000;
    if (priority !== 'sweep') return callMs;
    const sweepMs = (this.#missing(this.#sweepTokens) / (this.#ratePerSecond * this.#sweepShare)) * 1000;
    return Math.max(callMs, sweepMs);
  }

  take(priority: Priority): void {
    this.#tokens -= 1;
    if (priority === 'sweep') this.#sweepTokens -= 1;
  }

  /** The call that was taken was not made after all. */
  giveBack(priority: Priority): void {
    this.#tokens += 1;
    if (priority === 'sweep') this.#sweepTokens += 1;
    this.#spill();
  }

  /**
   * AWS said "Rate exceeded" to a call begun at `calledAtMs`. One overload makes many calls fail: those begun before
   * the last cut do not tell anything about the rate since.
   */
  cut(calledAtMs: number, nowMs: number): void {
    if (calledAtMs <= this.#cutAtMs) return;
    this.#cutAtMs = nowMs;
    const floor = Math.min(FLOOR_PER_SECOND, this.#ratePerSecondMax);
    this.#ratePerSecond = Math.max(floor, this.#ratePerSecond / 2);
    this.#tokens = Math.min(0, this.#tokens);
  }

  #missing(tokens: number): number {
    return tokens >= 1 - ROUNDING ? 0 : 1 - tokens;
  }

  #spill(): void {
    const burst = Math.max(1, this.#ratePerSecond * BURST_SECONDS);
    this.#tokens = Math.min(burst, this.#tokens);
    this.#sweepTokens = Math.min(Math.max(1, burst * this.#sweepShare), this.#sweepTokens);
  }
}
