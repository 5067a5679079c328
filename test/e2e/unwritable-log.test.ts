// The log cannot be written: its disk is full, or whoever read it is gone. Access is ended all the same.

import { closeSync, existsSync, openSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { expectSettled, untilAll } from './settled.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

/** Says of every write that the disk is full. */
const FULL_DISK = '/dev/full';
const LINES_ARE_LOST = 'the log cannot be written, lines are lost';

const needed = { java: hasDynamoDbLocal(), linux: existsSync(FULL_DISK) };

describe('a log that cannot be written', needs(needed), () => {
  let full: number;
  let stage: WireStage;
  let reconciler: ReconcilerProcess;
  beforeAll(async () => {
    full = openSync(FULL_DISK, 'w');
    stage = await openWireStage();
    reconciler = await stage.startReconciler({ stdout: full });
  });
  afterAll(async () => {
    await stage?.close();
    if (full !== undefined) closeSync(full);
  });

  test('stops neither the API nor the reconciler, which grant, revoke and end well', async () => {
    stage.api.stopReading();
    const wishes = BOUND_WISHES.slice(0, 4);
    const asked = await Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));
    await untilAll(stage.caller, asked, { status: 'GRANTED' });
    // A call that is refused is logged, too.
    expect(await stage.caller.call('GET', '/nowhere')).toMatchObject({ status: 404 });
    const [kept, revoked] = [asked.slice(0, 2), asked.slice(2)];
    await Promise.all(revoked.map(({ id }) => stage.caller.revoke(id)));
    await expectSettled(stage, { granted: kept, revoked });
    expect(reconciler.output().split(LINES_ARE_LOST)).toHaveLength(2);
    expect(await reconciler.end('SIGTERM')).toMatchObject({ code: 0 });
    expect(await stage.api.end('SIGTERM')).toMatchObject({ code: 0 });
    expect(stage.api.output().split(LINES_ARE_LOST)).toHaveLength(2);
  });
});
