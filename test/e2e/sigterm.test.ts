// A reconciler is told to stop with operations in flight and a plugin that does not answer, while another stands by.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { expectSettled, untilAll } from './settled.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

const [TO_REVOKE, TO_GRANT, TO_HOLD_UP] = [
  BOUND_WISHES.slice(0, 3),
  BOUND_WISHES.slice(3, 6),
  BOUND_WISHES.slice(6, 8),
];
/** Long enough to be in flight when it stops, at half or at one and a half of it. */
const SLOW_MS = 3_000;
const NEVER_MS = 600_000;

describe('a reconciler that is told to stop in the middle of its work', needsTables(), () => {
  let stage: WireStage;
  let leader: ReconcilerProcess;
  let standby: ReconcilerProcess;
  beforeAll(async () => {
    stage = await openWireStage();
    leader = await stage.startReconciler();
    await eventually('the first to lead', async () => (await leader.isLeading()) || undefined);
    standby = await stage.startReconciler();
  });
  afterAll(() => stage?.close());

  const grantAll = (wishes: typeof BOUND_WISHES) =>
    Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));
  const slowDown = (operationMs: number) => stage.caller.admin('PUT', '/admin/settings', { operationMs });

  test('ends well and soon, is followed at once, and leaves nothing undone', async () => {
    const revoked = await grantAll(TO_REVOKE);
    await untilAll(stage.caller, revoked, { status: 'GRANTED' });
    await eventually('the chat to be told', async () => stage.told.size === revoked.length || undefined);

    await stage.plugin({ answer: 'slow', delayMs: NEVER_MS });
    const heldUp = await grantAll(TO_HOLD_UP);
    await eventually('a notification to hang', async () => stage.told.size > revoked.length || undefined);
    await stage.plugin({ answer: 'ok', delayMs: 0 });
    await slowDown(SLOW_MS);
    const granted = await grantAll(TO_GRANT);
    await Promise.all(revoked.map(({ id }) => stage.caller.revoke(id)));
    await eventually('operations to be in flight in both accounts', async () => {
      const flying = (await stage.caller.admin('GET', '/admin/operations')) as unknown[];
      return flying.length >= 2 || undefined;
    });
    await slowDown(300);

    const [ended, followedMs] = await Promise.all([leader.end('SIGTERM'), untilLeading(standby)]);
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.tookMs).toBeLessThan(3_000);
    // At the standby's next look; that the lease runs down by itself takes three seconds more.
    expect(followedMs).toBeLessThan(ended.tookMs + 2_500);
    await expectSettled(stage, { granted: [...granted, ...heldUp], revoked });
    expect(await stage.store.get('control', { name: 'leader' })).toMatchObject({ epoch: 2 });
  });
});

async function untilLeading(reconciler: ReconcilerProcess): Promise<number> {
  const startedMs = performance.now();
  const look = async () => (await reconciler.isLeading()) || undefined;
  await eventually('the other to lead', look, { everyMs: 50 });
  return performance.now() - startedMs;
}
