// The life of a request, from asking to having been seen gone, on a whole organisation under virtual time.

import { expect, it } from 'vitest';
import { ANA, BEN, DEV, HOUR, MINUTE, SECOND, startedWorld } from '../world.ts';

it('a grant is said when it is seen live, and lasts from then on', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA, { minutes: 60 });
  expect(world.row(id).status).toBe('PENDING');
  await world.approve(id);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.said(id)).toEqual([]);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(id)).toMatchObject({
    status: 'GRANTED',
    audited_status: 'GRANTED',
    assignment_status: 'LIVE',
  });
  expect(world.said(id)).toEqual(['GRANTED']);
  expect(world.audit(id)).toEqual(['REQUESTED', 'APPROVED', 'GRANTED']);
  await world.stop();
});

it('an expired grant is removed, proved gone and said so', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  await world.advance(29 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  expect(world.row(id).due_at).toBeUndefined();
  expect(world.row(id).removed_at).toBeDefined();
  expect(world.row(id).sessions_may_last_until).toBeDefined();
  expect(world.audit(id)).toEqual(['REQUESTED', 'APPROVED', 'GRANTED', 'EXPIRED']);
  expect(world.said(id)).toEqual(['GRANTED', 'EXPIRED']);
  await world.stop();
});

it('a revoke flips at once and is proved within three seconds', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.revoke(id);
  expect(world.row(id).status).toBe('REVOKED');
  expect(world.row(id).due_at).toBeDefined();
  await world.advance(3 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  expect(world.audit(id)).toEqual(['REQUESTED', 'APPROVED', 'GRANTED', 'REVOKED', 'REMOVED']);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  await world.stop();
});

it('a revoke before the grant leaves nothing behind', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(200);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  expect(world.said(id)).toEqual(['REVOKED']);
  await world.stop();
});

it('a revoked request that nobody had approved is settled without a call to AWS', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  expect(world.row(id).status).toBe('REVOKED');
  expect(world.row(id).due_at).toBeUndefined();
  expect(world.said(id)).toEqual(['REVOKED']);
  expect(world.ledger()).toEqual([]);
  await world.stop();
});

it('a request that nobody answers lapses and is said as DENIED', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await world.advance(25 * HOUR);
  expect(world.row(id).status).toBe('EXPIRED');
  expect(world.said(id)).toEqual(['DENIED']);
  await world.stop();
});

it('of two overlapping requests the first to end leaves the access and the second removes it', async () => {
  const world = await startedWorld();
  const first = await world.granted(ANA, { minutes: 30 });
  const second = await world.granted(ANA, { minutes: 60 });
  await world.advance(35 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(first)).toMatchObject({ status: 'EXPIRED', assignment_status: 'KEPT' });
  expect(world.said(first)).toEqual(['GRANTED', 'REVOKED']);
  await world.revoke(second);
  await world.advance(5 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(second)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('a creation that AWS refuses for good becomes ERROR, with nothing left live', async () => {
  const world = await startedWorld();
  world.model.addFault({
    operation: 'CreateAccountAssignment',
    fault: { kind: 'error', name: 'AccessDeniedException', message: 'no' },
    times: 1,
  });
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(30 * SECOND);
  expect(world.row(id)).toMatchObject({ status: 'ERROR' });
  expect(world.row(id).due_at).toBeUndefined();
  expect(world.isLive(ANA)).toBe(false);
  expect(world.said(id)).toEqual(['ERROR']);
  await world.stop();
});

it('a dead chat delays what is said and loses nothing, in order', async () => {
  const world = await startedWorld();
  world.chat.answer = 'down';
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(MINUTE);
  expect(world.said(id)).toEqual([]);
  world.chat.answer = 'ok';
  await world.advance(3 * MINUTE);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  expect(world.store.dump('outbox')).toEqual([]);
  await world.stop();
});

it('a settled assignment leaves no row of the ledger behind once the watch is over', async () => {
  const world = await startedWorld();
  const id = await world.granted(BEN, { account: DEV });
  await world.revoke(id);
  await world.advance(10 * MINUTE);
  expect(world.ledger()).toEqual([]);
  await world.stop();
});
