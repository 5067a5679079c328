// The keys that the load is signed with. Calls are limited to a rate for each key, and one key alone may not call as often
// as a whole core can answer: the load goes round all of them.

import { LocalKeys } from '../../local/local-keys.ts';

const KEYS = 100;

export type BenchKey = { readonly id: string; readonly secret: string };

const own = Array.from({ length: KEYS }, (_, at) => ({
  id: `bench-${at}`,
  secret: `a secret of the benchmark, number ${at}`,
}));

/** Also the one that local callers sign with. */
export const BenchKeys: readonly BenchKey[] = [LocalKeys.plugin, ...own];
