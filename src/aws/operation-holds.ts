// Which operations run at AWS, as far as we know: each holds one of the outstanding slots and its account until its
// verdict, or for two minutes. It holds no clock: every method is told the time.

import type { Priority } from '../priority.ts';

/**
 * Operations end within seconds; a suspended account can hang in one for minutes. After this time an operation is still
 * followed, but no longer in the way of others.
 */
export const HOLD_MS_MAX = 120_000;

/** Slots that only operations asked for by a person may use. */
const SLOTS_FOR_PEOPLE = 2;

/** How long the limit stays lowered by one after AWS refused an operation: each step up may cost one refused call. */
const RECOVERY_MS = 20_000;

export type Hold = {
  readonly key: string;
  readonly accountId: string;
  readonly priority: Priority;
  readonly endsAtMs: number;
};

export class OperationHolds {
  readonly #slotsMax: number;
  #slots: number;
  #slotsChangedAtMs = 0;
  readonly #holds = new Map<string, Hold>();
  /** How many operations hold each account: more than one only when they were adopted. */
  readonly #accounts = new Map<string, number>();

  constructor(outstandingMax: number) {
    this.#slotsMax = outstandingMax;
    this.#slots = outstandingMax;
  }

  get outstanding(): number {
    return this.#holds.size;
  }

  get outstandingMax(): number {
    return this.#slots;
  }

  /** Whether an operation may start, account aside. With so few slots that none could be kept, others have one. */
  hasSlot(whose: 'person' | 'other'): boolean {
    if (this.#holds.size >= this.#slots) return false;
    if (whose === 'person') return true;
    const others = [...this.#holds.values()].filter((hold) => hold.priority !== 'person').length;
    return others < Math.max(1, this.#slots - SLOTS_FOR_PEOPLE);
  }

  isBusy(accountId: string): boolean {
    return this.#accounts.has(accountId);
  }

  /** Adopted operations may exceed the limit: they are there, whether we like it or not. */
  take(hold: Hold): void {
    this.#holds.set(hold.key, hold);
    this.#accounts.set(hold.accountId, (this.#accounts.get(hold.accountId) ?? 0) + 1);
  }

  get(key: string): Hold | undefined {
    return this.#holds.get(key);
  }

  /** False where it was released before. */
  release(hold: Hold): boolean {
    if (this.#holds.get(hold.key) !== hold) return false;
    this.#holds.delete(hold.key);
    const left = (this.#accounts.get(hold.accountId) ?? 1) - 1;
    if (left === 0) this.#accounts.delete(hold.accountId);
    else this.#accounts.set(hold.accountId, left);
    return true;
  }

  /**
   * AWS said "too many requests processing" to the operation just released: those that still hold are what it bears.
   * An operation that gave up its slot still counts at AWS, as do those of other tools.
   */
  shrink(nowMs: number): void {
    this.#slots = Math.max(1, Math.min(this.#slots, this.#holds.size));
    this.#slotsChangedAtMs = nowMs;
  }

  /** Lets time pass; answers the holds that ended by it. */
  expire(nowMs: number): readonly Hold[] {
    const steps = Math.floor((nowMs - this.#slotsChangedAtMs) / RECOVERY_MS);
    if (steps > 0) {
      this.#slots = Math.min(this.#slotsMax, this.#slots + steps);
      this.#slotsChangedAtMs += steps * RECOVERY_MS;
    }
    const ended = [...this.#holds.values()].filter((hold) => hold.endsAtMs <= nowMs);
    for (const hold of ended) this.release(hold);
    return ended;
  }

  /** When time alone next frees something; undefined where it never does. */
  nextChangeAtMs(): number | undefined {
    const ends = [...this.#holds.values()].map((hold) => hold.endsAtMs);
    if (this.#slots < this.#slotsMax) ends.push(this.#slotsChangedAtMs + RECOVERY_MS);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }
}
