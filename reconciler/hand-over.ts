// The end of a process that may lead: work in flight gets a short time, then the lease is given up. Both have a bound, so
// that a table, an AWS or a plugin that hangs does not use up the time that the process is given.

import type { Timer } from '../src/clock.ts';
import type { Log } from '../src/log.ts';
import { within } from '../src/within.ts';

export type Stopped = {
  /** False where the lease is still ours in the table: nobody leads until it has run down. */
  readonly leaseGivenUp: boolean;
};

export type HandOver = {
  /** Resolves when nothing is under way any more. Nothing new is begun. */
  readonly ended: Promise<unknown>;
  /** Whether something that changes access is on its way. */
  readonly isChanging: () => boolean;
  readonly release: () => Promise<boolean>;
};

// Calls are answered within half a second; one that takes longer than this hangs.
const WORK_ENDS_WITHIN_MS = 3_000;
const RELEASED_WITHIN_MS = 3_000;

/**
 * A Create or Delete that has no answer yet keeps the lease: the next leader would find a claim without an operation, take
 * it for lost, and call AWS a second time while the first call may still arrive. Left to run down, the lease gives it
 * the time that a crash gives it (docs/decisions/0020). Reads, and the plugin's webhook, are broken off without harm.
 */
export async function handOver(
  deps: { readonly clock: Timer; readonly log: Log },
  { ended, isChanging, release }: HandOver,
): Promise<Stopped> {
  const { clock, log } = deps;
  const inTime = await within(
    clock,
    WORK_ENDS_WITHIN_MS,
    ended.then(() => true),
  );
  if (inTime === undefined) log.warn('work that hangs is broken off, the next leader finds it in the tables');
  if (isChanging()) {
    log.warn('a change of access has no answer yet: the lease is left to run down');
    return { leaseGivenUp: false };
  }
  const leaseGivenUp = await within(clock, RELEASED_WITHIN_MS, release()).catch((error: unknown) => {
    log.warn('giving the lease up failed', { error });
  });
  if (leaseGivenUp !== true) log.warn('the lease could not be given up: it is left to run down');
  return { leaseGivenUp: leaseGivenUp === true };
}
