// A reconciler is told to stop while something that it waits for takes the connection and never answers. It ends by itself,
// and says by its exit code whether the lease was given up.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { expectSettled, untilAll } from './settled.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, BOUND_WISHES } from './wish.ts';

const WORK_LEFT = 'work that hangs is broken off';
const RUNS_DOWN = 'is left to run down';

type Side = {
  readonly reconciler: ReconcilerProcess;
  readonly tables: TcpProxy;
  readonly identityCenter: TcpProxy;
};

describe('a reconciler that is told to stop', needsTables(), () => {
  let stage: WireStage;
  const sides: Side[] = [];
  const granted: Asked[] = [];
  const revoked: Asked[] = [];
  beforeAll(async () => {
    stage = await openWireStage();
    granted.push(
      ...(await Promise.all(BOUND_WISHES.slice(0, 4).map((wish) => askAndApprove(stage.caller, wish)))),
    );
  });
  afterAll(async () => {
    await stage?.close();
    for (const { tables, identityCenter } of sides) {
      await tables.close();
      await identityCenter.close();
    }
  });

  /** Leads when it resolves, with everything settled. */
  const startLeader = async (): Promise<Side> => {
    const random = () => 0;
    const tables = await startTcpProxy({ url: stage.urls.dynamoDb, random });
    const identityCenter = await startTcpProxy({ url: stage.urls.identityCenter, random });
    const env = {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tables.port}`,
      AWS_ENDPOINT_URL_SSO_ADMIN: `http://127.0.0.1:${identityCenter.port}`,
    };
    const reconciler = await stage.startReconciler({ env });
    const side = { reconciler, tables, identityCenter };
    sides.push(side);
    await eventually('it to lead', async () => (await reconciler.isLeading()) || undefined);
    await untilAll(stage.caller, granted, { status: 'GRANTED' });
    return side;
  };
  const revokeOne = async () => {
    const asked = granted.pop();
    if (asked === undefined) throw new Error('nothing is left to revoke');
    revoked.push(asked);
    await stage.caller.revoke(asked.id);
  };
  const untilSwallowed = (wire: TcpProxy, target: RegExp) =>
    eventually(
      `${target} to hang`,
      async () =>
        wire.calls.some((call) => call.fate === 'swallowed' && target.test(call.target)) || undefined,
    );

  test('while its Delete hangs: it keeps the lease, and the next carries out the revoke when that has run down', async () => {
    const { reconciler, identityCenter } = await startLeader();
    identityCenter.disturb(['swallowed']);
    await revokeOne();
    // Lists hang as well, and hold up nothing else.
    await untilSwallowed(identityCenter, /^Delete/);
    const ended = await reconciler.end('SIGTERM');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(reconciler.output()).toContain(WORK_LEFT);
    expect(reconciler.output()).toContain(RUNS_DOWN);
    expect(await stage.store.get('control', { name: 'leader' })).not.toHaveProperty('released');
    await startLeader();
    await expectSettled(stage, { granted, revoked });
  });

  test('while its reads of Identity Center hang: it gives the lease up', async () => {
    const leader = sides.at(-1);
    if (leader === undefined) throw new Error('the test before started one');
    leader.identityCenter.disturb(['swallowed']);
    await untilSwallowed(leader.identityCenter, /^List/);
    const ended = await leader.reconciler.end('SIGTERM');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(leader.reconciler.output()).toContain(WORK_LEFT);
    expect(await stage.store.get('control', { name: 'leader' })).toMatchObject({ released: true });
  });

  test('while the tables hang: it ends all the same, and the next leads when the lease has run down', async () => {
    const { reconciler, tables } = await startLeader();
    tables.disturb(['swallowed']);
    await revokeOne();
    await untilSwallowed(tables, /./);
    const ended = await reconciler.end('SIGTERM');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(reconciler.output()).toContain(RUNS_DOWN);
    await startLeader();
    await expectSettled(stage, { granted, revoked });
  });

  test('while the plugin hangs: it gives the lease up, and the next tells', async () => {
    const leader = sides.at(-1);
    if (leader === undefined) throw new Error('the test before started one');
    await stage.plugin({ answer: 'slow', delayMs: 600_000 });
    await revokeOne();
    const last = revoked.at(-1);
    await eventually('the notification to hang', async () => {
      return stage.told.get(String(last?.id))?.includes('REVOKED') || undefined;
    });
    await stage.plugin({ answer: 'ok', delayMs: 0 });
    const ended = await leader.reconciler.end('SIGTERM');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(await stage.store.get('control', { name: 'leader' })).toMatchObject({ released: true });
    await startLeader();
    await expectSettled(stage, { granted, revoked });
  });
});
