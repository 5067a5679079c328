// The same application on real tables: what the model may be too kind to refuse.

import { beforeAll, describe, expect, test } from 'vitest';
import type { RequestAnswer } from '../../api/request-answer.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import type { Store } from '../../src/store.ts';
import { createTestTables, needsTables } from '../test-tables.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { ADMIN_SET, ANA, type ApiWorld, BEN, createApiWorld, DEV } from './api-world.ts';

const realTime: VirtualClock = {
  ...systemClock,
  run: (work) => work,
  advance: (durationMs) => systemClock.sleep(durationMs),
  skewed: () => systemClock,
};

describe('the API on DynamoDB', needsTables(), () => {
  let store: Store;
  let world: ApiWorld;
  beforeAll(async () => {
    ({ store } = await createTestTables());
    world = createApiWorld({ clock: realTime, store: () => store });
    await world.call('POST', '/config/bind', { channel_id: 'demo', account_id: DEV });
    await world.call('POST', '/config/approvers', { channel_id: 'demo', approver_ids: [BEN.mmUserId] });
  });

  test('binds once, whoever asks, and shows approvers as a list', async () => {
    expect((await world.call('POST', '/config/bind', { channel_id: 'ops', account_id: DEV })).status).toBe(
      409,
    );
    const { body } = await world.call('GET', '/config/accounts?channel_id=demo');
    expect(body).toMatchObject([{ account_id: DEV, approver_mm_user_ids: [BEN.mmUserId] }]);
    const settings = {
      channel_id: 'demo',
      account_id: DEV,
      permission_set_arns: [ADMIN_SET],
      max_request_hours: 2,
    };
    expect((await world.ops('POST', '/config/settings', settings)).body).toMatchObject({
      max_request_hours: 2,
    });
    const { body: cleared } = await world.ops('POST', '/config/settings', {
      ...settings,
      permission_set_arns: null,
    });
    expect(cleared).not.toHaveProperty('permission_set_arns');
  });

  test('asks, approves, revokes and tells the whole story in the audit', async () => {
    const id = await world.anaHasAsked();
    const approvals = await Promise.all([world.benApproves(id), world.benApproves(id)]);
    expect(approvals.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await world.revoke(id)).body).toMatchObject({ status: 'REVOKED', assignment_status: 'REMOVING' });
    const { text } = await world.ops('GET', `/audit?request_id=${id}`);
    const types = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event_type);
    expect(types).toEqual(['REQUESTED', 'APPROVED', 'REVOKED']);
    expect((await world.ops('GET', '/drift')).status).toBe(200);
  });

  test('pages through every filter without repeating or leaving out any', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 5; n += 1) ids.add(await world.anaHasAsked());
    const today = new Date().toISOString().slice(0, 10);
    for (const filter of [
      'channel_id=demo',
      `account_id=${DEV}`,
      `requester_email=${ANA.email}`,
      'status=PENDING',
    ]) {
      const seen: string[] = [];
      let token = '';
      do {
        const query = `${filter}&start_date=${today}&limit=2&next_token=${token}`;
        const { body } = await world.call('GET', `/requests?${query}`);
        seen.push(...body.items.map((item: RequestAnswer) => item.request_id));
        token = body.next_token ?? '';
      } while (token !== '');
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of ids) expect(seen).toContain(id);
    }
  });

  test('refuses a nonce that was used, and revokes a person whole', async () => {
    const again = () => world.call('GET', '/config/accounts?channel_id=demo', undefined, { nonce: 'once' });
    expect([(await again()).status, (await again()).status]).toEqual([200, 401]);
    const order = { email: ANA.email, actor_email: 'o@x.y', reason: 'r', freeze: true };
    const { status, body } = await world.ops('POST', '/users/revoke', order);
    expect([status, body.requests.length, body.frozen]).toEqual([200, 5, true]);
    expect((await world.anaAsks()).status).toBe(403);
    expect((await world.ops('POST', '/users/unfreeze', order)).body.lifted).toBe(true);
    expect((await world.ops('POST', '/reconcile', { actor_email: 'o@x.y', reason: 'r' })).status).toBe(202);
    expect((await world.ops('POST', '/config/unbind', { channel_id: 'demo', account_id: DEV })).status).toBe(
      200,
    );
    expect((await world.anaAsks()).status).toBe(403);
  });
});
