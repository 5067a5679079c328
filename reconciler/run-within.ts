// Runs a reconciler for as long as a function may run, and gives the lease up before the time is over, so that the next
// invocation leads at once. It holds no state: what one invocation leaves, the next finds in the tables.

import { z } from 'zod';
import type { MonotonicClock, Timer } from '../src/clock.ts';
import type { StoreReader } from '../src/store.ts';
import { withTimeLimit } from '../src/time-limit.ts';
import { within } from '../src/within.ts';
import type { Reconciler } from './run-forever.ts';

export type WithinOptions = {
  readonly reconciler: Pick<Reconciler, 'isLeading' | 'stop'>;
  /** The name under which this reconciler takes the lease. */
  readonly holder: string;
  readonly store: Pick<StoreReader, 'get'>;
  readonly clock: MonotonicClock & Timer;
  /** Milliseconds until this invocation is ended by force. */
  readonly remainingMs: () => number;
};

/** `stopped` is false where the lease could not be given up in the time that was left: it runs down. */
export type Within = { readonly ended: 'time is up' | 'another leads'; readonly stopped: boolean };

/** For stopping, which takes six seconds at the most and nearly always less than one. */
const MARGIN_MS = 8_000;
const MARGIN_LAST_MS = 500;
const LOOK_INTERVAL_MS = 1_000;
/** A look that hangs leaves enough of the margin to give the lease up. */
const LOOK_MAX_MS = 1_000;
/**
 * Beside a leader whose beat moves, an invocation stands by for so long: enough to take over from one that began a
 * minute before and is about to end, and not so long that every nudge costs a minute.
 */
const STAND_BY_MS = 20_000;

const LeaseRow = z.object({ holder: z.string(), epoch: z.int(), beat: z.int() });
type Lease = z.output<typeof LeaseRow>;

export async function runWithin(options: WithinOptions): Promise<Within> {
  const ended = await waitForEnd(options);
  return { ended, stopped: await stopInTime(options) };
}

async function waitForEnd(options: WithinOptions): Promise<Within['ended']> {
  const { reconciler, clock } = options;
  let seen: Lease | undefined;
  let beside = 0;
  for (;;) {
    const leftMs = options.remainingMs() - MARGIN_MS;
    if (leftMs <= 0) return 'time is up';
    const restMs = Math.min(LOOK_INTERVAL_MS, leftMs);
    const startedMs = clock.elapsedMs();
    await clock.sleep(restMs);
    beside += clock.elapsedMs() - startedMs;
    if (reconciler.isLeading()) {
      beside = 0;
      continue;
    }
    const lease = await readLease(options);
    const moves = lease !== undefined && lease.epoch === seen?.epoch && lease.beat !== seen.beat;
    if (moves && lease.holder !== options.holder && beside >= STAND_BY_MS) return 'another leads';
    seen = lease;
  }
}

/** A table that does not answer says nothing about who leads. */
async function readLease({ store, clock }: WithinOptions): Promise<Lease | undefined> {
  try {
    const read = () => store.get('control', { name: 'leader' });
    return LeaseRow.safeParse(await withTimeLimit(clock, LOOK_MAX_MS, 'read the lease', read)).data;
  } catch {
    return undefined;
  }
}

async function stopInTime({ reconciler, clock, remainingMs }: WithinOptions): Promise<boolean> {
  const stopped = await within(clock, Math.max(0, remainingMs() - MARGIN_LAST_MS), reconciler.stop());
  return stopped?.leaseGivenUp ?? false;
}
