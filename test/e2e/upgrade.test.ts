// An earlier commit's processes and this one's, side by side on one set of tables with live grants: the lead goes from the
// old code to the new one, and back again as in a roll-back. Each has a wire of its own to Identity Center, which shows who
// called what.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import { needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { type EarlierCode, takeOutEarlierCode, whyNoEarlierCode } from './earlier-code.ts';
import { eventually } from './eventually.ts';
import type { LocalCaller } from './local-caller.ts';
import { auditOf, untilAll } from './settled.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, approve, ask, askAndApprove, assignmentOf, BOUND_WISHES, type Wish } from './wish.ts';

/** Long enough to be in flight when the leader ends, at half or at one and a half of it. */
const SLOW_MS = 1_500;
const QUICK_MS = 200;
/** The shortest that can be asked for, and some. */
const EXPIRY_MS = 90_000;

const needed = { java: hasDynamoDbLocal(), history: whyNoEarlierCode() === undefined };

type Side = { readonly reconciler: ReconcilerProcess; readonly wire: TcpProxy };

describe('old code and new code on one set of tables', needs(needed), () => {
  let earlier: EarlierCode;
  let stage: WireStage;
  const sides: Side[] = [];
  beforeAll(async () => {
    earlier = takeOutEarlierCode();
    stage = await openWireStage({ api: { cwd: earlier.folder } });
  });
  afterAll(async () => {
    await stage?.close();
    for (const { wire } of sides) await wire.close();
    earlier?.remove();
  });

  const startSide = async (code: { readonly cwd?: string } = {}): Promise<Side> => {
    const wire = await startTcpProxy({ url: stage.urls.identityCenter, random: () => 0 });
    const env = { AWS_ENDPOINT_URL_SSO_ADMIN: `http://127.0.0.1:${wire.port}` };
    const side = { reconciler: await stage.startReconciler({ ...code, env }), wire };
    sides.push(side);
    return side;
  };
  const slowDown = (operationMs: number) => stage.caller.admin('PUT', '/admin/settings', { operationMs });

  /** Begins to revoke, and ends the leader with the Delete on its way. */
  const revokeAcross = async (caller: LocalCaller, asked: Asked, leader: Side, next: Side) => {
    await slowDown(SLOW_MS);
    await caller.revoke(asked.id);
    await eventually('the Delete to be on its way', async () => {
      return ((await stage.caller.admin('GET', '/admin/operations')) as unknown[]).length > 0 || undefined;
    });
    const ended = await leader.reconciler.end('SIGTERM');
    expect(ended).toMatchObject({ code: 0, signal: null });
    await slowDown(QUICK_MS);
    await untilLeading(next);
    await caller.until(asked.id, { status: 'REVOKED', assignment_status: 'GONE' });
  };

  test('grants, a revoke and an expiry go across an upgrade and a roll-back, each done once', {
    timeout: 4 * EXPIRY_MS,
  }, async () => {
    const old = await startSide({ cwd: earlier.folder });
    await untilLeading(old);
    const oldApi = stage.caller;
    const wishes = [...BOUND_WISHES];
    const next = (): Wish => {
      const wish = wishes.shift();
      if (wish === undefined) throw new Error('nothing is left to wish for');
      return wish;
    };
    const kept = await askAndApprove(oldApi, next());
    const revokedByNew = await askAndApprove(oldApi, next());
    const revokedByOld = await askAndApprove(oldApi, next());
    const expiresUnderNew = await askForAMinute(oldApi, next());
    await untilAll(oldApi, [kept, revokedByNew, revokedByOld, expiresUnderNew], { status: 'GRANTED' });

    const fresh = await startSide();
    await revokeAcross(oldApi, revokedByNew, old, fresh);
    const grantedByNew = await askAndApprove(oldApi, next());
    await untilAll(oldApi, [grantedByNew], { status: 'GRANTED', assignment_status: 'LIVE' });

    const again = await startSide({ cwd: earlier.folder });
    const newApi = await stage.startApi();
    await untilEndsIn(oldApi, expiresUnderNew, 40_000);
    const expiresUnderOld = await askForAMinute(newApi, next());
    await untilGone(newApi, expiresUnderNew);

    await revokeAcross(newApi, revokedByOld, fresh, again);
    const grantedByOld = await askAndApprove(newApi, next());
    await untilAll(oldApi, [grantedByOld], { status: 'GRANTED', assignment_status: 'LIVE' });
    await untilGone(newApi, expiresUnderOld);

    for (const { id } of [kept, grantedByNew, grantedByOld])
      expect(await auditOf(stage.store, id)).toEqual(GRANTED);
    for (const { id } of [revokedByNew, revokedByOld])
      expect(await auditOf(stage.store, id)).toEqual([...GRANTED, 'REVOKED', 'REMOVED']);
    for (const { id } of [expiresUnderNew, expiresUnderOld])
      expect(await auditOf(stage.store, id)).toEqual([...GRANTED, 'EXPIRED']);
    const live = [...DEMO_ORGANISATION.assignments, ...[kept, grantedByNew, grantedByOld].map(assignedBy)];
    expect(comparable(await oldApi.assignments())).toEqual(comparable(live));
    // Who did what: each change of access was asked of AWS once, by whoever led.
    expect([old, fresh, again].map(changesBy)).toEqual([
      { CreateAccountAssignment: 4, DeleteAccountAssignment: 1 },
      { CreateAccountAssignment: 2, DeleteAccountAssignment: 2 },
      { CreateAccountAssignment: 1, DeleteAccountAssignment: 1 },
    ]);
    expect(await stage.store.get('control', { name: 'leader' })).toMatchObject({ epoch: 3 });
  });
});

const GRANTED = ['REQUESTED', 'APPROVED', 'GRANTED'];

async function askForAMinute(caller: LocalCaller, wish: Wish): Promise<Asked> {
  const asked = await ask(caller, wish, { requested_duration_minutes: 1 });
  await approve(caller, asked);
  return asked;
}

async function untilEndsIn(caller: LocalCaller, { id }: Asked, leftMs: number): Promise<void> {
  const { end_time } = await caller.request(id);
  const look = async () => Date.parse(String(end_time)) - Date.now() < leftMs || undefined;
  await eventually('a part of its minute to be over', look, { withinMs: EXPIRY_MS });
}

function untilGone(caller: LocalCaller, { id }: Asked) {
  return caller.until(id, { status: 'EXPIRED', assignment_status: 'GONE' }, { withinMs: EXPIRY_MS });
}

function untilLeading({ reconciler }: Side): Promise<true> {
  return eventually('a reconciler to lead', async () => (await reconciler.isLeading()) || undefined);
}

function assignedBy({ wish }: Asked): object {
  return assignmentOf(wish);
}

function changesBy({ wire }: Side): Readonly<Record<string, number>> {
  const changes: Record<string, number> = {};
  for (const { target } of wire.calls)
    if (/^(Create|Delete)/.test(target)) changes[target] = (changes[target] ?? 0) + 1;
  return changes;
}

function comparable(assignments: readonly object[]): string[] {
  return assignments.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}
