// The control table alone is gone: deleted by hand, or out of reach. Whoever must lose access is revoked all the same, so the
// API stays where its callers find it; a restart would mend nothing, so nobody is restarted.

import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTables } from '../../src/aws/create-tables.ts';
import { createTestClient, needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

describe('tables of which one is gone', needsTables(), () => {
  let stage: WireStage;
  let reconciler: ReconcilerProcess;
  let client: ReturnType<typeof createTestClient>;
  beforeAll(async () => {
    client = createTestClient(inject('dynamoDbEndpoint'));
    stage = await openWireStage();
    reconciler = await stage.startReconciler();
  });
  afterAll(async () => {
    await stage?.close();
    client?.destroy();
  });
  const remove = (TableName: string | undefined) => client.send(new DeleteTableCommand({ TableName }));

  test('that of control: the API is ready and revokes, nobody is restarted, and the revoke is carried out later', async () => {
    const [wish, another] = BOUND_WISHES;
    if (wish === undefined || another === undefined) throw new Error('nothing to wish for');
    const { id } = await askAndApprove(stage.caller, wish);
    await stage.caller.until(id, { status: 'GRANTED' });
    await remove(stage.env.TABLE_CONTROL);
    await eventually('the reconciler to say that it is not ready', async () => {
      return (await reconciler.health('/readyz')) === 503 || undefined;
    });
    expect(await reconciler.health('/healthz')).toBe(200);
    expect(await stage.api.health('/readyz')).toBe(200);
    expect(await stage.caller.revoke(id)).toMatchObject({ status: 'REVOKED' });
    await expect(askAndApprove(stage.caller, another)).rejects.toThrow('the API answered 503');
    await createTables({ client, tableNames: stage.tableNames });
    await stage.caller.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
    expect([await reconciler.health('/readyz'), reconciler.isRunning()]).toEqual([200, true]);
  });

  test('that of the requests: the API is alive, and not ready', async () => {
    await remove(stage.env.TABLE_REQUESTS);
    await eventually('the API to say that it is not ready', async () => {
      return (await stage.api.health('/readyz')) === 503 || undefined;
    });
    expect(await stage.api.health('/healthz')).toBe(200);
  });
});
