// The doors to AWS as the reconciler's own: each answer says AWS's time, to the second, as the header `Date` does.

import type { WallClock } from '../src/clock.ts';
import type { DateAnswer } from '../src/clock-offset.ts';
import type { Store } from '../src/store.ts';

type Listener = { readonly clock: WallClock; readonly onDate: (answer: DateAnswer) => void };

export type Dated = <T>(answer: Promise<T>) => Promise<T>;

/** An answer dated by `aws`, as the process with the listener's clock hears it. What fails gave no answer. */
export function datedBy(aws: WallClock, { clock, onDate }: Listener): Dated {
  return async (answer) => {
    const sentMs = clock.nowMs();
    const given = await answer;
    onDate({ dateMs: Math.floor(aws.nowMs() / 1_000) * 1_000, sentMs, receivedMs: clock.nowMs() });
    return given;
  };
}

export function datedStore(store: Store, dated: Dated): Store {
  return {
    get: (...args) => dated(store.get(...args)),
    getMany: (...args) => dated(store.getMany(...args)),
    query: (...args) => dated(store.query(...args)),
    scan: (...args) => dated(store.scan(...args)),
    transact: (...args) => dated(store.transact(...args)),
  };
}
