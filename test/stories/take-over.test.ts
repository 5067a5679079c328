// Tables filled by the previous deployment are taken over in place: its live grants keep their end, its history stays
// history, and what it left behind in AWS is shown and waits for a person. So does whatever a changed scope lets fall.

import { expect, it } from 'vitest';
import type { Row } from '../../src/store.ts';
import {
  ADMIN,
  ANA,
  CLEO,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  READ_ONLY,
  SECOND,
  type World,
} from '../world.ts';

const at = (world: World, offsetMs: number) =>
  `${new Date(world.clock.nowMs() + offsetMs).toISOString().slice(0, 19)}Z`;

/** A row as the previous deployment wrote it: without any attribute of ours. */
function oldRow(world: World, id: string, status: string, change: Row = {}): Row {
  return {
    request_id: id,
    account_id: DEV,
    channel_id: 'demo',
    requester_mm_user_id: 'mm-ana',
    requester_email: ANA.email,
    jira: '',
    reason: 'old',
    requested_duration_minutes: 60,
    status,
    created_at: at(world, -30 * MINUTE),
    end_time: at(world, 30 * MINUTE),
    identity_store_user_id: ANA.id,
    ...change,
  };
}

async function takenOver(prepare: (world: World) => void) {
  const world = await createWorld();
  prepare(world);
  world.start();
  await world.advance(3 * MINUTE);
  return world;
}

it('a GRANTED row is adopted silently, keeps its end and is removed at it', async () => {
  const world = await takenOver((old) => {
    old.assign(ANA);
    old.store.load('requests', [oldRow(old, 'old-1', 'GRANTED', { grant_time: at(old, -30 * MINUTE) })]);
  });
  expect(world.row('old-1')).toMatchObject({
    status: 'GRANTED',
    audited_status: 'GRANTED',
    permission_set_arn: ADMIN,
  });
  expect(world.said('old-1')).toEqual([]);
  expect(world.isLive(ANA)).toBe(true);
  await world.advance(29 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row('old-1')).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  expect(world.said('old-1')).toEqual(['EXPIRED']);
  await world.stop();
});

it('an APPROVED row that is ahead and has its event is granted; one without its event is not', async () => {
  const world = await takenOver((old) => {
    old.store.load('requests', [
      oldRow(old, 'old-1', 'APPROVED', { approved_at: at(old, -MINUTE) }),
      oldRow(old, 'forged', 'APPROVED', { approved_at: at(old, -MINUTE), identity_store_user_id: DORA.id }),
    ]);
    old.store.load('audit', [
      { request_id: 'old-1', event_time_event_id: `${at(old, -MINUTE)}#x`, event_type: 'APPROVED' },
    ]);
  });
  expect(world.row('old-1').status).toBe('GRANTED');
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row('forged').status).toBe('EXPIRED');
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

it('APPROVED past its end and PENDING past the limit become EXPIRED, audited and told to nobody', async () => {
  const world = await takenOver((old) => {
    old.store.load('requests', [
      oldRow(old, 'approved', 'APPROVED', { end_time: at(old, -MINUTE) }),
      oldRow(old, 'pending', 'PENDING', { created_at: at(old, -25 * HOUR) }),
    ]);
  });
  for (const id of ['approved', 'pending']) {
    expect(world.row(id).status).toBe('EXPIRED');
    expect(world.audit(id)).toEqual(['EXPIRED']);
    expect(world.said(id)).toEqual([]);
  }
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it.each(['ERROR', 'REVOKED', 'EXPIRED'])(
  'live access that an old %s row explains is withheld with the row named',
  async (status) => {
    const world = await takenOver((old) => {
      old.assign(ANA);
      old.store.load('requests', [oldRow(old, 'old-1', status)]);
    });
    await world.advance(HOUR);
    expect(world.isLive(ANA)).toBe(true);
    expect(world.said('old-1')).toEqual([]);
    const plan = await world.call('GET', '/plan');
    expect(plan.body.withheld).toMatchObject([{ reason: 'previous system', explained_by: 'old-1' }]);
    await world.stop();
  },
);

it('an old ERROR row can be revoked, and its access goes', async () => {
  const world = await takenOver((old) => {
    old.assign(ANA);
    old.store.load('requests', [oldRow(old, 'old-1', 'ERROR', { approved_at: at(old, -MINUTE) })]);
  });
  expect((await world.revoke('old-1')).status).toBe(200);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row('old-1')).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('a grant that falls out of the scope is not touched, is shown as stuck when it ends, and goes when the scope is back', async () => {
  const world = await createWorld();
  const wide = world.start();
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA, { permissionSetArn: READ_ONLY, minutes: 30 });
  await wide.stop();
  const scope = { ...world.policy.scope, permissionSetArns: [ADMIN] };
  const narrow = world.start({ policy: { ...world.policy, scope } });
  Object.assign(world.api.settings, { scope });
  await world.advance(HOUR);
  expect(world.isLive(ANA, DEV, READ_ONLY)).toBe(true);
  const drift = await world.call('GET', '/drift');
  expect(drift.body.items).toContainEqual(
    expect.objectContaining({ kind: 'stuck', detail: expect.stringContaining('out of scope') }),
  );
  await narrow.stop();
  world.start();
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA, DEV, READ_ONLY)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('what left the scope and was removed by hand stays stuck: AWS refuses to show it until the scope is back', async () => {
  const world = await createWorld();
  const wide = world.start();
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA, { permissionSetArn: READ_ONLY, minutes: 30 });
  await wide.stop();
  const scope = { ...world.policy.scope, permissionSetArns: [ADMIN] };
  const narrow = world.start({ policy: { ...world.policy, scope } });
  Object.assign(world.api.settings, { scope });
  world.unassign(ANA, DEV, READ_ONLY);
  await world.advance(HOUR);
  const { body } = await world.call('GET', '/drift');
  expect(body.items).toContainEqual(
    expect.objectContaining({ kind: 'stuck', detail: expect.stringContaining('out of scope') }),
  );
  await narrow.stop();
  world.start();
  await world.advance(5 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
  await world.stop();
});

it('what a wider scope brings to light waits for a release', async () => {
  const world = await createWorld();
  world.assign(CLEO, DEV, READ_ONLY);
  const scope = { ...world.policy.scope, permissionSetArns: [ADMIN] };
  const narrow = world.start({ policy: { ...world.policy, scope } });
  await world.advance(5 * MINUTE);
  await narrow.stop();
  world.start();
  await world.advance(HOUR);
  expect(world.isLive(CLEO, DEV, READ_ONLY)).toBe(true);
  await world.stop();
});

it('an old binding keeps its account from being bound by another channel', async () => {
  const world = await takenOver((old) => {
    old.store.load('config', [
      { channel_id: 'elsewhere', account_id: '444444444444', approver_mm_user_ids: null },
    ]);
  });
  const answer = await world.call('POST', '/config/bind', { channel_id: 'demo', account_id: '444444444444' });
  expect(answer.status).toBe(409);
  await world.stop();
});
