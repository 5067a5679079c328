// What converging one assignment needs. An observer has no such thing: it is built without a writer.

import type { MonotonicClock, Timer, WallClock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { Log } from '../src/log.ts';
import type { Policy } from '../src/policy.ts';
import type { Store } from '../src/store.ts';
import type { LiveReader, LiveWriter, OperationSlots } from './identity-center.ts';
import type { PutOff } from './put-off.ts';
import type { WatchSight } from './watch-sight.ts';

export type ConvergeDeps = {
  readonly store: Store;
  readonly live: LiveReader;
  readonly writer: LiveWriter;
  readonly slots: OperationSlots;
  readonly clock: WallClock & MonotonicClock & Timer;
  /** Whether nothing is to be ended by it. */
  readonly clockState: () => ClockState;
  readonly policy: Policy;
  readonly putOff: PutOff;
  readonly watchSight: WatchSight;
  /** In [0, 1), for back-off. */
  readonly random: () => number;
  /** Whether the lease was renewed recently enough to speak to AWS. */
  readonly mayAct: () => boolean;
  readonly log: Log;
};
