// Which requests say that they were granted an assignment. The ledger is the index for that; this is for finding what
// the ledger has lost, and is read once in a sweep.

import { pairId } from '../src/assignment.ts';
import { assignmentIdOf, assignmentOf, parseRequestRow } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import type { Pair } from './identity-center.ts';

/** By assignment, the ids of the requests that say they were granted it. */
export type Granted = ReadonlyMap<string, readonly string[]>;

/** Answers those of one pair. All are read when the first is asked for; an index may lag, so they are reasons to look. */
export function createGrantedRequests(store: Pick<StoreReader, 'query'>): (pair: Pair) => Promise<Granted> {
  let reading: Promise<ReadonlyMap<string, Granted>> | undefined;
  return async (pair) => {
    reading ??= readGranted(store);
    return (await reading).get(pairId(pair)) ?? new Map();
  };
}

async function readGranted(store: Pick<StoreReader, 'query'>): Promise<ReadonlyMap<string, Granted>> {
  const byPair = new Map<string, Map<string, string[]>>();
  const partition = { attribute: 'status', value: 'GRANTED' };
  for await (const row of queryAll(store, { table: 'requests', index: 'gsi_status_due', partition })) {
    const request = parseRequestRow(row);
    const assignment = request === undefined ? undefined : assignmentOf(request);
    const id = request === undefined ? undefined : assignmentIdOf(request);
    if (request === undefined || assignment === undefined || id === undefined) continue;
    const ofPair = byPair.get(pairId(assignment)) ?? new Map<string, string[]>();
    byPair.set(pairId(assignment), ofPair);
    ofPair.set(id, [...(ofPair.get(id) ?? []), request.request_id]);
  }
  return byPair;
}
