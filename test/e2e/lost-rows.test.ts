// Rows of the table of requests are lost, on the real tables: one of several makes an orphan, all of them trip the brake.

import { DeleteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { type LocalStage, openLocalStage } from './local-stage.ts';

const { ana, ben, dora } = DEMO_USERS;
const asks = (user: { readonly email: string }) => ({
  requester_email: user.email,
  requester_mm_user_id: `mm-${user.email.split('@')[0]}`,
});

describe('the table of requests', needsTables(), () => {
  let stage: LocalStage;
  let tables: DynamoDBDocumentClient;
  beforeAll(async () => {
    stage = await openLocalStage();
    tables = createDocumentClient({
      region: 'us-east-1',
      endpoint: stage.urls.dynamoDb,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  });
  afterAll(() => stage?.stop());

  const lose = (request_id: string) =>
    tables.send(new DeleteCommand({ TableName: stage.tableNames.requests, Key: { request_id } }));
  const loseAll = async () => {
    const { Items = [] } = await tables.send(new ScanCommand({ TableName: stage.tableNames.requests }));
    for (const { request_id } of Items) await lose(String(request_id));
  };
  const granted = async (user: { readonly email: string }, approver: 'ben' | 'cleo' = 'cleo') => {
    const id = await stage.ask(asks(user));
    await stage.approve(id, approver);
    await stage.until(id, { status: 'GRANTED' });
    return id;
  };
  const holders = async () => {
    const rows = await stage.assignments();
    const here = rows.filter((row) => row.permissionSetArn === DEMO_PERMISSION_SETS.jitAdmin);
    return here.filter((row) => row.accountId === DEMO_ACCOUNTS.dev).map((row) => row.principalId);
  };
  const plan = async () => (await stage.ops('GET', '/plan')).body;

  test('loses one row of several: after two sightings the orphan is removed, and nothing else', async () => {
    const lost = await granted(ana);
    await granted(ben);
    await lose(lost);
    await eventually('the orphan to be removed', async () =>
      (await holders()).includes(ana.id) ? undefined : true,
    );
    expect(await holders()).toEqual([ben.id]);
  }, 60_000);

  test('loses all its rows: nothing is removed, the plan says why, and a release removes exactly that', async () => {
    await granted(ana);
    await loseAll();
    const withheld = await eventually('the brake to trip', async () => {
      const seen = await plan();
      const items = Array.isArray(seen.withheld) ? seen.withheld : [];
      return items.length === 2 ? seen : undefined;
    });
    expect(withheld.brake).toMatchObject({
      tripped: true,
      reason: expect.stringContaining('the table of requests has been lost'),
    });
    expect((await holders()).sort()).toEqual([ana.id, ben.id]);
    await stage.admin('POST', '/admin/assignments', {
      accountId: DEMO_ACCOUNTS.dev,
      permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
      principalType: 'USER',
      principalId: dora.id,
    });
    const released = await stage.ops('POST', '/reconcile', {
      actor_email: 'cleo@example.com',
      reason: 'looked at each of them',
      release_withheld: withheld.digest,
      wait_seconds: 15,
    });
    expect(released.status).toBe(200);
    await eventually('what was released to be removed', async () =>
      (await holders()).some((id) => id !== dora.id) ? undefined : true,
    );
    expect(await holders()).toEqual([dora.id]);
  }, 60_000);
});
