// Tables whose every answer has a time limit. A connection may stay open and say nothing for ever; nothing that stands
// on the tables depends on somebody noticing that further down.

import type { Timer } from './clock.ts';
import type { Store, StoreReader, StoreWriter, Write } from './store.ts';
import { StoreError } from './store-error.ts';
import { isTimeout, withTimeLimit } from './time-limit.ts';

/** Each call rejects with StoreError after `limitMs`; a write may have been written then, or still be. */
export function withStoreLimit(store: Store, timer: Timer, limitMs: number): Store {
  return { ...withReadLimit(store, timer, limitMs), ...withWriteLimit(store, timer, limitMs) };
}

export function withReadLimit(store: StoreReader, timer: Timer, limitMs: number): StoreReader {
  const limited = <T>(table: string, work: () => Promise<T>) => inTime(timer, limitMs, `read ${table}`, work);
  return {
    get: (table, key) => limited(table, () => store.get(table, key)),
    getMany: (table, keys) => limited(table, () => store.getMany(table, keys)),
    query: (query) => limited(query.table, () => store.query(query)),
    scan: (table, options) => limited(table, () => store.scan(table, options)),
  };
}

export function withWriteLimit(store: StoreWriter, timer: Timer, limitMs: number): StoreWriter {
  return {
    transact: (writes) =>
      inTime(timer, limitMs, `write ${tablesOf(writes)}, which may have been written`, () =>
        store.transact(writes),
      ),
  };
}

async function inTime<T>(timer: Timer, limitMs: number, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withTimeLimit(timer, limitMs, action, work);
  } catch (error) {
    if (error instanceof StoreError || !isTimeout(error)) throw error;
    throw new StoreError(action, { cause: error });
  }
}

function tablesOf(writes: readonly Write[]): string {
  return [...new Set(writes.map(({ table }) => table))].join(', ');
}
