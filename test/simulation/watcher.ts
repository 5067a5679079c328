// The model that sees everything: it is told of every effect with the true state of the world around it, and reports
// what must not be. It shares no code with the decisions that it judges.

import type { AssignmentChange } from '../../local/identity-center/world.ts';
import type { BrakeLimits } from '../../src/guard.ts';
import type { NotificationBody } from '../../src/notification.ts';
import type { Policy } from '../../src/policy.ts';
import type { Row, Table, Write } from '../../src/store.ts';
import type { ModelStore } from '../model-store.ts';
import type { AwsNow } from './aws-now.ts';
import type { Denials } from './denials.ts';
import type { KnownFaults } from './known-faults.ts';
import type { SeenMetrics } from './seen-metrics.ts';
import type { ProcessClock } from './standing-still.ts';

/** A transaction that took effect, with each of its rows before and after. */
export type Written = {
  readonly by: string;
  readonly writes: readonly Write[];
  readonly before: readonly (Row | undefined)[];
  readonly after: readonly (Row | undefined)[];
};

/** A Create or a Delete, at the moment in which a process decided to call. */
export type Called = {
  readonly by: string;
  readonly operation: 'CREATE' | 'DELETE';
  readonly assignmentId: string;
};

/** One complete list of who holds a pair, as a process was answered. */
export type Listed = {
  readonly by: string;
  readonly pair: string;
  readonly begunMs: number;
  readonly principalIds: ReadonlySet<string>;
};

export type Watcher = {
  written?(written: Written): void;
  called?(called: Called): void;
  arrived?(called: Called & { readonly decidedMs: number }): void;
  listed?(listed: Listed): void;
  /** A notification is on its way to the plugin. */
  sent?(body: NotificationBody): void;
  accepted?(body: NotificationBody): void;
  changed?(change: AssignmentChange): void;
  /** Called every other second of true time. */
  look?(): void;
  /** Hands changed the tables behind everybody's back; what was known of them counts no longer. */
  tampered?(what: 'lease' | 'brake' | 'ledger' | 'tables'): void;
};

/** A reconciler process as the watchers know it. */
export type Actor = {
  readonly name: string;
  /** As it should believe it. */
  readonly clock: ProcessClock;
  /** By how much its own clock, which it need not believe, is ahead of the true time, milliseconds. */
  readonly offMs: () => number;
  readonly policy: Policy;
};

export type Scene = {
  readonly store: ModelStore;
  /** True time, epoch and monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  /** The truth about an assignment, by its id. */
  readonly isLive: (assignmentId: string) => boolean;
  readonly limits: BrakeLimits;
  /** Whether AWS's lists of a pair show nothing at present, whatever is there. */
  readonly isBlind: (assignmentId: string) => boolean;
  /** Whether hands typed a row since a process wrote it: what was read of it may be older. */
  readonly wasTyped: (table: Table, key: string) => boolean;
  readonly leaseMs: number;
  readonly actor: (name: string) => Actor | undefined;
  /** What is wrong with effects, tables, AWS and other hands at present, as whoever causes it knows it. */
  readonly faults: KnownFaults;
  readonly denials: Pick<Denials, 'denies' | 'areThere'>;
  readonly aws: AwsNow;
  /** Whether another tool wants it to be there, and brings it back. */
  readonly isFoughtOver: (assignmentId: string) => boolean;
  /** The numbers of a reconciler process, which Prometheus would read. */
  readonly metricsOf: (name: string) => SeenMetrics | undefined;
  /** A promise was broken: by the number it has in the design. */
  readonly report: (check: string, what: string) => void;
};

/** Each row of a transaction with what it was and became. */
export function* rowsOf(
  { writes, before, after }: Written,
  table: Write['table'],
): Generator<{ write: Write; before: Row | undefined; after: Row | undefined }> {
  for (const [position, write] of writes.entries())
    if (write.table === table && write.kind !== 'check')
      yield { write, before: before[position], after: after[position] };
}
