// What must be true once everything has come to rest, whatever happened on the way: live is what was wanted, each step was
// audited once, and the chat was told of each in order.

import { expect } from 'vitest';
import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import { queryAll, type Store, scanAll } from '../../src/store.ts';
import { eventually } from './eventually.ts';
import type { Fields, LocalCaller } from './local-caller.ts';
import { type Asked, assignmentOf } from './wish.ts';

export type Observed = {
  readonly caller: LocalCaller;
  readonly store: Store;
  /** The statuses that the chat was told, by request. */
  readonly told: ReadonlyMap<string, readonly string[]>;
};

/** Everything that was ever asked for: what is granted now, and what was granted and is revoked. */
export type Wanted = { readonly granted: readonly Asked[]; readonly revoked: readonly Asked[] };

const EVENTS_OF_GRANTED = ['REQUESTED', 'APPROVED', 'GRANTED'];
const EVENTS_OF_REVOKED = [...EVENTS_OF_GRANTED, 'REVOKED', 'REMOVED'];

/** Waits for the statuses and the outbox, and then expects the rest at once. */
export async function expectSettled(observed: Observed, { granted, revoked }: Wanted): Promise<void> {
  const { caller, store, told } = observed;
  await untilAll(caller, granted, { status: 'GRANTED', assignment_status: 'LIVE' });
  await untilAll(caller, revoked, { status: 'REVOKED', assignment_status: 'GONE' });
  await eventually('the outbox to be empty', async () =>
    (await store.scan('outbox', {})).rows.length === 0 ? true : undefined,
  );
  for (const { id } of granted) expect(await auditOf(store, id)).toEqual(EVENTS_OF_GRANTED);
  for (const { id } of revoked) expect(await auditOf(store, id)).toEqual(EVENTS_OF_REVOKED);
  // Nor was anything taken for an orphan, missing or edited by hand on the way.
  expect(await countAudited(store)).toBe(
    EVENTS_OF_GRANTED.length * granted.length + EVENTS_OF_REVOKED.length * revoked.length,
  );
  for (const { id } of granted) expect(withoutRepeats(told.get(id))).toEqual(['GRANTED']);
  for (const { id } of revoked) expect(withoutRepeats(told.get(id))).toEqual(['GRANTED', 'REVOKED']);
  const wanted = [...DEMO_ORGANISATION.assignments, ...granted.map(({ wish }) => assignmentOf(wish))];
  expect(comparable(await caller.assignments())).toEqual(comparable(wanted));
}

/** All of them, by one question each time. */
export function untilAll(caller: LocalCaller, asked: readonly Asked[], fields: Fields): Promise<true> {
  const look = async () => {
    const { body } = await caller.call('GET', '/requests?channel_id=demo&limit=200');
    const items = new Map((body.items as Fields[]).map((item) => [item.request_id, item]));
    const agrees = ({ id }: Asked) =>
      Object.entries(fields).every(([name, value]) => items.get(id)?.[name] === value);
    return asked.every(agrees) ? true : undefined;
  };
  return eventually(`${asked.length} requests to be ${JSON.stringify(fields)}`, look, { withinMs: 40_000 });
}

export async function auditOf(store: Store, requestId: string): Promise<unknown[]> {
  const partition = { attribute: 'request_id', value: requestId };
  const events: unknown[] = [];
  for await (const event of queryAll(store, { table: 'audit', partition, consistent: true }))
    events.push(event.event_type);
  return events;
}

async function countAudited(store: Store): Promise<number> {
  let events = 0;
  for await (const _event of scanAll(store, 'audit')) events += 1;
  return events;
}

/** What is delivered at least once may come again; it may not come back after what follows it. */
function withoutRepeats(statuses: readonly string[] = []): string[] {
  return statuses.filter((status, at) => status !== statuses[at - 1]);
}

function comparable(assignments: readonly object[]): string[] {
  return assignments.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}
