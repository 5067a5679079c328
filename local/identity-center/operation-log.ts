// The asynchronous operations: which run, which ended and how. It keeps the order and the retention; what an
// operation does to the world when it ends is `conclude-operation.ts`.

import type { Assignment } from './organisation.ts';

/** How an operation will end, drawn when it starts so that a restart cannot change it. */
export type Fate = {
  /** Null: it ends as the world then decides. */
  failureReason: string | null;
  /** It takes effect even though it is reported as failed. */
  committed: boolean;
};

type OperationBase = {
  readonly requestId: string;
  readonly seq: number;
  readonly createdMs: number;
  /** Null: never. */
  readonly finishMs: number | null;
  readonly fate: Fate;
  /** The verdict was in the first answer. */
  readonly isSynchronous: boolean;
  status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';
  failureReason: string | null;
};

export type AssignmentOperation = OperationBase & {
  readonly kind: 'CREATE' | 'DELETE';
  readonly assignment: Assignment;
};

export type ProvisionOperation = OperationBase & {
  readonly kind: 'PROVISION';
  readonly permissionSetArn: string;
  /** Null: every account where the permission set is provisioned. */
  readonly accountId: string | null;
};

export type Operation = AssignmentOperation | ProvisionOperation;

export type OperationKind = Operation['kind'];

export class OperationLog {
  readonly #operations: Record<OperationKind, Map<string, Operation>> = {
    CREATE: new Map(),
    DELETE: new Map(),
    PROVISION: new Map(),
  };
  /** Few: the outstanding limit bounds them. */
  readonly #inFlight = new Set<Operation>();
  /** Ended ones that still conflict; pruned as time passes. */
  #lingering: Operation[] = [];
  #nextFinishMs = Number.POSITIVE_INFINITY;
  #lastSeq = 0;

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  add(operation: Operation): void {
    this.#lastSeq = Math.max(this.#lastSeq, operation.seq);
    this.#operations[operation.kind].set(operation.requestId, operation);
    if (operation.status !== 'IN_PROGRESS') return;
    this.#inFlight.add(operation);
    this.#nextFinishMs = Math.min(this.#nextFinishMs, operation.finishMs ?? Number.POSITIVE_INFINITY);
  }

  get(kind: OperationKind, requestId: string): Operation | undefined {
    return this.#operations[kind].get(requestId);
  }

  /** In order of beginning. */
  list(kind: OperationKind): Iterable<Operation> {
    return this.#operations[kind].values();
  }

  inFlight(): Iterable<Operation> {
    return this.#inFlight;
  }

  /** Those that conflict at `nowMs`: in flight, or ended less than `lingerMs` ago. */
  *conflicting(nowMs: number, lingerMs: number): Iterable<Operation> {
    yield* this.#inFlight;
    if (this.#lingering.length === 0) return;
    this.#lingering = this.#lingering.filter(({ finishMs }) => nowMs - (finishMs ?? nowMs) < lingerMs);
    yield* this.#lingering;
  }

  /** Takes out of flight those whose time has come, earliest first. */
  takeDue(nowMs: number): Operation[] {
    if (nowMs < this.#nextFinishMs) return [];
    const due = [...this.#inFlight].filter(({ finishMs }) => finishMs !== null && finishMs <= nowMs);
    for (const operation of due) this.#inFlight.delete(operation);
    const left = [...this.#inFlight].map(({ finishMs }) => finishMs ?? Number.POSITIVE_INFINITY);
    this.#nextFinishMs = Math.min(Number.POSITIVE_INFINITY, ...left);
    return due.sort((a, b) => (a.finishMs ?? 0) - (b.finishMs ?? 0) || a.seq - b.seq);
  }

  linger(operation: Operation): void {
    this.#lingering.push(operation);
  }

  /** Forgets what began before `beforeMs` and has ended. */
  forget(beforeMs: number): void {
    for (const operations of Object.values(this.#operations)) {
      for (const operation of operations.values()) {
        if (operation.createdMs >= beforeMs) break;
        if (operation.status !== 'IN_PROGRESS') operations.delete(operation.requestId);
      }
    }
  }

  *all(): Iterable<Operation> {
    for (const operations of Object.values(this.#operations)) yield* operations.values();
  }
}
