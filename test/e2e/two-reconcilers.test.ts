// Two reconcilers on one set of tables, each with a wire of its own to Identity Center, so that it shows who asks what.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { expectSettled, untilAll, type Wanted } from './settled.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, BOUND_WISHES, type Wish } from './wish.ts';

/** Long enough to be in flight when the leader ends, at half or at one and a half of it. */
const SLOW_MS = 1_500;
const QUICK_MS = 200;
const LEASE_MS = 3_000;
const [A, B, C, D] = [0, 3, 6, 9].map((at) => BOUND_WISHES.slice(at, at + 3));

type Side = { readonly reconciler: ReconcilerProcess; readonly wire: TcpProxy };

describe('two reconcilers on one set of tables', needsTables(), () => {
  let stage: WireStage;
  const sides: Side[] = [];
  let was: Wanted;
  beforeAll(async () => {
    stage = await openWireStage();
  });
  afterAll(async () => {
    await stage?.close();
    for (const { wire } of sides) await wire.close();
  });

  const startSide = async (): Promise<Side> => {
    const wire = await startTcpProxy({ url: stage.urls.identityCenter, random: () => 0 });
    const env = { AWS_ENDPOINT_URL_SSO_ADMIN: `http://127.0.0.1:${wire.port}` };
    const side = { reconciler: await stage.startReconciler({ env }), wire };
    sides.push(side);
    return side;
  };
  const grantAll = (wishes: readonly Wish[] = []) =>
    Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));
  const revokeAll = (asked: readonly Asked[]) => Promise.all(asked.map(({ id }) => stage.caller.revoke(id)));
  const slowDown = (operationMs: number) => stage.caller.admin('PUT', '/admin/settings', { operationMs });
  const untilUnderWay = () =>
    eventually('operations to be in flight in both accounts', async () => {
      const flying = (await stage.caller.admin('GET', '/admin/operations')) as unknown[];
      return flying.length >= 2 || undefined;
    });

  test('of which one is killed: the other takes over and finishes what was begun', async () => {
    const leader = await startSide();
    await untilLeading(leader);
    const standby = await startSide();
    const [ended, kept] = await Promise.all([grantAll(A), grantAll(B)]);
    await untilAll(stage.caller, [...ended, ...kept], { status: 'GRANTED' });
    await slowDown(SLOW_MS);
    const granted = await grantAll(C);
    await revokeAll(ended);
    await untilUnderWay();
    await leader.reconciler.end('SIGKILL');
    const killedMs = performance.now();
    await slowDown(QUICK_MS);
    await untilLeading(standby);
    expect(performance.now() - killedMs).toBeLessThan(2 * LEASE_MS);
    was = { granted: [...granted, ...kept], revoked: ended };
    await expectSettled(stage, was);
    expect(standby.wire.calls.every(({ atMs }) => atMs > killedMs)).toBe(true);
  });

  test('of which one is paused for longer than its lease: it writes nothing when it goes on', async () => {
    const [, leader] = sides;
    if (leader === undefined) throw new Error('the test before started two');
    const standby = await startSide();
    await slowDown(SLOW_MS);
    const granted = await grantAll(D);
    await revokeAll(was.granted);
    await untilUnderWay();
    leader.reconciler.send('SIGSTOP');
    const pausedMs = performance.now();
    await untilLeading(standby);
    leader.reconciler.send('SIGCONT');
    const resumedMs = performance.now();
    await slowDown(QUICK_MS);
    await expectSettled(stage, { granted, revoked: [...was.granted, ...was.revoked] });
    expect(standby.wire.calls.every(({ atMs }) => atMs > pausedMs)).toBe(true);
    const since = leader.wire.calls.filter(({ atMs }) => atMs > resumedMs);
    expect(since.filter(({ target }) => /^(Create|Delete)/.test(target))).toEqual([]);
    expect(leader.reconciler.isRunning()).toBe(true);
    expect(await leader.reconciler.isLeading()).toBe(false);
  });
});

function untilLeading({ reconciler }: Side): Promise<true> {
  return eventually('a reconciler to lead', async () => (await reconciler.isLeading()) || undefined);
}
