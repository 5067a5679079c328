// Ways in which somebody might get more than they should, or less than they were promised: each one was one.

import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { foreignTables } from '../../api/foreign-tables.ts';
import { readLambdaEvent } from '../../api/lambda-event.ts';
import { sendAnswer } from '../../api/send-answer.ts';
import type { Store, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { ANA, type ApiWorld, BEN, binding, CLEO, createApiWorld, DEV, OPS, STAGING } from './api-world.ts';

const type = (world: ApiWorld, id: string, set: Record<string, unknown>, remove: readonly string[] = []) =>
  world.store.transact([{ kind: 'update', table: 'requests', key: { request_id: id }, set, remove }]);
const touches = (writes: readonly Write[], table: Write['table']) =>
  writes.some((write) => write.table === table);

describe('POST /requests/{id}/approve', () => {
  test('stands on the rules as they are when it is written, not as they were when it was read', async () => {
    const changes: readonly Record<string, unknown>[] = [
      { approver_mm_user_ids: new Set([CLEO.mmUserId]) },
      { approver_mm_user_ids: null },
      { permission_set_arns: [] },
      { max_request_hours: 4, requested: 300 },
    ];
    for (const { requested = 60, ...change } of changes) {
      const world = createApiWorld();
      world.store.load('config', [binding({ max_request_hours: 8 })]);
      const id = await world.anaHasAsked({ requested_duration_minutes: requested });
      world.store.hooks.onBeforeWrite = (writes) => {
        if (!touches(writes, 'requests')) return;
        delete world.store.hooks.onBeforeWrite;
        world.store.load('config', [binding({ max_request_hours: 8, ...change })]);
      };
      const { status } = await world.benApproves(id);
      expect([change, status]).toEqual([change, requested === 60 ? 403 : 400]);
      expect(world.row(id).status).toBe('PENDING');
    }
  });

  test('gives what the binding is about, whatever assignment was typed into the row', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    const typed = `${STAGING}#${world.row(id).permission_set_arn}#${CLEO.principalId}`;
    await type(world, id, { assignment_id: typed });
    expect((await world.benApproves(id)).status).toBe(200);
    expect(world.row(id).assignment_id).toBe(`${DEV}#${world.row(id).permission_set_arn}#${ANA.principalId}`);
  });

  test('refuses a request that does not say who asked: it might be the approver', async () => {
    for (const name of ['requester_email', 'requester_mm_user_id']) {
      const world = createApiWorld();
      const id = await world.anaHasAsked();
      await type(world, id, {}, [name]);
      expect((await world.benApproves(id)).status).toBe(409);
      expect(world.row(id).status).toBe('PENDING');
    }
  });
});

describe('POST /requests/{id}/revoke', () => {
  test('flips the status alone where others keep writing the rest of the row', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    let seq = 100;
    world.store.hooks.onBeforeWrite = (writes) => {
      if (!touches(writes, 'audit')) return;
      seq += 1;
      world.store.load('requests', [{ ...world.row(id), audit_seq: seq }]);
    };
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', revoked_by: 'admin@example.com' });
  });

  test('revokes anew where an ending was typed and due_at lost, so that the loop would not find it', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    await type(world, id, { status: 'EXPIRED' }, ['due_at']);
    world.nudges.length = 0;
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
    expect(world.row(id)).toMatchObject({ status: 'REVOKED', audited_status: 'REVOKED' });
    expect(world.row(id).due_at).toBe('2026-01-15T12:00:00.000Z');
    expect(world.nudges).toEqual([{ request_id: id }]);
  });

  test('answers 200 once it is flipped, whatever nonsense the row holds', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await type(world, id, { requested_duration_minutes: 9e15 }, ['end_time']);
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
    const listed = await world.call('GET', '/requests?channel_id=demo');
    expect(listed.status).toBe(200);
  });

  test('answers in time when the tables stop answering after the flip', async () => {
    let hangs = false;
    const world = createApiWorld({
      settings: { revokeWaitMs: 8000 },
      store: (store): Store => ({
        ...store,
        get: (table, key) => (hangs ? new Promise(() => undefined) : store.get(table, key)),
      }),
    });
    const id = await world.anaHasAsked();
    await world.benHasApproved(id);
    world.store.hooks.onAfterWrite = (writes) => {
      hangs ||= touches(writes, 'audit');
    };
    const startedMs = world.clock.elapsedMs();
    const { status, body } = await world.revoke(id);
    expect([status, body.status]).toEqual([200, 'REVOKED']);
    expect(world.clock.elapsedMs() - startedMs).toBeLessThan(10_000);
  });
});

describe('POST /users/revoke', () => {
  const order = (email: string) => ({ email, actor_email: 'ops@example.com', reason: 'stolen laptop' });

  test('finds a request of the previous deployment by an address in capitals while the directory is down', async () => {
    const world = createApiWorld();
    const id = await world.anaHasAsked();
    await type(world, id, { requester_email: 'Ana@Example.com' });
    world.faults.directory = true;
    const { status, body } = await world.ops('POST', '/users/revoke', order(ANA.email));
    expect([status, body?.principal_ids]).toEqual([200, [ANA.principalId]]);
    expect(world.row(id).status).toBe('REVOKED');
  });
});

describe('bad input', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test('is never answered as a fault of ours', async () => {
    const world = createApiWorld();
    const token = (position: object) =>
      Buffer.from(JSON.stringify({ digest: 'x', position })).toString('base64url');
    const calls: readonly (readonly [string, string, unknown?])[] = [
      ['POST', '/requests', nested(30_000)],
      ['POST', '/requests', `{"account_id":${nested(30_000)}}`],
      ['GET', `/requests?requester_email=${'a'.repeat(3000)}`],
      ['GET', `/requests?request_id=${'a'.repeat(3000)}`],
      ['GET', `/requests?channel_id=demo&next_token=${token({ request_id: 'a' })}`],
    ];
    for (const [method, target, body] of calls) {
      const { status } = await world.call(method, target, body);
      expect([target.slice(0, 40), status]).toEqual([target.slice(0, 40), 400]);
    }
  });

  test('GET /requests refuses a position that no key of a table can be', async () => {
    const world = createApiWorld();
    await world.anaHasAsked();
    await world.anaHasAsked();
    const { body } = await world.call('GET', '/requests?channel_id=demo&limit=1');
    const token = JSON.parse(Buffer.from(body.next_token, 'base64url').toString('utf8'));
    token.position.created_at = 'é'.repeat(999);
    const forged = Buffer.from(JSON.stringify(token)).toString('base64url');
    const next = await world.call('GET', `/requests?channel_id=demo&limit=1&next_token=${forged}`);
    expect(next.status).toBe(400);
  });

  test('readLambdaEvent() takes no id from a workflow that cannot be the key of a row', () => {
    for (const request_id of ['', 'x'.repeat(3000), 7])
      expect(readLambdaEvent({ action: 'revoke', request_id })).toEqual({
        kind: 'workflow',
        requestId: undefined,
      });
  });
});

test('POST /reconcile does not promise a pass that was not written', async () => {
  const world = createApiWorld({
    store: (store): Store => ({
      ...store,
      transact: async (writes) =>
        touches(writes, 'control') ? { outcome: 'refused', failed: [] } : store.transact(writes),
    }),
  });
  const body = { actor_email: 'ops@example.com', reason: 'look' };
  const { status } = await world.call('POST', '/reconcile', body, { key: OPS });
  expect(status).toBe(503);
  expect(world.nudges).toEqual([]);
});

test('an approval that could not be written is refused without a word about the inside', async () => {
  const world = createApiWorld();
  const id = await world.anaHasAsked();
  world.store.hooks.onBeforeWrite = (writes) => {
    if (touches(writes, 'audit')) throw new StoreError('write jit_audit', { cause: new Error('down') });
  };
  const { status, text } = await world.benApproves(id, { approver_email: BEN.email });
  expect(status).toBe(503);
  expect(text).not.toContain('jit_');
});

test('foreignTables() keeps nobody from revoking while the control table is down', async () => {
  const world = createApiWorld();
  const config = { instanceArn: 'arn:aws:sso:::instance/ssoins-1', tables: { requests: 'jit_requests' } };
  const row = {
    name: 'deployment',
    instance_arn: 'arn:aws:sso:::instance/ssoins-2',
    requests_table: 'other',
  };
  world.store.load('control', [row]);
  expect(await foreignTables(world.store, config, world.deps.log)).toHaveLength(2);
  const get = () => Promise.reject(new StoreError('read jit_control', { cause: new Error('down') }));
  expect(await foreignTables({ get }, config, world.deps.log)).toEqual([]);
});

test('sendAnswer() holds on to nothing while a slow reader takes a long list', async () => {
  const response = Object.assign(new EventEmitter(), {
    setHeader: () => undefined,
    destroyed: false,
    write: () => {
      setImmediate(() => response.emit('drain'));
      return false;
    },
    end: () => undefined,
  });
  async function* lines() {
    for (let n = 0; n < 20; n += 1) yield { n };
  }
  const message = Object.assign(new PassThrough(), { complete: true });
  const world = createApiWorld();
  await sendAnswer(
    { status: 200, lines: lines() },
    message as never,
    response as unknown as ServerResponse,
    world.deps.log,
  );
  expect(response.listenerCount('close')).toBe(0);
});
