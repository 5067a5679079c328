// Histories that once broke a promise: each is one disturbance, and what must hold all the same.

import { expect, it } from 'vitest';
import { holdName } from '../../src/principal-hold.ts';
import type { Row } from '../../src/store.ts';
import {
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  HOUR,
  MINUTE,
  READ_ONLY,
  SECOND,
  STAGING,
  startedWorld,
  type World,
} from '../world.ts';

const denied = (operation: string, accountId?: string) => ({
  operation,
  fault: { kind: 'error' as const, name: 'AccessDeniedException', message: 'denied' },
  probability: 1,
  ...(accountId === undefined ? {} : { accountId }),
});

const withheldIds = async (world: World) => JSON.stringify((await world.call('GET', '/plan')).body.withheld);

it('what the first sweep could not read waits for a release when it is read for the first time', async () => {
  const world = await createWorld();
  world.assign(CLEO);
  world.model.addFault(denied('ListAccountAssignments', DEV));
  world.start();
  await world.advance(5 * MINUTE);
  world.model.clearFaults();
  await world.advance(15 * MINUTE);
  expect(world.isLive(CLEO)).toBe(true);
  expect(await withheldIds(world)).toContain('first sweep');
  await world.stop();
});

it('what a forced pass finds before the first sweep is over waits for a release', async () => {
  const world = await createWorld();
  world.assign(CLEO);
  world.start();
  await world.advance(1);
  await world.call('POST', '/reconcile', {
    actor_email: BEN.email,
    reason: 'looking',
    scope: { principal: CLEO.id },
  });
  await world.advance(15 * MINUTE);
  expect(world.ledger()[0]?.sighting).toMatchObject({ held: 'first sweep' });
  expect(world.isLive(CLEO)).toBe(true);
  await world.stop();
});

it('a freeze is carried out although the process that wrote it died before anything else', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.store.transact([
    {
      kind: 'put',
      table: 'control',
      row: {
        name: holdName(ANA.id),
        version: 1,
        principal_id: ANA.id,
        revoked_before: new Date(world.clock.nowMs() + 30 * SECOND).toISOString(),
        search_until: new Date(world.clock.nowMs() + 2 * MINUTE).toISOString(),
        frozen: true,
        actor_email: CLEO.email,
        reason: 'left the company',
      },
    },
  ]);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id).status).toBe('REVOKED');
  await world.stop();
});

it('a late Create within the watch is undone although no sweep comes by', async () => {
  const world = await createWorld({ limits: { count: 0, share: 0 } });
  world.start({ sweepIntervalMs: 3 * HOUR });
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(20 * SECOND);
  expect(world.row(id).assignment_status).toBe('GONE');
  world.assign(ANA);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a duration typed between approval and grant lengthens nothing', async () => {
  const world = await createWorld();
  const id = await world.ask(ANA, { minutes: 30 });
  await world.approve(id);
  await world.edit(id, { requested_duration_minutes: 100_000 });
  world.start();
  await world.advance(2 * MINUTE);
  expect(world.row(id).status).toBe('GRANTED');
  await world.advance(HOUR);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it.each(['0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '2026-01-15T12:00:00.123456789Z'])(
  'an end_time typed as %s does not keep the access from ending',
  async (end_time) => {
    const world = await startedWorld();
    const id = await world.granted(ANA, { minutes: 30 });
    await world.edit(id, { end_time });
    await world.advance(HOUR);
    expect(world.isLive(ANA)).toBe(false);
    expect(world.row(id).due_at).toBeUndefined();
    await world.stop();
  },
);

it('a hold that cannot be read takes nothing away', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.store.transact([
    { kind: 'put', table: 'control', row: { name: holdName(ANA.id), version: 1, frozen: 'no' } },
  ]);
  world.processes[0]?.reconciler.nudge([{ request_id: id }]);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(id).status).toBe('GRANTED');
  await world.stop();
});

it('a request whose row was spoiled keeps its access when another request for it ends', async () => {
  const world = await startedWorld();
  const spoiled = await world.granted(ANA);
  const other = await world.granted(ANA);
  await world.edit(spoiled, { audited_status: 'granted' });
  await world.revoke(other);
  await world.advance(3 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  await world.stop();
});

it('missing access is shown by the next leader too', async () => {
  const world = await startedWorld();
  await world.granted(ANA);
  world.unassign(ANA);
  await world.advance(4 * MINUTE);
  expect(JSON.stringify((await world.call('GET', '/drift')).body)).toContain('"missing"');
  await world.stop();
  world.start();
  await world.advance(5 * MINUTE);
  expect(JSON.stringify((await world.call('GET', '/drift')).body)).toContain('"missing"');
  await world.stop();
});

it('a transaction that is refused every time does not spend the calls of all others', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.chat.answer = 'down';
  await world.revoke(id);
  await world.advance(20 * SECOND);
  // Restored from a backup: its next notification has the number of one that was never delivered.
  const again = await world.granted(ANA);
  await world.edit(again, { notification_seq: 0 });
  let lists = 0;
  world.hooks.afterCall = (operation) => {
    if (operation === 'ListAccountAssignments') lists += 1;
  };
  await world.revoke(again);
  await world.advance(MINUTE);
  expect(lists).toBeLessThan(60);
  expect(world.isLive(ANA)).toBe(false);
  world.chat.answer = 'ok';
  await world.advance(5 * MINUTE);
  expect(world.row(again).due_at).toBeUndefined();
  await world.stop();
});

it('an ending does not wait for ever for a verdict that cannot be read', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.model.addFault(denied('DescribeAccountAssignmentDeletionStatus'));
  await world.revoke(id);
  await world.advance(15 * MINUTE);
  expect(world.row(id).assignment_status).toBe('GONE');
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  await world.stop();
});

it('losing the table of requests right after an ending is no reason to remove the next grant', async () => {
  const world = await startedWorld({ limits: { count: 0, share: 0 } });
  const first = await world.granted(ANA);
  await world.revoke(first);
  await world.advance(5 * SECOND);
  const second = await world.granted(ANA);
  await world.drop(second);
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  await world.stop();
});

it('an ERROR whose access another request keeps is not told as revoked by anybody', async () => {
  const world = await startedWorld();
  await world.granted(ANA);
  world.model.addFault(denied('CreateAccountAssignment'));
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'ERROR', assignment_status: 'KEPT' });
  expect(world.said(id)).toEqual(['ERROR']);
  await world.stop();
});

it('a row of the ledger whose version was typed is mended, and holds up nobody', async () => {
  const world = await startedWorld();
  const typed = await world.granted(ANA, { minutes: 30 });
  const other = await world.granted(BEN, { account: STAGING, permissionSetArn: READ_ONLY, minutes: 30 });
  const ledger = world.ledger().find((row) => String(row.assignment_id).includes(ANA.id));
  await world.store.transact([
    {
      kind: 'put',
      table: 'assignments',
      row: { ...ledger, assignment_id: String(ledger?.assignment_id), version: 0 },
    },
  ]);
  let describes = 0;
  world.hooks.afterCall = () => {
    describes += 1;
  };
  await world.advance(HOUR);
  expect([world.row(typed).status, world.row(other).status]).toEqual(['EXPIRED', 'EXPIRED']);
  expect(describes).toBeLessThan(5_000);
  await world.stop();
});

/** As large as DynamoDB takes it: not an attribute more can be written. */
const full = (row: Row): Row => ({
  ...row,
  reason: 'x'.repeat(400 * 1024 - 10 - JSON.stringify(row).length),
});

it('an old row that cannot be taken over holds up nobody else', async () => {
  const world = await createWorld();
  const at = (offsetMs: number) => `${new Date(world.clock.nowMs() + offsetMs).toISOString().slice(0, 19)}Z`;
  const old = {
    request_id: 'old-1',
    account_id: DEV,
    channel_id: 'demo',
    requester_email: BEN.email,
    requested_duration_minutes: 60,
    status: 'GRANTED',
    created_at: at(-MINUTE),
    end_time: at(HOUR),
    identity_store_user_id: BEN.id,
  };
  world.store.load('requests', [full(old)]);
  world.start();
  await world.advance(MINUTE);
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(MINUTE);
  expect(world.row(id).status).toBe('GRANTED');
  await world.stop();
});

it('a row that names no assignment and cannot be written holds up nobody else', async () => {
  const world = await startedWorld();
  const spoiled = {
    request_id: 'spoiled',
    status: 'REVOKED',
    audited_status: 'PENDING',
    due_at: '2026-01-15T12:00:00.000Z',
  };
  world.store.load('requests', [full(spoiled)]);
  await world.advance(2 * MINUTE);
  const id = await world.ask(ANA, { minutes: 30 });
  await world.approve(id);
  await world.advance(5 * MINUTE);
  expect(world.row(id).status).toBe('GRANTED');
  await world.advance(HOUR);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a REVOKED typed while a creation backs off is adopted within two ticks', async () => {
  const world = await startedWorld();
  world.model.addFault({
    operation: 'CreateAccountAssignment',
    fault: {
      kind: 'error',
      name: 'ConflictException',
      message: 'There is a conflicting operation in process.',
    },
    probability: 1,
  });
  const waits: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    const id = await world.ask(ANA);
    await world.approve(id);
    await world.advance(3 * MINUTE);
    const typedMs = world.clock.nowMs();
    await world.edit(id, { status: 'REVOKED' });
    while (world.row(id).audited_status !== 'REVOKED') await world.advance(SECOND);
    waits.push(world.clock.nowMs() - typedMs);
    await world.advance(5 * MINUTE);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(11 * SECOND);
  await world.stop();
});

it('a pass that is heard of again while it runs is carried out once', async () => {
  const world = await startedWorld();
  const states: unknown[] = [];
  world.store.hooks.onAfterWrite = ([write]) => {
    if (write?.kind === 'put' && String(write.row.name).startsWith('pass#')) states.push(write.row.state);
  };
  world.model.addFault({ operation: '*', fault: { kind: 'slow-answer', delayMs: 8_000 }, probability: 1 });
  const answer = await world.call('POST', '/reconcile', {
    actor_email: BEN.email,
    reason: 'looking',
    scope: { account_id: DEV },
  });
  for (let n = 0; n < 3; n += 1) {
    world.processes[0]?.reconciler.nudge([{ pass_id: String(answer.body.pass_id) }]);
    await world.advance(3 * SECOND);
  }
  world.model.clearFaults();
  await world.advance(MINUTE);
  expect(states).toEqual(['REQUESTED', 'RUNNING', 'DONE']);
  await world.stop();
});

it('a coverage that is being written does not make a swept pair look unswept', async () => {
  const world = await startedWorld();
  world.model.addFault(denied('ListAccountAssignments', STAGING));
  await world.advance(2 * MINUTE);
  // The writer died after the chunk and before the head.
  const chunk = world.control('coverage#0');
  expect(chunk).toBeDefined();
  await world.store.transact([
    { kind: 'put', table: 'control', row: { ...chunk, name: 'coverage#0', generation: 7 } },
  ]);
  world.assign(CLEO);
  await world.call('POST', '/reconcile', {
    actor_email: BEN.email,
    reason: 'look',
    scope: { principal: CLEO.id },
  });
  await world.advance(5 * SECOND);
  expect(world.ledger()[0]?.sighting).toBeDefined();
  expect(world.ledger()[0]?.sighting).not.toHaveProperty('held');
  await world.stop();
});
