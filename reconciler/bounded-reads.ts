// Bounds how many reads of the tables are under way at once: thousands of assignments may be due in the same moment, and
// reading them all together would only fill queues. Writes are never held up.

import pLimit from 'p-limit';
import type { Store } from '../src/store.ts';

export function withBoundedReads(store: Store, readsAtOnce: number): Store {
  const limit = pLimit(readsAtOnce);
  return {
    get: (...args) => limit(() => store.get(...args)),
    getMany: (...args) => limit(() => store.getMany(...args)),
    query: (...args) => limit(() => store.query(...args)),
    scan: (...args) => limit(() => store.scan(...args)),
    transact: (writes) => store.transact(writes),
  };
}
