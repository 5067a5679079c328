// A reconciler with a small heap runs out of memory in the middle of its work, and is started again with a larger one.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { built } from '../built.ts';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { expectSettled, untilAll } from './settled.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES, type Wish } from './wish.ts';

const [TO_REVOKE, TO_GRANT] = [BOUND_WISHES.slice(0, 3), BOUND_WISHES.slice(3, 6)];
/** Enough to start and to work with, and eaten up within a second or two. */
const SMALL_HEAP = ['--max-old-space-size=96', '--import', built('test/e2e/eat-memory.ts')];
const SLOW_MS = 2_000;

describe('a reconciler that runs out of memory', needsTables(), () => {
  let stage: WireStage;
  let doomed: ReconcilerProcess;
  beforeAll(async () => {
    stage = await openWireStage();
    doomed = await stage.startReconciler({ nodeArgs: SMALL_HEAP });
  });
  afterAll(() => stage?.close());

  const grantAll = (wishes: readonly Wish[]) =>
    Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));

  test('leaves nothing that the next one does not finish', async () => {
    const revoked = await grantAll(TO_REVOKE);
    await untilAll(stage.caller, revoked, { status: 'GRANTED' });
    await stage.caller.admin('PUT', '/admin/settings', { operationMs: SLOW_MS });
    const granted = await grantAll(TO_GRANT);
    await Promise.all(revoked.map(({ id }) => stage.caller.revoke(id)));
    await eventually('operations to be in flight', async () => {
      const flying = (await stage.caller.admin('GET', '/admin/operations')) as unknown[];
      return flying.length > 0 || undefined;
    });
    doomed.send('SIGWINCH');
    await eventually('it to run out of memory', async () => !doomed.isRunning() || undefined);
    expect(doomed.output()).toContain('heap out of memory');
    await stage.caller.admin('PUT', '/admin/settings', { operationMs: 300 });
    await stage.startReconciler();
    await expectSettled(stage, { granted, revoked });
  });
});
