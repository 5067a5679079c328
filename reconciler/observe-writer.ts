// All that an observer can write: rows of `jit_control` below `observe#`. Whatever else it is handed it refuses before
// anything is sent, so that observing can be tried on a running organisation.

import { OBSERVE_PREFIX } from '../src/published-state.ts';
import type { StoreWriter, Write } from '../src/store.ts';

/** A store's writer is none: only `createObserveWriter` makes one. */
export type ObserveWriter = StoreWriter & { readonly onlyBelow: typeof OBSERVE_PREFIX };

/** Throws RangeError, and sends nothing, where any of the writes is not a put of a row of its own. */
export function createObserveWriter(store: StoreWriter): ObserveWriter {
  return {
    onlyBelow: OBSERVE_PREFIX,
    async transact(writes) {
      const forbidden = writes.find((write) => !isObservation(write));
      if (forbidden !== undefined)
        throw new RangeError(
          `an observer puts rows of control below ${OBSERVE_PREFIX}, not ${named(forbidden)}`,
        );
      return store.transact(writes);
    },
  };
}

function isObservation(write: Write): boolean {
  if (write.kind !== 'put' || write.table !== 'control') return false;
  const { name } = write.row;
  return typeof name === 'string' && name.startsWith(OBSERVE_PREFIX);
}

function named(write: Write): string {
  const key = write.kind === 'put' ? write.row.name : Object.values(write.key).join();
  return `a ${write.kind} of ${write.table} ${String(key)}`;
}
