// One process leads: the holder of the lease. No absolute time is stored; a lease is taken over when its beat has not
// moved for a whole duration on our own monotonic clock. A paused leader notices by the same clock that it may not act.

import { z } from 'zod';
import { asItLies } from '../src/as-it-lies.ts';
import type { MonotonicClock } from '../src/clock.ts';
import type { Row, Store, Write } from '../src/store.ts';

const LeaseRow = z.object({
  name: z.literal('leader'),
  holder: z.string(),
  epoch: z.int().positive(),
  beat: z.int().nonnegative(),
  released: z.boolean().optional(),
});
type Lease = z.output<typeof LeaseRow> & {
  /** What a write is conditional on, as it lies in the row. */
  readonly stored: { readonly epoch: unknown; readonly beat: unknown };
};

export const LEASE_KEY = { name: 'leader' } as const;

export type Leader = {
  /** Renews the lease, takes it over, or watches it. Throws StoreError; then the lease runs down by itself. */
  beat(): Promise<void>;
  /** Whether the lease was renewed recently enough, with a margin for the call that is about to be made. */
  mayAct(): boolean;
  /** Present while we lead. */
  epoch(): number | undefined;
  /**
   * Gives the lease up at once, so that another process need not wait for it to run down. False where the table refused:
   * then it is no longer as we knew it. Throws StoreError.
   */
  release(): Promise<boolean>;
  /**
   * Lets others lead: what is ours is neither renewed nor taken again until it has run down, and whoever stands by has
   * had a whole duration to take it.
   */
  standAside(): void;
  /** Lets the lease run down: nothing is written, and it is not renewed any more. */
  letRunDown(): void;
  current(): { readonly holder: string; readonly epoch: number } | undefined;
};

export type LeaderOptions = {
  readonly store: Pick<Store, 'get' | 'transact'>;
  readonly clock: MonotonicClock;
  /** Another name for every start of a process. */
  readonly holder: string;
  readonly durationMs: number;
  /** Whether a process whose wall clock is right should rather lead. No decision about the lease itself stands on it. */
  readonly clockIsWrong?: () => boolean;
};

// Long enough that any other process has taken the lease before, and short of what makes somebody get up at night.
const LEASES_LEFT_TO_OTHERS = 3;

export function createLeader(options: LeaderOptions): Leader {
  const { store, clock, holder, durationMs, clockIsWrong = () => false } = options;
  let seen: { lease: Lease | undefined; sinceMs: number } | undefined;
  let renewedMs: number | undefined;
  let ours: Lease | undefined;
  let asideUntilMs = Number.NEGATIVE_INFINITY;
  // A third of the lease is left for the call that follows the check, and for clocks that do not run alike.
  const marginMs = durationMs / 3;

  const take = async (read: Lease | undefined, next: Lease, askedMs: number): Promise<void> => {
    const written = await store.transact([leaseWrite(read, next)]);
    if (written.outcome === 'written') {
      ours = next;
      renewedMs = askedMs;
      seen = { lease: next, sinceMs: askedMs };
      return;
    }
    await observe();
  };

  /** What the table says, and since when it has said so. A beat of ours whose answer was lost is still ours. */
  const observe = async (): Promise<void> => {
    const row = await store.get('control', LEASE_KEY);
    const lease = row === undefined ? undefined : parseLease(row);
    // After the answer: the holder may have beaten while it was on its way.
    const seenMs = clock.elapsedMs();
    if (
      lease?.holder === holder &&
      lease.released !== true &&
      ours !== undefined &&
      lease.epoch === ours.epoch
    ) {
      // It is no renewal: others may have watched this beat since it was written.
      ours = lease;
    } else {
      ours = undefined;
      renewedMs = undefined;
    }
    const same = JSON.stringify(seen?.lease) === JSON.stringify(lease);
    if (seen === undefined || !same) seen = { lease, sinceMs: seenMs };
  };

  const mayTakeOver = (lease: Lease | undefined, nowMs: number): boolean => {
    const isFree = lease === undefined || lease.released === true;
    const leftToOthersMs = clockIsWrong() ? LEASES_LEFT_TO_OTHERS * durationMs : 0;
    const waitMs = (isFree ? 0 : durationMs) + leftToOthersMs;
    return waitMs === 0 || (seen !== undefined && nowMs - seen.sinceMs >= waitMs);
  };

  return {
    async beat() {
      const askedMs = clock.elapsedMs();
      if (askedMs < asideUntilMs) {
        ours = undefined;
        return observe();
      }
      if (ours !== undefined) return take(ours, withBeat(ours, ours.beat + 1), askedMs);
      await observe();
      const lease = seen?.lease;
      if (!mayTakeOver(lease, clock.elapsedMs())) return;
      const epoch = (lease?.epoch ?? 0) + 1;
      const next: Lease = { name: 'leader', holder, epoch, beat: 0, stored: { epoch, beat: 0 } };
      await take(lease, next, clock.elapsedMs());
    },
    mayAct: () => renewedMs !== undefined && clock.elapsedMs() - renewedMs < durationMs - marginMs,
    epoch: () => ours?.epoch,
    async release() {
      if (ours === undefined) return true;
      const lease = ours;
      ours = undefined;
      renewedMs = undefined;
      const written = await store.transact([leaseWrite(lease, { ...lease, released: true })]);
      return written.outcome === 'written';
    },
    standAside() {
      asideUntilMs = clock.elapsedMs() + 2 * durationMs;
      renewedMs = undefined;
    },
    letRunDown() {
      ours = undefined;
      renewedMs = undefined;
    },
    current: () =>
      seen?.lease === undefined || seen.lease.released === true
        ? undefined
        : { holder: seen.lease.holder, epoch: seen.lease.epoch },
  };
}

function withBeat(lease: Lease, beat: number): Lease {
  return { ...lease, beat, stored: { epoch: lease.epoch, beat } };
}

/** A row that a hand spoiled is a lease of nobody: it runs down like any other, and is replaced as it lies there. */
function parseLease(row: Row): Lease {
  const parsed = LeaseRow.safeParse(row);
  const { epoch, beat } = row;
  if (parsed.success) return { ...parsed.data, stored: { epoch, beat } };
  return { name: 'leader', holder: 'unreadable', epoch: 0, beat: 0, stored: { epoch, beat } };
}

function leaseWrite(read: Lease | undefined, next: Lease): Write {
  return {
    kind: 'put',
    table: 'control',
    row: {
      name: next.name,
      holder: next.holder,
      epoch: next.epoch,
      beat: next.beat,
      released: next.released,
    },
    onlyIf:
      read === undefined
        ? [{ attribute: 'epoch', absent: true }]
        : Object.entries(read.stored).map(([attribute, value]) => asItLies(attribute, value)),
  };
}
