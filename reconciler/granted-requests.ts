// Which requests say that they were granted an assignment. The ledger is the index for that; this is for assignments
// that it does not know, because its row was lost.

import { assignmentIdOf, parseRequestRow } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';

/** Answers request ids by assignment. All of them are read once, when the first is asked for. */
export function createGrantedRequests(
  store: Pick<StoreReader, 'query'>,
): (assignmentId: string) => Promise<readonly string[]> {
  let reading: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  return async (assignmentId) => {
    reading ??= readGranted(store);
    return (await reading).get(assignmentId) ?? [];
  };
}

async function readGranted(
  store: Pick<StoreReader, 'query'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byAssignment = new Map<string, string[]>();
  const partition = { attribute: 'status', value: 'GRANTED' };
  for await (const row of queryAll(store, { table: 'requests', index: 'gsi_status_due', partition })) {
    const request = parseRequestRow(row);
    const id = request === undefined ? undefined : assignmentIdOf(request);
    if (request === undefined || id === undefined) continue;
    const known = byAssignment.get(id) ?? [];
    known.push(request.request_id);
    byAssignment.set(id, known);
  }
  return byAssignment;
}
