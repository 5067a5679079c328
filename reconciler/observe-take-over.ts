// Takes over the rows of the previous deployment in memory alone: before an observer is made to enforce, this is how it
// tells what the enforcing one would adopt, end or withhold.

import type { Clock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { Log } from '../src/log.ts';
import type { Policy } from '../src/policy.ts';
import { backFill } from './back-fill.ts';
import type { ObserverMemory } from './observer-memory.ts';

// It scans every request, and the previous system may go on making new ones.
const AGAIN_MS = 600_000;

const SILENT: Log = { info() {}, warn() {}, error() {}, child: () => SILENT };

/** Does the back-fill again now and then, until an enforcing controller has done it for good. */
export async function takeOverInMemory(deps: {
  readonly memory: ObserverMemory;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly policy: Policy;
  readonly goesOn: () => boolean;
  readonly log: Log;
}): Promise<void> {
  const { memory, clock } = deps;
  if (clock.elapsedMs() - memory.tookOverMs < AGAIN_MS) return;
  const { reader, remember } = memory.tables;
  const isFirst = memory.tookOverMs === Number.NEGATIVE_INFINITY;
  const done = await backFill({
    ...deps,
    store: {
      ...reader,
      transact: async (writes) => {
        remember(writes);
        return { outcome: 'written' };
      },
    },
    mayAct: deps.goesOn,
    // What cannot be understood is said once.
    log: isFirst ? deps.log : SILENT,
  });
  if (done !== undefined) memory.tookOverMs = clock.elapsedMs();
}
