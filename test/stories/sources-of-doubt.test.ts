// What a row, a list, a clock or another tool says is not always so. What is believed of it has a bound, and what cannot be
// believed is said.

import { expect, it } from 'vitest';
import type { Row } from '../../src/store.ts';
import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  type Person,
  READ_ONLY,
  SECOND,
  STAGING,
  startedWorld,
  type World,
} from '../world.ts';

const idOf = (person: Person, account: string = DEV) => `${account}#${ADMIN}#${person.id}`;

/** A hand in a row of the ledger. */
async function typeLedger(world: World, person: Person, set: Row): Promise<void> {
  const key = { assignment_id: idOf(person) };
  await world.store.transact([{ kind: 'update', table: 'assignments', key, set }]);
}

const driftOf = async (world: World, kind: string): Promise<readonly Row[]> => {
  const items = (await world.call('GET', '/drift')).body.items as readonly Row[];
  return items.filter((item) => item.kind === kind);
};

// Times that lie in the rows

it('a row that a hand made due in 2099 is looked at again within minutes, whatever it is at', async () => {
  const world = await startedWorld();
  const revoked = await world.granted(ANA);
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: {
      kind: 'error',
      name: 'ConflictException',
      message: 'There is a conflicting operation in process.',
    },
    times: 1,
  });
  await world.revoke(revoked);
  await typeLedger(world, ANA, { due_at: '2099-01-01T00:00:00.000Z' });
  await world.advance(3 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  const granted = await world.granted(DORA, { minutes: 2 });
  await typeLedger(world, DORA, { due_at: '2099-01-01T00:00:00.000Z' });
  await world.edit(granted, { due_at: '2099-01-01T00:00:00.000Z' });
  await world.advance(4 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  expect(world.row(granted)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('an entry that a hand made last until 2099 ends when the audit says it does', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 10 });
  const [row] = world.ledger();
  const entries = row?.entries as Readonly<Record<string, Row>>;
  const far = '2099-01-01T00:00:00Z';
  await typeLedger(world, ANA, { entries: { [id]: { ...entries[id], until: far } } });
  await world.edit(id, { end_time: far });
  await world.advance(12 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a new leader knows every difference and its age again within a tick or two', async () => {
  const world = await startedWorld();
  await world.granted(ANA);
  await world.granted(BEN);
  world.unassign(ANA);
  await world.advance(5 * MINUTE);
  const [before] = await driftOf(world, 'missing');
  await world.stop();
  world.start();
  await world.advance(30 * SECOND);
  const [after] = await driftOf(world, 'missing');
  expect(after).toMatchObject({ assignment_id: before?.assignment_id, since: before?.since });
  await world.stop();
});

// What a row says of itself

it('a request whose row was made to name another assignment ends where it was approved', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const others = await world.granted(DORA);
  await world.edit(id, { assignment_id: idOf(DORA, STAGING) });
  await world.revoke(id);
  await world.advance(MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, true]);
  expect(world.row(id)).toMatchObject({
    assignment_id: idOf(ANA),
    status: 'REVOKED',
    assignment_status: 'GONE',
  });
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  expect(world.row(others)).toMatchObject({ status: 'GRANTED' });
  await world.stop();
});

it('an entry that a hand wrote for somebody else’s request keeps nothing after a revoke', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const others = await world.granted(DORA, { minutes: 240 });
  const row = world.ledger().find(({ assignment_id }) => assignment_id === idOf(ANA));
  const until = new Date(world.clock.nowMs() + 100 * HOUR).toISOString();
  const stray = { [others]: { phase: 'GRANTED', until } };
  await typeLedger(world, ANA, { entries: { ...(row?.entries as Row), ...stray } });
  await world.revoke(id);
  await world.advance(30 * SECOND);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, true]);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  await world.stop();
});

// Wrong sight in bulk

it('lists that show nothing for minutes make nothing missing, and take nothing away when they are right again', async () => {
  const world = await startedWorld();
  const ids = [
    await world.granted(ANA),
    await world.granted(DORA),
    await world.granted(ANA, { account: STAGING }),
    await world.granted(DORA, { permissionSetArn: READ_ONLY }),
  ];
  world.model.changeSettings({ emptyLists: {} });
  await world.advance(6 * MINUTE);
  const lost = await driftOf(world, 'missing');
  expect(lost.map(({ detail }) => String(detail).includes('lost is the sight'))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  world.model.changeSettings({ emptyLists: null });
  await world.advance(5 * MINUTE);
  expect(await driftOf(world, 'missing')).toEqual([]);
  expect(await driftOf(world, 'orphaned')).toEqual([]);
  for (const id of ids) expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  expect([world.isLive(ANA), world.isLive(DORA), world.isLive(ANA, STAGING)]).toEqual([true, true, true]);
  expect(world.audit(`assignment#${idOf(ANA)}`)).toEqual(['WITHHELD', 'RELEASED']);
  await world.stop();
});

it('what is revoked or over while the lists show nothing is removed all the same, and nothing else goes missing by that', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const kept = await world.granted(DORA);
  const over = await world.granted(ANA, { account: STAGING, minutes: 5 });
  world.model.changeSettings({ emptyLists: {} });
  await world.advance(4 * MINUTE);
  await world.revoke(id);
  await world.advance(20 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA, STAGING)).toBe(false);
  expect(world.row(over).status).toBe('EXPIRED');
  expect(world.row(kept)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  world.model.changeSettings({ emptyLists: null });
  await world.advance(5 * MINUTE);
  expect(world.isLive(DORA)).toBe(true);
  expect(await driftOf(world, 'missing')).toEqual([]);
  await world.stop();
});

// Fights

it('access that another tool makes again after each removal is an orphan from the second on: counted, braked and named', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.granted(DORA);
  await world.revoke(id);
  for (let minutes = 0; minutes < 60; minutes += 1) {
    if (!world.isLive(ANA)) {
      await world.advance(30 * SECOND);
      world.assign(ANA);
    }
    await world.advance(30 * SECOND);
  }
  expect((await driftOf(world, 'contested')).map(({ assignment_id }) => assignment_id)).toEqual([idOf(ANA)]);
  const { tripped, removals = [] } = world.control('brake') ?? {};
  expect(tripped === true || (removals as readonly string[]).length > 2).toBe(true);
  expect(world.isLive(DORA)).toBe(true);
  await world.stop();
});

// Siblings

it('of two requests for one access, the first to end does not take it from the other, though both rows are lost', async () => {
  const world = await startedWorld();
  const first = await world.granted(ANA, { minutes: 3 });
  const second = await world.ask(ANA, { minutes: 60 });
  await world.approve(second);
  await world.advance(20 * SECOND);
  await world.drop(first);
  await world.drop(second);
  await world.advance(6 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  await world.stop();
});

it('that another request keeps the access is said only when a list shows it', async () => {
  const world = await startedWorld();
  const first = await world.granted(ANA);
  const second = await world.ask(ANA);
  await world.approve(second);
  await world.advance(20 * SECOND);
  world.unassign(ANA);
  await world.revoke(first);
  await world.advance(4 * MINUTE);
  expect(world.audit(first)).not.toContain('KEPT');
  expect(world.row(first)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  expect(world.row(second)).toMatchObject({ status: 'GRANTED', assignment_status: 'MISSING' });
  await world.stop();
});

it('a group that still gives the same access is named when "gone" is said', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const groupId = '99999999-9999-4999-8999-999999999999';
  const group = {
    accountId: DEV,
    permissionSetArn: ADMIN,
    principalType: 'GROUP' as const,
    principalId: groupId,
  };
  world.model.change({ kind: 'assign', assignment: group }, world.clock.nowMs());
  await world.revoke(id);
  await world.advance(20 * SECOND);
  const [told] = world.messages.filter(({ request_id, status }) => request_id === id && status === 'REVOKED');
  expect(Object.values(told?.details ?? {}).join()).toContain(`Group ${groupId} still has the same access`);
  await world.stop();
});

it('a revoke of the person while the clock steps back by ten minutes is retried within the ceiling', async () => {
  const world = await startedWorld();
  const id = await world.granted(CLEO);
  world.model.addFault({
    operation: 'DeleteAccountAssignment',
    fault: { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
    times: 2,
  });
  await world.revoke(id);
  await world.advance(2 * SECOND);
  const ahead = new Date(world.clock.nowMs() + 610 * SECOND).toISOString();
  await typeLedger(world, CLEO, { due_at: ahead });
  await world.advance(3 * MINUTE);
  expect(world.isLive(CLEO)).toBe(false);
  await world.stop();
});
