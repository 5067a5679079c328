// What once kept access for ever, over real connections and in real tables: an ending waits for nothing but AWS.

import { type AttributeValue, DeleteTableCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTables } from '../../src/aws/create-tables.ts';
import { createTestClient, needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, assignmentOf, BOUND_WISHES, type Wish } from './wish.ts';

const FAR = '2099-01-01T00:00:00.000Z';

describe('an ending, at the wire', needsTables(), () => {
  let stage: WireStage;
  let reconciler: ReconcilerProcess;
  let client: ReturnType<typeof createTestClient>;
  const wishes = [...BOUND_WISHES];
  beforeAll(async () => {
    client = createTestClient(inject('dynamoDbEndpoint'));
    stage = await openWireStage();
    reconciler = await stage.startReconciler();
  });
  afterAll(async () => {
    await stage?.close();
    client?.destroy();
  });

  const granted = async (): Promise<Asked> => {
    const asked = await askAndApprove(stage.caller, wishes.shift() as Wish);
    await stage.caller.until(asked.id, { status: 'GRANTED' });
    return asked;
  };
  const isLive = async ({ wish }: Asked): Promise<boolean> => {
    const wanted = JSON.stringify(assignmentOf(wish));
    return (await stage.caller.assignments()).some((live) => JSON.stringify(assignmentIn(live)) === wanted);
  };
  const untilGone = (asked: Asked) =>
    eventually('the access to be gone at AWS', async () => !(await isLive(asked)) || undefined);
  const type = (table: string, key: Record<string, AttributeValue>, values: Record<string, AttributeValue>) =>
    client.send(
      new UpdateItemCommand({
        TableName: stage.env[table],
        Key: key,
        UpdateExpression: `SET ${Object.keys(values)
          .map((name) => `#${name} = :${name}`)
          .join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(Object.keys(values).map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(values).map(([name, value]) => [`:${name}`, value]),
        ),
      }),
    );
  const stuck = async (): Promise<number> => {
    const answer = await fetch(`${reconciler.adminUrl}/metrics`, { signal: AbortSignal.timeout(10_000) });
    return Number(/^jit_drift_assignments\{kind="stuck"\} (\d+)$/m.exec(await answer.text())?.[1]);
  };
  const eventsOf = async (id: string): Promise<readonly unknown[]> => {
    const rows = await stage.store.query({
      table: 'audit',
      partition: { attribute: 'request_id', value: id },
    });
    return rows.rows.map(({ event_type }) => event_type);
  };

  test('is carried out while the audit is gone, is shown as not recorded, and is recorded when that is back', async () => {
    const [ended, kept] = [await granted(), await granted()];
    await client.send(new DeleteTableCommand({ TableName: stage.env.TABLE_AUDIT }));
    await stage.caller.revoke(ended.id);
    await untilGone(ended);
    await eventually('what is not recorded to be drift', async () => (await stuck()) > 0 || undefined);
    expect(await isLive(kept)).toBe(true);
    await createTables({ client, tableNames: stage.tableNames });
    const told = await eventually('the ending to be recorded', async () => {
      const types = await eventsOf(ended.id);
      return types.length > 1 ? types : undefined;
    });
    expect(told).toEqual(['REVOKED', 'REMOVED']);
    await stage.caller.until(ended.id, { status: 'REVOKED', assignment_status: 'GONE' });
    await eventually('no drift to be left', async () => (await stuck()) === 0 || undefined);
  });

  test('of a row that a hand made due in 2099, as if its Delete were under way, does not wait for that', async () => {
    const ended = await granted();
    const { assignment_id } = await stage.caller.request(ended.id);
    const key = { assignment_id: { S: String(assignment_id) } };
    await type('TABLE_ASSIGNMENTS', key, { stage: { S: 'DELETING' }, due_at: { S: FAR } });
    await stage.caller.revoke(ended.id);
    await untilGone(ended);
    await stage.caller.until(ended.id, { status: 'REVOKED', assignment_status: 'GONE' });
  });

  test.each<[string, AttributeValue]>([
    ['a list that holds 1.5e40', { L: [{ N: '1.5e40' }] }],
    ['3.0000000000000000001', { N: '3.0000000000000000001' }],
    ['a set of numbers too large', { NS: ['1e40', '2e40'] }],
    ['a map with a number of 23 digits', { M: { n: { N: '12345678901234567890123' } } }],
  ])('of a request whose audit_seq is %s does not wait for it', async (_name, value) => {
    const ended = await granted();
    await type('TABLE_REQUESTS', { request_id: { S: ended.id } }, { audit_seq: value });
    await stage.caller.revoke(ended.id);
    await untilGone(ended);
    await stage.caller.until(ended.id, { status: 'REVOKED', assignment_status: 'GONE' });
  });

  test.each<[string, AttributeValue]>([
    ['20 digits', { N: '12345678901234567890' }],
    ['a list', { L: [] }],
  ])('of a ledger row whose version is %s does not wait for it', async (_name, value) => {
    const ended = await granted();
    const { assignment_id } = await stage.caller.request(ended.id);
    await type('TABLE_ASSIGNMENTS', { assignment_id: { S: String(assignment_id) } }, { version: value });
    await stage.caller.revoke(ended.id);
    await untilGone(ended);
    await stage.caller.until(ended.id, { status: 'REVOKED', assignment_status: 'GONE' });
  });
});

/** In the order of `assignmentOf`. */
function assignmentIn({
  accountId,
  permissionSetArn,
  principalType,
  principalId,
}: ReturnType<typeof assignmentOf>) {
  return { accountId, permissionSetArn, principalType, principalId };
}
