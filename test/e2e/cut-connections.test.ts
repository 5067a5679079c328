// The wires to the tables and to Identity Center are bad for a while: connections are cut at any moment of a call, also
// after it took effect, and answers come seconds late. Then they are made whole.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsTables } from '../test-tables.ts';
import { seededRandom } from '../world.ts';
import { expectSettled, untilAll } from './settled.ts';
import { type Fate, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, BOUND_WISHES, type Wish } from './wish.ts';

const SEED = 20_260_115;
const ALL_LOST: readonly Fate[] = ['lost'];
const BAD: readonly Fate[] = ['whole', 'whole', 'cut', 'lost', 'torn', 'held'];
/** Each step takes several calls to the tables: worse than this, and hardly one is ever taken. */
const BAD_AT_TIMES: readonly Fate[] = [...Array<Fate>(8).fill('whole'), 'cut', 'lost', 'torn', 'held'];
const [FIRST, SECOND, THIRD, FOURTH] = [0, 4, 8, 12].map((at) => BOUND_WISHES.slice(at, at + 4));

describe('a reconciler whose connections are cut', needsTables(), () => {
  const random = seededRandom(SEED);
  let stage: WireStage;
  let tables: TcpProxy;
  let identityCenter: TcpProxy;
  let reconciler: ReconcilerProcess;
  beforeAll(async () => {
    stage = await openWireStage();
    tables = await startTcpProxy({ url: stage.urls.dynamoDb, random, holdMaxMs: 6_000 });
    identityCenter = await startTcpProxy({ url: stage.urls.identityCenter, random, holdMaxMs: 3_000 });
    reconciler = await stage.startReconciler({
      env: {
        AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tables.port}`,
        AWS_ENDPOINT_URL_SSO_ADMIN: `http://127.0.0.1:${identityCenter.port}`,
      },
    });
  });
  afterAll(async () => {
    await stage?.close();
    await tables?.close();
    await identityCenter?.close();
  });

  const grantAll = (wishes: readonly Wish[] = []) =>
    Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));

  const revokeAll = (asked: readonly Asked[]) => Promise.all(asked.map(({ id }) => stage.caller.revoke(id)));

  test(`settles once they are whole again, and did every step once (seed ${SEED})`, async () => {
    const [first, second] = await Promise.all([grantAll(FIRST), grantAll(SECOND)]);
    await untilAll(stage.caller, [...first, ...second], { status: 'GRANTED' });

    identityCenter.disturb(ALL_LOST);
    await revokeAll(first);
    const granted = await grantAll(THIRD);
    await delay(1_500);
    identityCenter.disturb(BAD);
    await delay(2_000);
    tables.disturb(BAD_AT_TIMES);
    await revokeAll(second);
    const late = await grantAll(FOURTH);
    await delay(4_000);
    for (const wire of [tables, identityCenter]) wire.disturb(['whole']);

    await expectSettled(stage, { granted: [...granted, ...late], revoked: [...first, ...second] });
    expect(reconciler.isRunning()).toBe(true);
    // Otherwise nothing was proved.
    expect(lostThrough(identityCenter)).toEqual(
      expect.arrayContaining(['CreateAccountAssignment', 'DeleteAccountAssignment']),
    );
    expect(new Set(tables.calls.map(({ fate }) => fate))).toEqual(new Set(BAD));
  });
});

function lostThrough({ calls }: TcpProxy): string[] {
  return calls.filter(({ fate }) => fate === 'lost').map(({ target }) => target);
}
