// The tables do not answer for a while: DynamoDB is killed, hangs, or its disk is full. Nobody gives up, everybody says so,
// and what was asked for just before happens when they are back.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type DynamoDbLocal, startDynamoDbLocal } from '../../local/dynamodb.ts';
import { freePort } from '../free-port.ts';
import { isOnPath, needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { canLimitFiles, findJava } from './java-process.ts';
import type { Answered } from './local-caller.ts';
import { expectSettled, untilAll } from './settled.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, BOUND_WISHES } from './wish.ts';

/** What the plugin waits for an answer. */
const PLUGIN_WAITS_MS = 10_000;
const NO_LEASE = 'the lease could not be renewed or read';

const needed = { java: hasDynamoDbLocal(), ps: isOnPath('ps') };

describe('tables that do not answer', needs(needed), () => {
  let dataDir: string;
  let port: number;
  let dynamoDb: DynamoDbLocal;
  let stage: WireStage;
  let reconciler: ReconcilerProcess;
  const revoked: Asked[] = [];
  const toRevoke: Asked[] = [];
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tables-away-'));
    port = await freePort();
    dynamoDb = await startDynamoDbLocal({ port, dataDir });
    stage = await openWireStage({ dynamoDb: dynamoDb.endpoint });
    reconciler = await stage.startReconciler();
    const wishes = BOUND_WISHES.slice(0, 6);
    toRevoke.push(...(await Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)))));
    await untilAll(stage.caller, toRevoke, { status: 'GRANTED' });
  });
  afterEach(() => expect([stage.api.isRunning(), reconciler.isRunning()]).toEqual([true, true]));
  afterAll(async () => {
    await stage?.close();
    await dynamoDb?.stop();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  const next = (): Asked => {
    const asked = toRevoke.pop();
    if (asked === undefined) throw new Error('nothing is left to revoke');
    revoked.push(asked);
    return asked;
  };
  const tryToRevoke = ({ id }: Asked) =>
    stage.caller.call('POST', `/requests/${id}/revoke`, {
      actor_mm_user_id: 'mm-ben',
      actor_email: 'ben@example.com',
    });
  const untilBack = () =>
    eventually('the API to be ready', async () => (await stage.api.health('/readyz')) === 200 || undefined);

  test('because DynamoDB was killed: the API says so, health says so, and a revoke of just before is carried out', async () => {
    await stage.caller.revoke(next().id);
    (await findJava(port)).send('SIGKILL');
    const second = next();
    expectUnavailable(await tryToRevoke(second));
    expectUnavailable(await stage.caller.call('GET', `/requests/${second.id}`));
    expect([await stage.api.health('/healthz'), await stage.api.health('/readyz')]).toEqual([200, 503]);
    await eventually('the reconciler to say that it is not ready', async () => {
      return (await reconciler.health('/readyz')) === 503 || undefined;
    });
    expect(reconciler.output()).toContain(NO_LEASE);
    await dynamoDb.stop();
    dynamoDb = await startDynamoDbLocal({ port, dataDir });
    await untilBack();
    await stage.caller.revoke(second.id);
    await expectSettled(stage, { granted: toRevoke, revoked });
    expect(await reconciler.health('/readyz')).toBe(200);
  });

  test('because DynamoDB hangs: the API answers before the plugin gives up, and all goes on afterwards', async () => {
    await stage.caller.revoke(next().id);
    const java = await findJava(port);
    java.send('SIGSTOP');
    const second = next();
    const askedMs = performance.now();
    expectUnavailable(await tryToRevoke(second));
    expect(performance.now() - askedMs).toBeLessThan(PLUGIN_WAITS_MS);
    java.send('SIGCONT');
    await untilBack();
    await stage.caller.revoke(second.id);
    await expectSettled(stage, { granted: toRevoke, revoked });
  });

  test(
    'because their disk is full: nothing is taken for done, and all goes on when there is room',
    needs({ prlimit: canLimitFiles() }),
    async () => {
      const java = await findJava(port);
      await stage.caller.revoke(next().id);
      await java.limitFiles(0);
      const second = next();
      const before = reconciler.output().length;
      expectUnavailable(await tryToRevoke(second));
      expectUnavailable(await stage.caller.call('POST', '/requests', {}));
      await eventually(
        'the reconciler to say so',
        async () => reconciler.output().slice(before).includes(NO_LEASE) || undefined,
      );
      await java.limitFiles(undefined);
      await untilBack();
      await stage.caller.revoke(second.id);
      await expectSettled(stage, { granted: toRevoke, revoked });
    },
  );
});

/** A sentence and a code: nothing of the inside. */
function expectUnavailable({ status, body }: Answered): void {
  expect([status, body.code]).toEqual([503, 'unavailable']);
  expect(Object.keys(body).sort()).toEqual(['code', 'message']);
  expect(JSON.stringify(body)).not.toMatch(/Error|ECONN|jit_|\bat \S+:\d/);
}
