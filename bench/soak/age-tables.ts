// What happens to tables by other hands as time passes: DynamoDB drops what has expired, and an archive takes away the
// history that nobody needs any more, so that what grows by design does not hide what must not.

import type { Row, Table, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { parseTimestamp } from '../../src/timestamp.ts';
import type { ModelStore } from '../../test/model-store.ts';

const WRITES_MAX = 100;

/** By the tables' time to live. DynamoDB would do it a little later. */
export async function dropExpired(store: ModelStore, nowMs: number): Promise<void> {
  for (const table of Object.keys(TableDefinitions) as Table[]) {
    const { timeToLive } = TableDefinitions[table];
    if (timeToLive === undefined) continue;
    const isExpired = (row: Row) => Number(row[timeToLive] ?? Number.POSITIVE_INFINITY) * 1000 < nowMs;
    await drop(store, table, store.dump(table).filter(isExpired));
  }
}

/** Settled requests, and events, of before `beforeMs`. Answers how many rows. */
export async function archiveHistory(store: ModelStore, beforeMs: number): Promise<number> {
  const isOld = (text: unknown) => (parseTimestamp(text) ?? beforeMs) < beforeMs;
  const requests = store
    .dump('requests')
    .filter((row) => row.due_at === undefined && isOld(row.last_event_at));
  const open = new Set(store.dump('requests').map((row) => row.request_id));
  for (const row of requests) open.delete(row.request_id);
  const events = store.dump('audit').filter((row) => !open.has(row.request_id) && isOld(row.event_time));
  await drop(store, 'requests', requests);
  await drop(store, 'audit', events);
  return requests.length + events.length;
}

async function drop(store: ModelStore, table: Table, rows: readonly Row[]): Promise<void> {
  const { partition, sort } = TableDefinitions[table];
  const writes = rows.map((row): Write => {
    const key = {
      [partition]: String(row[partition]),
      ...(sort === undefined ? {} : { [sort]: String(row[sort]) }),
    };
    return { kind: 'delete', table, key };
  });
  for (let n = 0; n < writes.length; n += WRITES_MAX) await store.transact(writes.slice(n, n + WRITES_MAX));
}
