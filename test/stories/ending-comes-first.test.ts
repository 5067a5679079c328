// An ending waits for nothing but AWS. Whatever else cannot be written, what is revoked or over is removed; the record is
// made good when it can be, and says what was true then.

import { expect, it } from 'vitest';
import type { Row, Table, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { parseTimestamp, toTimestamp } from '../../src/timestamp.ts';
import { ANA, BEN, CLEO, DORA, MINUTE, SECOND, startedWorld, type World } from '../world.ts';

type Denied = { readonly tables: readonly Table[]; readonly reads?: boolean; readonly request?: string };

/** From now on these tables take nothing, and answer nothing where `reads` is said; undefined: all is well again. */
function deny(world: World, denied: Denied | undefined): void {
  const { hooks } = world.store;
  delete hooks.onBeforeWrite;
  delete hooks.onRead;
  if (denied === undefined) return;
  const refuse = (action: string): never => {
    throw new StoreError(action, { cause: new Error('AccessDeniedException') });
  };
  hooks.onBeforeWrite = (writes) => {
    if (writes.some((write) => isDenied(denied, write))) refuse('write');
  };
  hooks.onRead = ({ table }) => {
    if (denied.reads === true && denied.tables.includes(table)) refuse('read');
  };
}

function isDenied({ tables, request }: Denied, write: Write): boolean {
  if (!tables.includes(write.table)) return false;
  return request === undefined || ('key' in write && write.key.request_id === request);
}

async function secondsUntil(world: World, isSo: () => boolean, maxSeconds: number): Promise<number> {
  for (let seconds = 0; seconds <= maxSeconds; seconds += 1) {
    if (isSo()) return seconds;
    await world.advance(SECOND);
  }
  return Number.POSITIVE_INFINITY;
}

const revokeUser = (world: World, freeze: boolean) =>
  world.call('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: CLEO.email,
    reason: 'stolen laptop',
    freeze,
  });

type Ending = {
  readonly by: string;
  readonly minutes: number;
  readonly end: (world: World, id: string) => Promise<unknown>;
  readonly as: 'REVOKED' | 'EXPIRED';
  readonly withinSeconds: number;
};

const ENDINGS: readonly Ending[] = [
  { by: 'a revoke', minutes: 60, end: (world, id) => world.revoke(id), as: 'REVOKED', withinSeconds: 5 },
  {
    by: 'a revoke of the person',
    minutes: 60,
    end: (world) => revokeUser(world, false),
    as: 'REVOKED',
    withinSeconds: 5,
  },
  {
    by: 'a freeze of the person',
    minutes: 60,
    end: (world) => revokeUser(world, true),
    as: 'REVOKED',
    withinSeconds: 5,
  },
  {
    by: 'a typed REVOKED',
    minutes: 60,
    end: (world, id) => world.edit(id, { status: 'REVOKED', revoked_by: CLEO.email }),
    as: 'REVOKED',
    withinSeconds: 10,
  },
  {
    by: 'a typed earlier end',
    minutes: 60,
    end: (world, id) => world.edit(id, { end_time: toTimestamp(world.clock.nowMs()) }),
    as: 'EXPIRED',
    withinSeconds: 65,
  },
  { by: 'the end of its time', minutes: 1, end: () => Promise.resolve(), as: 'EXPIRED', withinSeconds: 70 },
];

const DENIALS: readonly (readonly Table[])[] = [['audit'], ['outbox'], ['audit', 'outbox'], ['nonces']];

const CASES = DENIALS.flatMap((tables) => ENDINGS.map((ending) => ({ ...ending, tables })));

it.each(CASES)('$by removes the access while $tables cannot be written', async ({ tables, ...ending }) => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: ending.minutes });
  deny(world, { tables });
  await ending.end(world, id);
  const took = await secondsUntil(world, () => !world.isLive(ANA), ending.withinSeconds);
  expect(took).toBeLessThanOrEqual(ending.withinSeconds);
  const goneMs = world.clock.nowMs();
  await world.advance(2 * MINUTE);
  expect(world.row(id)).toMatchObject({ assignment_status: 'GONE', removed_at: expect.any(String) });
  deny(world, undefined);
  await world.advance(3 * MINUTE);
  const row = world.row(id);
  expect(row).toMatchObject({ status: ending.as, audited_status: ending.as });
  expect(row.due_at).toBeUndefined();
  expect(Math.abs((parseTimestamp(row.removed_at) ?? 0) - goneMs)).toBeLessThan(6 * SECOND);
  expect(world.said(id)).toEqual(['GRANTED', ending.as]);
  expectOneEventEach(world, id, ending.as);
  expect(world.ledger()).toEqual([]);
  await world.stop();
});

/** The trail is whole and in order: nothing twice, and the end last. */
function expectOneEventEach(world: World, id: string, as: 'REVOKED' | 'EXPIRED'): void {
  const events = world.audit(id).filter((type) => type !== 'HAND_EDIT');
  const ends = as === 'REVOKED' ? ['REVOKED', 'REMOVED'] : ['EXPIRED'];
  expect(events).toEqual(['REQUESTED', 'APPROVED', 'GRANTED', ...ends]);
}

it('a row that takes nothing more keeps nobody’s access, and holds up nobody else', async () => {
  const world = await startedWorld();
  const full = await world.granted(ANA);
  const other = await world.granted(DORA);
  deny(world, { tables: ['requests'], request: full });
  await world.store.transact([
    { kind: 'update', table: 'requests', key: { request_id: other }, set: { status: 'REVOKED' } },
  ]);
  deny(world, undefined);
  await world.edit(full, { status: 'REVOKED' });
  deny(world, { tables: ['requests'], request: full });
  await world.advance(10 * SECOND);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, false]);
  // Whoever is approved after it gets theirs.
  const next = await world.granted(ANA);
  await world.revoke(next);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.said(next)).toEqual(['GRANTED', 'REVOKED']);
  await world.stop();
});

it('an ending goes on while the word on the person and the rows of the requests cannot be read', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 1 });
  deny(world, { tables: ['audit', 'requests', 'outbox'], reads: true });
  await world.advance(75 * SECOND);
  // The tick cannot find it by its request; the ledger's own row says when it is due.
  expect(world.isLive(ANA)).toBe(false);
  deny(world, undefined);
  await world.advance(2 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('what could not be written is a difference with its cause, until it is', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  deny(world, { tables: ['audit'] });
  await world.revoke(id);
  await world.advance(MINUTE);
  const drift = await world.call('GET', '/drift');
  const items = drift.body.items as readonly Row[];
  expect(
    items.map(({ kind, last_error }) => [kind, String(last_error).includes('AccessDenied')]),
  ).toContainEqual(['stuck', true]);
  deny(world, undefined);
  await world.advance(2 * MINUTE);
  const left = (await world.call('GET', '/drift')).body.items as readonly Row[];
  expect(left.filter(({ kind }) => kind !== 'foreign')).toEqual([]);
  await world.stop();
});

it('what is live past its end is overdue although the ledger itself takes nothing', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.granted(BEN);
  deny(world, { tables: ['assignments'] });
  await world.revoke(id);
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  const status = await world.call('GET', '/status');
  expect(status.body).toMatchObject({ overdue: 1 });
  expect(Number(status.body.oldest_overdue_seconds)).toBeGreaterThan(90);
  deny(world, undefined);
  await world.advance(2 * MINUTE);
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([false, true]);
  expect((await world.call('GET', '/status')).body).toMatchObject({ overdue: 0 });
  await world.stop();
});

it('what has ended is removed although nobody can hold the lease, and all else waits for a leader', async () => {
  const world = await startedWorld();
  world.start();
  const revoked = await world.granted(ANA);
  const over = await world.granted(DORA, { minutes: 2 });
  const kept = await world.granted(BEN);
  deny(world, { tables: ['control'], reads: true });
  // By then the lease has run down, and its last holder may not act any more.
  await world.advance(20 * SECOND);
  await world.revoke(revoked);
  expect(await secondsUntil(world, () => !world.isLive(ANA), 60)).toBeLessThanOrEqual(60);
  expect(await secondsUntil(world, () => !world.isLive(DORA), 150)).toBeLessThanOrEqual(150);
  expect(world.isLive(BEN)).toBe(true);
  expect([world.said(revoked), world.said(over)]).toEqual([['GRANTED'], ['GRANTED']]);
  deny(world, undefined);
  await world.advance(3 * MINUTE);
  expect([world.said(revoked), world.said(over)]).toEqual([
    ['GRANTED', 'REVOKED'],
    ['GRANTED', 'EXPIRED'],
  ]);
  expect(world.row(kept)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  await world.stop();
});

it('while the ledger takes nothing, AWS is not asked the same thing again and again', async () => {
  let calls = 0;
  const world = await startedWorld({
    onAssignmentChange: () => deny(world, { tables: ['audit', 'assignments'] }),
  });
  const id = await world.ask(ANA);
  await world.approve(id);
  await secondsUntil(world, () => world.isLive(ANA), 60);
  world.hooks.afterCall = () => {
    calls += 1;
  };
  await world.advance(MINUTE);
  expect(calls).toBeLessThan(90);
  delete world.hooks.afterCall;
  deny(world, undefined);
  await world.advance(MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  await world.stop();
});

it('what was seen gone and cannot be recorded is neither forgotten nor mended over and over', async () => {
  const world = await startedWorld();
  const [first, second] = [
    await world.granted(ANA, { minutes: 60 }),
    await world.granted(ANA, { minutes: 3 }),
  ];
  await revokeUser(world, false);
  deny(world, { tables: ['requests'], reads: true });
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.store.dump('audit').filter(({ event_type: type }) => type === 'HAND_EDIT')).toEqual([]);
  deny(world, undefined);
  await world.advance(2 * MINUTE);
  for (const id of [first, second])
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it.each([
  ['the audit takes nothing, what was seen gone is not looked at again and again', ['audit'], false],
  ['nobody can hold the lease, what is over is not looked at again and again', ['control'], true],
] as const)('while %s', async (_, tables, reads) => {
  const world = await startedWorld();
  const ids = await Promise.all([ANA, BEN, CLEO, DORA].map((person) => world.granted(person)));
  deny(world, { tables, reads });
  for (const id of ids) await world.revoke(id);
  await world.advance(5 * MINUTE);
  expect([ANA, BEN, CLEO, DORA].some((person) => world.isLive(person))).toBe(false);
  let calls = 0;
  world.hooks.afterCall = () => {
    calls += 1;
  };
  await world.advance(10 * MINUTE);
  expect(calls).toBeLessThan(10 * 15);
  deny(world, undefined);
  await world.advance(2 * MINUTE);
  for (const id of ids) expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});
