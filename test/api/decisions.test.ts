import { describe, expect, test } from 'vitest';
import { parseLedgerRow } from '../../src/ledger.ts';
import {
  ADMIN_SET,
  ANA,
  type ApiWorld,
  BEN,
  binding,
  CLEO,
  createApiWorld,
  DEV,
  READ_SET,
} from './api-world.ts';

const ASSIGNMENT = `${DEV}#${ADMIN_SET}#${ANA.principalId}`;
const ledgerOf = (world: ApiWorld) => parseLedgerRow(world.store.dump('assignments')[0] ?? {});
const eventsOf = (world: ApiWorld, id: string) => world.audit(id).map((event) => event.event_type);

describe('POST /requests/{id}/approve', () => {
  test('approves in one transaction: row, event and ledger entry, all until the same second', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.clock.advance(90_700);
    const { status, body } = await world.benApproves(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'APPROVED',
      approved_at: '2026-01-15T12:01:30Z',
      end_time: '2026-01-15T13:01:30Z',
      approver_email: BEN.email,
      approver_mm_user_id: BEN.mmUserId,
      assignment_status: 'CREATING',
    });
    expect(world.row(id)).toMatchObject({
      audited_status: 'APPROVED',
      due_at: '2026-01-15T12:01:30.700Z',
      audit_seq: 2,
    });
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED']);
    expect(ledgerOf(world)).toMatchObject({
      assignment_id: ASSIGNMENT,
      stage: 'REST',
      entries: { [id]: { phase: 'WAITING', until: Date.parse('2026-01-15T13:01:30Z') } },
    });
    expect(world.nudges).toEqual([{ request_id: id }]);
  });

  test('adds the second of two requests for one access to the same ledger row', async () => {
    const world = createApiWorld();
    const [first, second] = [await world.anaHasAsked(), await world.anaHasAsked()];
    await world.benHasApproved(first);
    await world.benHasApproved(second);
    expect(Object.keys((world.store.dump('assignments')[0]?.entries ?? {}) as object).sort()).toEqual(
      [first, second].sort(),
    );
  });

  test.each([
    [
      'somebody who is not listed',
      { approver_mm_user_id: 'mm-eve', approver_email: 'eve@example.com' },
      'approvers',
    ],
    ['the requester', { approver_mm_user_id: ANA.mmUserId, approver_email: ANA.email }, 'approvers'],
  ])('refuses %s', async (_what, change, words) => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const { status, body } = await world.benApproves(id, change);
    expect(status).toBe(403);
    expect(body.message).toContain(words);
    expect(world.row(id).status).toBe('PENDING');
    expect(world.store.dump('assignments')).toEqual([]);
  });

  test('refuses the requester who is an approver, by chat id and by e-mail in any spelling', async () => {
    const world = createApiWorld();
    world.store.load('config', [binding({ approver_mm_user_ids: new Set([ANA.mmUserId, 'mm-ana-2']) })]);
    const id = await world.anaHasAsked();
    for (const change of [
      { approver_mm_user_id: ANA.mmUserId, approver_email: 'other@example.com' },
      { approver_mm_user_id: 'mm-ana-2', approver_email: 'ANA@example.com ' },
    ]) {
      const { status, body } = await world.benApproves(id, change);
      expect([status, body.message]).toEqual([403, expect.stringContaining('your own request')]);
    }
  });

  test('lets the requester approve where the binding allows it', async () => {
    const world = createApiWorld();
    world.store.load('config', [
      binding({ allow_self_approval: true, approver_mm_user_ids: [ANA.mmUserId] }),
    ]);
    const id = await world.anaHasAsked();
    expect(
      (await world.benApproves(id, { approver_mm_user_id: ANA.mmUserId, approver_email: ANA.email })).status,
    ).toBe(200);
  });

  test.each([
    ['is gone', undefined],
    ['has no approvers', binding({ approver_mm_user_ids: null })],
    ['no longer allows the permission set', binding({ permission_set_arns: [READ_SET] })],
    ['has a list that cannot be read', binding({ permission_set_arns: 'all' })],
  ])('refuses with 403 where the binding %s', async (_what, row) => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.store.transact([
      { kind: 'delete', table: 'config', key: { channel_id: 'demo', account_id: DEV } },
    ]);
    if (row !== undefined) world.store.load('config', [row]);
    expect((await world.benApproves(id)).status).toBe(403);
    expect(world.row(id).status).toBe('PENDING');
  });

  test('refuses where the binding allows fewer hours by now', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked({ requested_duration_minutes: 180 });
    world.store.load('config', [binding({ max_request_hours: 2 })]);
    expect((await world.benApproves(id)).status).toBe(400);
  });

  test('refuses a second approval, and a request that lapsed, was denied or revoked', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    expect(await world.benApproves(id)).toMatchObject({
      status: 409,
      body: { message: 'This request is APPROVED already.' },
    });
    const lapsed = await world.anaHasAsked();
    await world.clock.advance(24 * 3_600_000);
    expect((await world.benApproves(lapsed)).body.message).toContain('lapsed');
    const revoked = await world.anaHasAsked();
    await world.revoke(revoked);
    expect((await world.benApproves(revoked)).status).toBe(409);
    expect(Object.keys((world.store.dump('assignments')[0]?.entries ?? {}) as object)).toEqual([id]);
  });

  test('refuses what a hand typed PENDING over an ending', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.revoke(id);
    await world.store.transact([
      { kind: 'update', table: 'requests', key: { request_id: id }, set: { status: 'PENDING' } },
    ]);
    expect((await world.benApproves(id)).status).toBe(409);
  });

  test('refuses for a frozen person, and for what was asked before everything was revoked', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const hold = {
      name: `principal#${ANA.principalId}`,
      version: 1,
      principal_id: ANA.principalId,
      frozen: true,
      actor_email: 'o@x.y',
      reason: 'r',
    };
    world.store.load('control', [hold]);
    expect((await world.benApproves(id)).body.message).toContain('frozen');
    world.store.load('control', [{ ...hold, frozen: false, revoked_before: '2026-01-15T12:00:00.500Z' }]);
    expect((await world.benApproves(id)).status).toBe(409);
    world.store.load('control', [{ name: `principal#${ANA.principalId}`, version: 2 }]);
    expect((await world.benApproves(id)).status).toBe(403);
  });

  test('approves nothing where the person is frozen in between', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    world.store.hooks.onBeforeWrite = (writes) => {
      if (!writes.some((write) => write.table === 'assignments')) return;
      world.store.load('control', [
        {
          name: `principal#${ANA.principalId}`,
          version: 1,
          principal_id: ANA.principalId,
          frozen: true,
          actor_email: 'o@x.y',
          reason: 'r',
        },
      ]);
    };
    expect((await world.benApproves(id)).status).toBe(403);
    expect(world.row(id).status).toBe('PENDING');
    expect(world.store.dump('assignments')).toEqual([]);
  });

  test('takes a row of the previous deployment, and writes the default permission set into it', async () => {
    const world = createApiWorld();
    world.store.load('requests', [
      {
        request_id: 'old',
        account_id: DEV,
        channel_id: 'demo',
        requester_email: ANA.email,
        requester_mm_user_id: ANA.mmUserId,
        requested_duration_minutes: 60,
        identity_store_user_id: ANA.principalId,
        status: 'PENDING',
        created_at: '2026-01-15T11:00:00Z',
      },
    ]);
    world.store.load('audit', [
      {
        request_id: 'old',
        event_time_event_id: '2026-01-15T11:00:00Z#e1',
        event_type: 'REQUESTED',
        actor_email: 'Ana@example.com',
      },
    ]);
    expect((await world.benApproves('old')).status).toBe(200);
    expect(world.row('old')).toMatchObject({ permission_set_arn: ADMIN_SET, audited_status: 'APPROVED' });
  });

  test.each([
    ['identity_store_user_id', CLEO.principalId],
    ['requester_email', CLEO.email],
    ['requester_mm_user_id', CLEO.mmUserId],
    ['permission_set_arn', READ_SET],
    ['requested_duration_minutes', 61],
  ])('refuses a request whose %s a hand has changed since it was asked', async (attribute, value) => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    world.store.load('requests', [{ ...world.row(id), [attribute]: value }]);
    const refused = await world.benApproves(id);
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain(`(${attribute})`);
    expect(world.row(id).status).toBe('PENDING');
    expect(world.store.dump('assignments')).toEqual([]);
  });

  test('refuses a row that nobody asked for', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    world.store.load('requests', [{ ...world.row(id), request_id: 'typed' }]);
    expect((await world.benApproves('typed')).status).toBe(409);
    expect(world.row('typed').status).toBe('PENDING');
  });

  test('lets one of two approvals at once through, with one event and one entry', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const statuses = await Promise.all([
      world.benApproves(id),
      world.benApproves(id, { approver_mm_user_id: CLEO.mmUserId, approver_email: CLEO.email }),
    ]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED']);
  });

  test('ends REVOKED whichever of an approval and a revoke comes first', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await Promise.all([world.benApproves(id), world.revoke(id)]);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'REVOKED' });
    expect(eventsOf(world, id).at(-1)).toBe('REVOKED');
  });

  test('answers 503 when others keep writing the ledger row', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    let version = 1;
    world.store.hooks.onBeforeWrite = (writes) => {
      if (!writes.some((write) => write.table === 'assignments')) return;
      version += 1;
      world.store.load('assignments', [{ assignment_id: ASSIGNMENT, version, stage: 'REST', entries: {} }]);
    };
    const { status, headers } = await world.benApproves(id);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(world.row(id).status).toBe('PENDING');
  });

  test('refuses where the ledger row is damaged', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    world.store.load('assignments', [{ assignment_id: ASSIGNMENT, version: 'x' }]);
    expect((await world.benApproves(id)).status).toBe(409);
  });

  test('is 503 in observe mode, 404 for an unknown request, 400 without an approver', async () => {
    const observing = createApiWorld({ settings: { mode: 'observe' } });
    expect((await observing.benApproves('x')).status).toBe(503);
    const world = createApiWorld();
    expect((await world.benApproves('x')).status).toBe(404);
    const { status, body } = await world.call('POST', '/requests/x/approve', { approver_email: 'b' });
    expect(status).toBe(400);
    expect(body.message).toContain('approver_mm_user_id is missing: expected the chat id');
    expect(body.message).toContain('approver_email is "b": expected an e-mail address');
  });
});

describe('POST /requests/{id}/deny', () => {
  const deny = (world: ApiWorld, id: string, change: Record<string, unknown> = {}) =>
    world.call('POST', `/requests/${id}/deny`, {
      denier_mm_user_id: BEN.mmUserId,
      denier_email: BEN.email,
      reason: 'not now',
      ...change,
    });

  test('denies, settles and tells nobody: the plugin shows it itself', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const { status, body } = await deny(world, id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'DENIED', denied_at: '2026-01-15T12:00:00Z' });
    expect(world.row(id)).toMatchObject({ audited_status: 'DENIED' });
    expect(world.row(id)).not.toHaveProperty('due_at');
    expect(world.audit(id).at(-1)).toMatchObject({ event_type: 'DENIED', details: { reason: 'not now' } });
    expect(world.store.dump('outbox')).toEqual([]);
  });

  test('refuses who is not listed, the requester, and what is not PENDING', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    expect((await deny(world, id, { denier_mm_user_id: 'mm-eve' })).status).toBe(403);
    expect((await deny(world, id, { denier_email: ANA.email })).status).toBe(403);
    expect((await deny(world, 'none')).status).toBe(404);
    expect((await deny(world, id, { reason: 5 })).status).toBe(400);
    expect((await deny(world, id, { denier_email: undefined })).body.message).toContain(
      'denier_email is missing',
    );
    await world.benHasApproved(id);
    expect((await deny(world, id)).status).toBe(409);
    expect(eventsOf(world, id)).toEqual(['REQUESTED', 'APPROVED']);
  });
});
