// How many calls a second may be made to Identity Center now: a token bucket whose rate falls to what AWS lets through
// and recovers slowly, with a smaller bucket inside it for sweeping. It holds no clock: every method is told the time.

import type { Priority } from '../priority.ts';

/**
 * A full bucket holds a third of a second's calls, so that no second sees more than 4/3 of the rate: at the default of
 * 15 that is 20, AWS's quota for all APIs of IAM Identity Center together (user guide, quotas).
 */
const BURST_SECONDS = 1 / 3;

/** From nothing to the full rate in a minute: long beside the second in which AWS's own quota refills. */
const RECOVERY_SECONDS = 60;

/** How far back AWS's answers are looked at. */
const LATELY_MS = 3_000;

/** AWS throttles a call now and then for reasons of its own; more than this means that we, or others, ask too much. */
const RARE_SHARE = 0.2;

/** The part of what AWS let through that is asked for after it refused much. */
const ROOM_LEFT = 0.9;

/** Slower than this it would take hours to notice that AWS has recovered. */
const FLOOR_PER_SECOND = 1;

/** Calls that what can wait leaves in the bucket while operations are queued: they find one at once, and so do verdicts. */
const RESERVED_CALLS = 3;

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
  /** What AWS answered lately, oldest first. */
  #answers: { readonly atMs: number; readonly throttled: boolean }[] = [];

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

  /** Whether a call may be made now that leaves enough for what must not wait. */
  get hasSpare(): boolean {
    return this.#missing(this.#tokens, 1 + this.#reserve) === 0;
  }

  /** How long until that is so, at the present rate. */
  spareWaitMs(): number {
    return (this.#missing(this.#tokens, 1 + this.#reserve) / this.#ratePerSecond) * 1000;
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
   * How AWS answered a call begun at `calledAtMs`. When it said "Rate exceeded" the rate falls: a little where that is
   * rare, and below what was let through where it is not. One overload makes many calls fail: those begun before the
   * last cut do not tell anything about the rate since.
   */
  note(throttled: boolean, calledAtMs: number, nowMs: number): void {
    this.#answers.push({ atMs: nowMs, throttled });
    const fromMs = nowMs - LATELY_MS;
    this.#answers = this.#answers.filter(({ atMs }) => atMs > fromMs);
    if (!throttled || calledAtMs <= this.#cutAtMs) return;
    this.#cutAtMs = nowMs;
    const refused = this.#answers.filter((answer) => answer.throttled).length;
    const share = refused / this.#answers.length;
    const answered = ((this.#answers.length - refused) * 1000) / LATELY_MS;
    const floor = Math.min(FLOOR_PER_SECOND, this.#ratePerSecondMax);
    // A few answers say little: it falls by half at a time at the most.
    const letThrough = Math.max(floor, this.#ratePerSecond / 2, ROOM_LEFT * answered);
    const rate = share <= RARE_SHARE ? this.#ratePerSecond * (1 - share / 2) : letThrough;
    this.#ratePerSecond = Math.min(this.#ratePerSecond, rate);
    if (share > RARE_SHARE) this.#tokens = Math.min(0, this.#tokens);
  }

  #missing(tokens: number, wanted = 1): number {
    return tokens >= wanted - ROUNDING ? 0 : wanted - tokens;
  }

  get #burst(): number {
    return Math.max(1, this.#ratePerSecond * BURST_SECONDS);
  }

  /** Never so much that nothing could be spared. */
  get #reserve(): number {
    return Math.min(RESERVED_CALLS, this.#burst - 1);
  }

  #spill(): void {
    const burst = this.#burst;
    this.#tokens = Math.min(burst, this.#tokens);
    this.#sweepTokens = Math.min(Math.max(1, burst * this.#sweepShare), this.#sweepTokens);
  }
}
