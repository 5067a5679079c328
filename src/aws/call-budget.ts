// The one door to IAM Identity Center: paces every call, counts the operations that run, and decides who goes first.
// It must never call AWS itself, never poll, and never let a call that cannot go hold up one that can.

import type { MonotonicClock, Timer } from '../clock.ts';
import type { Priority } from '../priority.ts';
import { CallQueue, type QueuedCall } from './call-queue.ts';
import { CallRate } from './call-rate.ts';
import { HOLD_MS_MAX, type Hold, OperationHolds } from './operation-holds.ts';

/** What AWS asked for less of: calls a second, or operations at a time. */
export type Throttle = 'rate' | 'outstanding';

export type CallBudgetOptions = {
  readonly clock: MonotonicClock & Timer;
  /** Calls a second, when AWS does not throttle. Its quota is 20 for the whole organisation: leave room for others. */
  readonly ratePerSecond: number;
  /** Operations at a time. AWS allows 15 creations (user guide, quotas); whether deletions count is unverified. */
  readonly outstandingMax: number;
  /** The part of the rate that sweeping may use, above 0 and up to 1. */
  readonly sweepShare: number;
  /** Called after anything in `state()` may have changed. */
  readonly onChange?: () => void;
};

export type CallBudgetState = {
  /** The present rate: lower than configured after throttling. */
  readonly ratePerSecond: number;
  readonly outstanding: number;
  /** The present limit: lower than configured after AWS refused an operation. */
  readonly outstandingMax: number;
  readonly queued: Readonly<Record<Priority, number>>;
};

export type ReadOutcome = { readonly throttled?: Throttle | undefined };

export type AttemptOutcome = {
  /** Whether an operation may now run at AWS: if so, slot and account stay taken. */
  readonly started: boolean;
  /** `false`: AWS was not called at all, and the call is given back. Taken for true where it is absent. */
  readonly called?: boolean | undefined;
  readonly throttled?: Throttle | undefined;
};

export type CallBudget = {
  /**
   * Waits for a call and makes it. `key` is what `raise` knows it by; `ahead` goes before all that waits with the same
   * priority. Rejects with `CallBudgetClosedError`, or with what `call` throws.
   */
  read<T extends ReadOutcome>(
    asked: {
      readonly priority: Priority;
      readonly key?: string;
      readonly ahead?: boolean;
      /** What `isQueued` knows it by: the whole question that it is a part of. */
      readonly about?: string;
    },
    call: () => Promise<T>,
  ): Promise<T>;
  /**
   * Waits for a call, a slot and the account, then runs `attempt`. Slot and account stay taken while what it started
   * runs: until `finish(key)`, or two minutes after `attempt` began. Rejects as `read` does; then nothing stays taken.
   */
  operate<T extends AttemptOutcome>(
    operation: { readonly key: string; readonly accountId: string; readonly priority: Priority },
    attempt: () => Promise<T>,
  ): Promise<T>;
  /** A verdict came: slot and account are free again. Harmless when they were before. */
  finish(key: string): void;
  /** Counts an operation that another process started, for what is left of its two minutes. */
  adopt(operation: { readonly key: string; readonly accountId: string; readonly startedAgoMs: number }): void;
  /** What waits under this key goes as if it had been asked for with this priority, if that is earlier. */
  raise(key: string, priority: Priority): void;
  /** Whether a call about this, or an operation of this key, waits for its turn: waiting long is no failure then. */
  isQueued(about: string): boolean;
  state(): CallBudgetState;
  /** Rejects what waits, and everything asked for from now on. What runs goes on. */
  close(): void;
};

/** The budget was closed, because this process stops or is no longer the leader: nothing was called. */
export class CallBudgetClosedError extends Error {
  override readonly name = 'CallBudgetClosedError';
}

/** A budget that starts empty. Throws RangeError for options that nothing could run under. */
export function createCallBudget(options: CallBudgetOptions): CallBudget {
  checkOptions(options);
  return new PacedCallBudget(options);
}

/** More calls than any process makes. */
const AHEAD = 2 ** 50;

type Asked = {
  readonly priority: Priority;
  readonly key?: string;
  readonly accountId?: string;
  readonly ahead?: boolean;
  readonly about?: string;
};

type Waiting = QueuedCall & {
  readonly admit: (hold: Hold | undefined) => void;
  readonly reject: (error: Error) => void;
};

class PacedCallBudget implements CallBudget {
  readonly #clock: MonotonicClock & Timer;
  readonly #onChange: () => void;
  readonly #rate: CallRate;
  readonly #holds: OperationHolds;
  readonly #queue = new CallQueue<Waiting>();
  #order = 0;
  #closed = false;
  #wake: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor({ clock, ratePerSecond, outstandingMax, sweepShare, onChange }: CallBudgetOptions) {
    this.#clock = clock;
    this.#onChange = onChange ?? (() => undefined);
    this.#rate = new CallRate({ ratePerSecond, sweepShare, nowMs: clock.elapsedMs() });
    this.#holds = new OperationHolds(outstandingMax);
  }

  async read<T extends ReadOutcome>(asked: Asked, call: () => Promise<T>): Promise<T> {
    await this.#wait(asked);
    const calledAtMs = this.#clock.elapsedMs();
    const outcome = await call();
    // A read takes no slot: whatever AWS says, only fewer calls a second can help.
    this.#rate.note(outcome.throttled !== undefined, calledAtMs, this.#passTime());
    if (outcome.throttled !== undefined) this.#proceed();
    return outcome;
  }

  async operate<T extends AttemptOutcome>(
    operation: { readonly key: string; readonly accountId: string; readonly priority: Priority },
    attempt: () => Promise<T>,
  ): Promise<T> {
    const hold = await this.#wait(operation);
    const calledAtMs = this.#clock.elapsedMs();
    let outcome: T | undefined;
    try {
      outcome = await attempt();
      return outcome;
    } finally {
      const nowMs = this.#passTime();
      if (outcome?.started !== true) this.#release(hold);
      if (outcome?.called === false) this.#rate.giveBack(hold?.priority ?? operation.priority);
      else this.#rate.note(outcome?.throttled === 'rate', calledAtMs, nowMs);
      if (outcome?.throttled === 'outstanding') this.#holds.shrink(nowMs);
      this.#proceed();
    }
  }

  finish(key: string): void {
    const hold = this.#holds.get(key);
    if (hold === undefined) return;
    this.#release(hold);
    this.#proceed();
  }

  adopt({ key, accountId, startedAgoMs }: { key: string; accountId: string; startedAgoMs: number }): void {
    if (startedAgoMs >= HOLD_MS_MAX || this.#holds.get(key) !== undefined) return;
    const endsAtMs = this.#passTime() + HOLD_MS_MAX - Math.max(0, startedAgoMs);
    // For whom it was started is not known: the slots kept for people stay theirs.
    this.#holds.take({ key, accountId, priority: 'grant', endsAtMs });
    this.#queue.setBusy(accountId, true);
    this.#proceed();
  }

  raise(key: string, priority: Priority): void {
    if (this.#queue.raise(key, priority)) this.#proceed();
  }

  isQueued(about: string): boolean {
    return this.#queue.isWaiting(about);
  }

  state(): CallBudgetState {
    this.#passTime();
    return {
      ratePerSecond: this.#rate.ratePerSecond,
      outstanding: this.#holds.outstanding,
      outstandingMax: this.#holds.outstandingMax,
      queued: this.#queue.counts(),
    };
  }

  close(): void {
    this.#closed = true;
    this.#setWake(undefined);
    for (const waiting of this.#queue.takeAll())
      waiting.reject(new CallBudgetClosedError('the call budget is closed'));
    this.#onChange();
  }

  #wait(asked: Asked): Promise<Hold | undefined> {
    if (this.#closed) return Promise.reject(new CallBudgetClosedError('the call budget is closed'));
    this.#order += 1;
    const { key, accountId, priority } = asked;
    // What goes ahead counts as older than anything that was ever asked for.
    const order = asked.ahead === true ? this.#order - AHEAD : this.#order;
    return new Promise((admit, reject) => {
      this.#queue.add({ key, about: asked.about ?? key, accountId, priority, order, admit, reject });
      this.#proceed();
    });
  }

  /** Lets go what can go, and arranges to look again when time alone can change that. */
  #proceed(): void {
    if (this.#closed) return;
    const nowMs = this.#passTime();
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#admit(next, nowMs);
    this.#setWake(this.#nextChangeAtMs(nowMs));
    this.#onChange();
  }

  #next(): Waiting | undefined {
    if (!this.#rate.allows('person')) return undefined;
    return this.#queue.next({
      sweep: this.#rate.allows('sweep'),
      personOperation: this.#holds.hasSlot('person'),
      otherOperation: this.#holds.hasSlot('other'),
      patientReads: this.#rate.hasSpare,
    });
  }

  #admit(waiting: Waiting, nowMs: number): void {
    this.#queue.take(waiting);
    this.#rate.take(waiting.priority);
    const { key, accountId, priority } = waiting;
    if (key === undefined || accountId === undefined) {
      waiting.admit(undefined);
      return;
    }
    const hold = { key, accountId, priority, endsAtMs: nowMs + HOLD_MS_MAX };
    this.#holds.take(hold);
    this.#queue.setBusy(accountId, true);
    waiting.admit(hold);
  }

  #release(hold: Hold | undefined): void {
    if (hold !== undefined && this.#holds.release(hold))
      this.#queue.setBusy(hold.accountId, this.#holds.isBusy(hold.accountId));
  }

  #passTime(): number {
    const nowMs = this.#clock.elapsedMs();
    this.#rate.refill(nowMs);
    for (const { accountId } of this.#holds.expire(nowMs)) {
      this.#queue.setBusy(accountId, this.#holds.isBusy(accountId));
    }
    return nowMs;
  }

  #nextChangeAtMs(nowMs: number): number | undefined {
    const changes: number[] = [];
    const { calls, sweeps, operations } = this.#queue.waitingFor(this.#holds.hasSlot('person'));
    if (calls && !this.#rate.allows('person')) changes.push(nowMs + this.#rate.waitMs('person'));
    if ((calls || sweeps) && !this.#rate.hasSpare) changes.push(nowMs + this.#rate.spareWaitMs());
    if (sweeps && !this.#rate.allows('sweep')) changes.push(nowMs + this.#rate.waitMs('sweep'));
    const holdsChangeAtMs = this.#holds.nextChangeAtMs();
    if (operations && holdsChangeAtMs !== undefined) changes.push(holdsChangeAtMs);
    // Timers count whole milliseconds: one that rings early would find the token a fraction short.
    return changes.length === 0 ? undefined : Math.max(nowMs + 1, Math.ceil(Math.min(...changes)));
  }

  #setWake(atMs: number | undefined): void {
    if (atMs === this.#wake?.atMs) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    if (atMs === undefined) return;
    const cancel = this.#clock.alarm(Math.max(0, atMs - this.#clock.elapsedMs()), () => {
      this.#wake = undefined;
      this.#proceed();
    });
    this.#wake = { atMs, cancel };
  }
}

function checkOptions({ ratePerSecond, outstandingMax, sweepShare }: CallBudgetOptions): void {
  if (!(ratePerSecond > 0)) throw new RangeError(`ratePerSecond is ${ratePerSecond}: expected more than 0`);
  if (!Number.isInteger(outstandingMax) || outstandingMax < 1) {
    throw new RangeError(`outstandingMax is ${outstandingMax}: expected a whole number from 1`);
  }
  if (!(sweepShare > 0 && sweepShare <= 1)) {
    throw new RangeError(`sweepShare is ${sweepShare}: expected more than 0 and at most 1`);
  }
}
