// What other hands do: in AWS, in the tables, and on purpose. Access can be taken away by hand; it can never be given.

import { expect, it } from 'vitest';
import {
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  PERMANENT,
  type Person,
  PROD,
  READ_ONLY,
  SECOND,
  STAGING,
  startedWorld,
} from '../world.ts';

it('access removed in AWS is reported as missing, and not created again', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.unassign(ANA);
  await world.advance(4 * MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'MISSING' });
  expect(world.audit(id)).toContain('MISSING_FOUND');
  await world.advance(HOUR);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED' });
  await world.stop();
});

it('what was granted through a permission set that is deleted in AWS is missing, and nothing else is', async () => {
  const world = await startedWorld();
  const [gone, kept] = [await world.granted(ANA, { permissionSetArn: READ_ONLY }), await world.granted(BEN)];
  world.model.change({ kind: 'delete-permission-set', permissionSetArn: READ_ONLY }, world.clock.nowMs());
  await world.advance(4 * MINUTE);
  expect(world.row(gone)).toMatchObject({ status: 'GRANTED', assignment_status: 'MISSING' });
  expect(world.row(kept)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
  expect(world.isLive(BEN)).toBe(true);
  await world.stop();
});

it('a missing request can still be revoked, and is settled', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.unassign(ANA);
  await world.advance(4 * MINUTE);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('a REVOKED typed by hand is adopted within two ticks, with its event', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.edit(id, { status: 'REVOKED', revoked_at: '2026-01-15T12:00:00Z' });
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({
    status: 'REVOKED',
    audited_status: 'REVOKED',
    assignment_status: 'GONE',
  });
  expect(world.audit(id)).toEqual(['REQUESTED', 'APPROVED', 'GRANTED', 'REVOKED', 'REMOVED']);
  const event = world.store
    .dump('audit')
    .find((each) => each.request_id === id && each.event_type === 'REVOKED');
  expect(event).toMatchObject({
    actor_email: 'hand edit',
    details: { typed_revoked_at: '2026-01-15T12:00:00Z' },
  });
  await world.stop();
});

it.each(['EXPIRED', 'DENIED', 'ERROR'])('a typed %s takes the access away', async (status) => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.edit(id, { status });
  await world.advance(90 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status, audited_status: status });
  expect(world.row(id).due_at).toBeUndefined();
  await world.stop();
});

it.each(['GRANTED', 'APPROVED', 'nonsense'])('a typed %s gives nothing and is put back', async (status) => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await world.edit(id, { status });
  await world.advance(90 * SECOND);
  expect(world.row(id)).toMatchObject({ status: 'PENDING', audited_status: 'PENDING' });
  expect(world.audit(id)).toEqual(['REQUESTED', 'HAND_EDIT']);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a status typed over a grant is put back, and the grant goes on to its end', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  await world.edit(id, { status: 'whatever' });
  await world.advance(3 * MINUTE);
  expect(world.row(id).status).toBe('GRANTED');
  expect(world.audit(id)).toContain('HAND_EDIT');
  expect(world.isLive(ANA)).toBe(true);
  await world.advance(30 * MINUTE);
  expect(world.row(id).status).toBe('EXPIRED');
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an earlier end typed by hand shortens, a later one is put back', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 60 });
  const end = String(world.row(id).end_time);
  await world.edit(id, { end_time: '2027-01-01T00:00:00Z' });
  await world.advance(2 * MINUTE);
  expect(world.row(id).end_time).toBe(end);
  const sooner = `${new Date(world.clock.nowMs() + 5 * MINUTE).toISOString().slice(0, 19)}Z`;
  await world.edit(id, { end_time: sooner });
  await world.advance(8 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'EXPIRED' });
  expect(world.audit(id).filter((type) => type === 'HAND_EDIT')).toHaveLength(2);
  await world.stop();
});

it('nonsense in a row never gives access and never takes it away before its time', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  await world.edit(id, {
    audited_status: 42,
    end_time: 'soon',
    requested_duration_minutes: 'x',
    audit_seq: 'y',
  });
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  const other = await world.granted(BEN);
  await world.revoke(other);
  await world.advance(5 * SECOND);
  expect(world.isLive(BEN)).toBe(false);
  await world.advance(25 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an orphan made by another hand is removed after two sightings', async () => {
  const world = await startedWorld();
  world.assign(DORA);
  await world.advance(70 * SECOND);
  expect(world.isLive(DORA)).toBe(true);
  await world.advance(3 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  const subject = `assignment#${DEV}#arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333#${DORA.id}`;
  expect(world.audit(subject)).toEqual(['ORPHAN_FOUND', 'ORPHAN_REMOVED']);
  await world.stop();
});

it('what was live before the first sweep waits for a release', async () => {
  const world = await createWorld();
  world.assign(DORA);
  world.start();
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA)).toBe(true);
  const plan = await planOf(world);
  expect(plan.withheld).toMatchObject([{ principal_id: DORA.id, reason: 'first sweep' }]);
  await release(world, String(plan.digest));
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

it('a row of several that is lost by hand makes an orphan, which is removed', async () => {
  const world = await startedWorld();
  const lost = await world.granted(ANA, { minutes: 240 });
  const kept = await world.granted(BEN, { minutes: 240 });
  await world.drop(lost);
  await world.advance(5 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.isLive(BEN)).toBe(true);
  expect(world.row(kept).status).toBe('GRANTED');
  await world.stop();
});

it('losing the whole table of requests removes nothing: the brake says so, and a release removes exactly that', async () => {
  const world = await startedWorld();
  const people: readonly Person[] = [ANA, BEN, CLEO];
  for (const person of people) await world.drop(await world.granted(person, { minutes: 240 }));
  await world.advance(15 * MINUTE);
  for (const person of people) expect(world.isLive(person)).toBe(true);
  const plan = await planOf(world);
  expect(plan.withheld).toHaveLength(3);
  expect(plan.brake).toMatchObject({ tripped: true, reason: expect.stringContaining('has been lost') });
  expect(world.control('brake')).toMatchObject({ tripped: true });
  expect(String(world.control('brake')?.reason)).toContain('table of requests has been lost');
  world.assign(DORA);
  await release(world, String(plan.digest));
  for (const person of people) expect(world.isLive(person)).toBe(false);
  expect(world.isLive(DORA)).toBe(true);
  await world.stop();
});

it('more unexplained access than the brake allows is all withheld, while stated endings run on', async () => {
  const world = await startedWorld({ limits: { count: 1, share: 0 } });
  const id = await world.granted(BEN);
  world.assign(DORA);
  world.assign(CLEO);
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA) && world.isLive(CLEO)).toBe(true);
  await world.revoke(id);
  await world.advance(5 * SECOND);
  expect(world.isLive(BEN)).toBe(false);
  await world.stop();
});

it('a digest is good once, and not for what was withheld since', async () => {
  const world = await createWorld();
  world.assign(DORA);
  world.start();
  await world.advance(10 * MINUTE);
  const { digest } = await planOf(world);
  await release(world, String(digest));
  expect(world.isLive(DORA)).toBe(false);
  world.assign(DORA);
  const again = await release(world, String(digest));
  expect(JSON.stringify(again)).toContain('nothing was released');
  await world.stop();
});

it('what is outside the managed scope and what groups hold survives everything', async () => {
  const world = await startedWorld();
  await world.advance(HOUR);
  expect(world.isLive(ANA, PROD, PERMANENT)).toBe(true);
  const group = world.model.assignments(world.clock.nowMs()).filter((row) => row.principalType === 'GROUP');
  expect(group).toMatchObject([{ accountId: STAGING, permissionSetArn: READ_ONLY }]);
  const drift = await world.call('GET', '/drift');
  expect(drift.body.items).toContainEqual(expect.objectContaining({ kind: 'foreign' }));
  await world.stop();
});

it('revoking everything of a user ends every request, and a freeze keeps new ones away', async () => {
  const world = await startedWorld();
  const dev = await world.granted(ANA, { account: DEV });
  const staging = await world.granted(ANA, { account: STAGING, permissionSetArn: READ_ONLY });
  const pending = await world.ask(ANA);
  const others = await world.granted(BEN);
  world.assign(ANA, DEV, READ_ONLY);
  const answer = await world.call('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: CLEO.email,
    reason: 'stolen laptop',
    freeze: true,
  });
  expect(answer.status).toBe(200);
  await world.advance(20 * SECOND);
  expect(
    world.isLive(ANA, DEV) || world.isLive(ANA, STAGING, READ_ONLY) || world.isLive(ANA, DEV, READ_ONLY),
  ).toBe(false);
  for (const id of [dev, staging, pending]) expect(world.row(id).status).toBe('REVOKED');
  expect(world.row(others).status).toBe('GRANTED');
  await expect(world.ask(ANA)).rejects.toThrow();
  await world.call('POST', '/users/unfreeze', { email: ANA.email, actor_email: CLEO.email, reason: 'over' });
  await world.granted(ANA);
  await world.stop();
});

async function planOf(world: Awaited<ReturnType<typeof startedWorld>>) {
  const answer = await world.call('GET', '/plan');
  expect(answer.status).toBe(200);
  return answer.body as { withheld: unknown[]; digest?: string; brake: unknown };
}

async function release(world: Awaited<ReturnType<typeof startedWorld>>, digest: string) {
  const answer = await world.call('POST', '/reconcile', {
    actor_email: CLEO.email,
    reason: 'looked at each',
    wait_seconds: 25,
    release_withheld: digest,
  });
  expect(answer.status).toBe(200);
  await world.advance(5 * SECOND);
  return answer.body;
}

it('a sweep that another process goes on with still counts what was sighted before', async () => {
  const world = await createWorld({ limits: { count: 1, share: 0 } });
  const first = world.start();
  await world.advance(2 * MINUTE);
  world.assign(DORA);
  world.assign(CLEO, STAGING, READ_ONLY);
  await world.advance(65 * SECOND);
  // The next sweep is cut in the middle: it has swept dev and not staging.
  world.store.hooks.onAfterWrite = ([write]) => {
    if (write?.kind === 'put' && write.row.name === 'sweep') first.kill();
  };
  await world.advance(70 * SECOND);
  world.start();
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA) && world.isLive(CLEO, STAGING, READ_ONLY)).toBe(true);
  expect(world.control('brake')).toMatchObject({ tripped: true });
  await world.stop();
});

it('a ledger that was emptied forgets nobody: what the audit knows is put back, and ends in its time', async () => {
  const world = await startedWorld();
  const granted = await world.granted(ANA, { minutes: 10 });
  const asked = await world.ask(CLEO, { minutes: 10 });
  await world.approve(asked);
  for (const { assignment_id } of world.store.dump('assignments'))
    await world.store.transact([
      { kind: 'delete', table: 'assignments', key: { assignment_id: String(assignment_id) } },
    ]);
  await world.advance(4 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.row(asked).status).toBe('GRANTED');
  expect(world.audit(granted)).toContain('HAND_EDIT');
  await world.advance(10 * MINUTE);
  expect([world.isLive(ANA), world.isLive(CLEO)]).toEqual([false, false]);
  expect(world.said(granted)).toEqual(['GRANTED', 'EXPIRED']);
  await world.stop();
});

it('a closer look that fails clears no brake: it is not known that nothing is withheld any more', async () => {
  const world = await startedWorld({ limits: { count: 0, share: 0 } });
  world.assign(DORA);
  await world.advance(4 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  world.store.hooks.onRead = (read) => {
    if (read.kind === 'get' && read.table === 'assignments') throw new Error('the table is away');
  };
  await world.advance(3 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  expect(world.control('coverage')?.unread).toBe(1);
  delete world.store.hooks.onRead;
  await world.advance(3 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  expect(world.isLive(DORA)).toBe(true);
  await world.stop();
});
