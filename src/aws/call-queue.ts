// The calls that wait for the budget: reads in one line, operations in one line per account, so that ten thousand
// operations behind one busy account cost nothing. It decides who is next, never whether there is a call to spend.

import { Priorities, type Priority } from '../priority.ts';
import { pickNext, WaitingLine } from './waiting-line.ts';

/**
 * Priorities alone would let a storm of expiries starve grants for ever, and people starve expiries. So every fifth
 * call goes to what has waited longest of all that can go; likewise every fifth operation, since slots may be scarcer
 * than calls; likewise every fifth operation of one account in which no person waits for an ending. What is behind n
 * older ones therefore waits for at most 5 (n + 1) turns, and endings keep four fifths of everything. Sweeping takes no
 * part: its share is what is left over.
 */
const TURNS_PER_OLDEST = 5;

const ALL_BUT_SWEEP = Priorities.filter((priority) => priority !== 'sweep');

/** `accountId` is what makes it an operation. */
export type QueuedCall = {
  readonly key: string | undefined;
  /** What it is a part of, for those who ask whether that waits. */
  readonly about?: string | undefined;
  readonly accountId: string | undefined;
  priority: Priority;
  readonly order: number;
};

/** What may go now, if it waits. */
export type Admissible = {
  readonly sweep: boolean;
  readonly personOperation: boolean;
  readonly otherOperation: boolean;
  /** Reads that can wait, while operations do. */
  readonly patientReads: boolean;
};

type AccountLine<T extends QueuedCall> = { readonly line: WaitingLine<T>; turns: number };

export class CallQueue<T extends QueuedCall> {
  readonly #reads = new WaitingLine<T>();
  readonly #accounts = new Map<string, AccountLine<T>>();
  /** The accounts with something waiting and nothing running. */
  readonly #ready = new Set<AccountLine<T>>();
  readonly #busy = new Set<string>();
  readonly #byKey = new Map<string, Set<T>>();
  /** How many wait, by what they are about. */
  readonly #about = new Map<string, number>();
  readonly #counts: Record<Priority, number> = { person: 0, expiry: 0, grant: 0, orphan: 0, sweep: 0 };
  #turns = 0;
  #operationTurns = 0;

  add(call: T): void {
    this.#counts[call.priority] += 1;
    this.#count(call, 1);
    if (call.key !== undefined) {
      this.#byKey.set(call.key, (this.#byKey.get(call.key) ?? new Set<T>()).add(call));
    }
    if (call.accountId === undefined) {
      this.#reads.add(call);
      return;
    }
    const account = this.#accounts.get(call.accountId) ?? { line: new WaitingLine<T>(), turns: 0 };
    this.#accounts.set(call.accountId, account);
    account.line.add(call);
    if (!this.#busy.has(call.accountId)) this.#ready.add(account);
  }

  /** Who goes next of those that may; it stays in the queue until it is taken. */
  next({ sweep, personOperation, otherOperation, patientReads }: Admissible): T | undefined {
    const all = sweep ? Priorities : ALL_BUT_SWEEP;
    const by = isOldestsTurn(this.#turns) ? 'age' : 'priority';
    const candidates: T[] = [];
    const read = this.#reads.next(all, by);
    if (read !== undefined && (patientReads || isAhead(read) || !this.#isWaitedFor(read.priority)))
      candidates.push(read);
    const mayOperate = otherOperation || (personOperation && this.#counts.person > 0);
    const operation = mayOperate ? this.#nextOperation(otherOperation ? all : ['person'], by) : undefined;
    if (operation !== undefined) candidates.push(operation);
    // Ending access goes before reading that it ended, and reads that wait can be shared.
    if (
      by === 'priority' &&
      operation !== undefined &&
      operation.priority === read?.priority &&
      !isAhead(read)
    )
      return operation;
    return pickNext(candidates, by);
  }

  /** Removes a call that goes now, and counts its turn. */
  take(call: T): void {
    this.#turns += 1;
    const account = this.#remove(call);
    if (account === undefined) return;
    this.#operationTurns += 1;
    account.turns += 1;
  }

  setBusy(accountId: string, busy: boolean): void {
    const account = this.#accounts.get(accountId);
    if (busy) this.#busy.add(accountId);
    else this.#busy.delete(accountId);
    if (account === undefined) return;
    if (busy) this.#ready.delete(account);
    else this.#ready.add(account);
  }

  /** True where anything moved. */
  raise(key: string, priority: Priority): boolean {
    const later = [...(this.#byKey.get(key) ?? [])].filter(
      (call) => Priorities.indexOf(call.priority) > Priorities.indexOf(priority),
    );
    for (const call of later) {
      this.#remove(call);
      call.priority = priority;
      this.add(call);
    }
    return later.length > 0;
  }

  isWaiting(about: string): boolean {
    return this.#about.has(about);
  }

  counts(): Readonly<Record<Priority, number>> {
    return { ...this.#counts };
  }

  /** What the present calls wait for: a call, a call of the sweep's share, or for operations to end. */
  waitingFor(hasSlot: boolean): { calls: boolean; sweeps: boolean; operations: boolean } {
    const readySweepOnly = [...this.#ready].every(({ line }) => line.count('sweep') === line.size);
    const sweepReads = this.#reads.count('sweep');
    return {
      calls: this.#reads.size > sweepReads || (hasSlot && this.#ready.size > 0 && !readySweepOnly),
      sweeps: this.#counts.sweep > 0,
      operations: this.#accounts.size > 0,
    };
  }

  takeAll(): readonly T[] {
    const all = [...this.#reads.all(), ...[...this.#accounts.values()].flatMap(({ line }) => line.all())];
    for (const call of all) this.#remove(call);
    return all.sort((one, other) => one.order - other.order);
  }

  /** Whether an operation that is as urgent waits for a slot: a read leaves it a call. */
  #isWaitedFor(priority: Priority): boolean {
    const asUrgent = Priorities.slice(0, Priorities.indexOf(priority) + 1);
    return [...this.#ready].some(({ line }) => asUrgent.some((each) => line.count(each) > 0));
  }

  #count({ about }: T, change: 1 | -1): void {
    if (about === undefined) return;
    const count = (this.#about.get(about) ?? 0) + change;
    if (count === 0) this.#about.delete(about);
    else this.#about.set(about, count);
  }

  #nextOperation(among: readonly Priority[], turn: 'priority' | 'age'): T | undefined {
    const by = isOldestsTurn(this.#operationTurns) ? 'age' : turn;
    const heads: T[] = [];
    for (const { line, turns } of this.#ready) {
      // No expiry takes a person's turn in the same account: endings by people are finite, since each had its grant.
      const turn = line.count('person') > 0 ? 'priority' : isOldestsTurn(turns) ? 'age' : by;
      const head = line.next(among, turn);
      if (head !== undefined) heads.push(head);
    }
    return pickNext(heads, by);
  }

  /** Answers the account's line where the call was an operation. */
  #remove(call: T): AccountLine<T> | undefined {
    this.#counts[call.priority] -= 1;
    this.#count(call, -1);
    if (call.key !== undefined) {
      const same = this.#byKey.get(call.key);
      same?.delete(call);
      if (same?.size === 0) this.#byKey.delete(call.key);
    }
    if (call.accountId === undefined) {
      this.#reads.remove(call);
      return undefined;
    }
    const account = this.#accounts.get(call.accountId);
    account?.line.remove(call);
    if (account?.line.size === 0) {
      this.#accounts.delete(call.accountId);
      this.#ready.delete(account);
    }
    return account;
  }
}

/** What was asked for ahead of everything is older than anything. */
function isAhead({ order }: QueuedCall): boolean {
  return order < 0;
}

function isOldestsTurn(turns: number): boolean {
  return turns % TURNS_PER_OLDEST === TURNS_PER_OLDEST - 1;
}
