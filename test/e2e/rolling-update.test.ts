// A rolling update: whoever leads is told to stop, in the middle of its work, and a new process stands by in its place; at
// the pace of a deployment. `HAND_OVERS` is how often, 2 unless given; how long each took is printed.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { expectSettled, untilAll } from './settled.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { type Asked, askAndApprove, BOUND_WISHES } from './wish.ts';

const HAND_OVERS = Number(process.env.HAND_OVERS ?? 2);
/** The defaults of a deployment, where the other tests are in a hurry. */
const PACE = { LEASE_DURATION_MS: '15000', TICK_INTERVAL_MS: '5000', SWEEP_INTERVAL_MS: '60000' };
const EVERY_MS = 10;
const WITHIN = { everyMs: EVERY_MS, withinMs: 20_000 };

type Side = { readonly reconciler: ReconcilerProcess; readonly wire: TcpProxy };
/** From the signal to the release, and from the release to the next leader and to its first Delete. */
type Took = {
  readonly stopMs: number;
  readonly leadMs: number;
  readonly deleteMs: number;
};

describe('reconcilers that are replaced one after the other', needsTables(), () => {
  let stage: WireStage;
  const sides: Side[] = [];
  const granted: Asked[] = [];
  const revoked: Asked[] = [];
  /** Nobody has them now. */
  const free = [...BOUND_WISHES];
  beforeAll(async () => {
    stage = await openWireStage();
  });
  afterAll(async () => {
    await stage?.close();
    for (const { wire } of sides) await wire.close();
  });

  const startSide = async (): Promise<Side> => {
    const wire = await startTcpProxy({ url: stage.urls.identityCenter, random: () => 0 });
    const env = { ...PACE, AWS_ENDPOINT_URL_SSO_ADMIN: `http://127.0.0.1:${wire.port}` };
    const side = { reconciler: await stage.startReconciler({ env }), wire };
    sides.push(side);
    return side;
  };
  const askForNext = () => {
    const wish = free.shift();
    if (wish === undefined) throw new Error('nothing is left to wish for');
    return askAndApprove(stage.caller, wish);
  };
  const leaseIs = (what: string, agrees: (lease: Record<string, unknown>) => boolean) =>
    eventually(
      what,
      async () => {
        const lease = await stage.store.get('control', { name: 'leader' });
        return lease !== undefined && agrees(lease) ? performance.now() : undefined;
      },
      WITHIN,
    );
  const firstDelete = ({ wire }: Side) =>
    eventually(
      'a Delete by the next leader',
      async () => wire.calls.find(({ target }) => /^Delete/.test(target))?.atMs,
      WITHIN,
    );

  /** A Delete is on its way in one account when the leader stops; in the other one more is revoked once nobody leads. */
  const handOver = async (leader: Side, next: Side): Promise<Took> => {
    const [across, after] = granted.splice(0, 2);
    if (across === undefined || after === undefined) throw new Error('nothing is left to revoke');
    const { epoch } = (await stage.store.get('control', { name: 'leader' })) ?? {};
    const calls = leader.wire.calls.length;
    await stage.caller.revoke(across.id);
    granted.push(await askForNext());
    await eventually(
      'the leader to act',
      async () => {
        return leader.wire.calls.slice(calls).some(({ target }) => /^Delete/.test(target)) || undefined;
      },
      WITHIN,
    );
    const signalledMs = performance.now();
    const ended = leader.reconciler.end('SIGTERM');
    const releasedMs = await leaseIs(
      'the lease to be given up',
      (lease) => lease.released === true || lease.epoch !== epoch,
    );
    await stage.caller.revoke(after.id);
    const ledMs = await leaseIs('the next to lead', (lease) => lease.epoch !== epoch);
    const deletedMs = await firstDelete(next);
    granted.push(await askForNext());
    revoked.push(across, after);
    free.push(across.wish, after.wish);
    expect(await ended).toMatchObject({ code: 0, signal: null });
    await untilAll(stage.caller, granted, { status: 'GRANTED', assignment_status: 'LIVE' });
    const since = (atMs: number) => Math.round(atMs - releasedMs);
    return {
      stopMs: Math.round(releasedMs - signalledMs),
      leadMs: since(ledMs),
      deleteMs: since(deletedMs),
    };
  };

  test(`${HAND_OVERS} times: each hands over well, and everything that is asked for meanwhile is done once`, {
    timeout: 60_000 + HAND_OVERS * 30_000,
  }, async () => {
    let leader = await startSide();
    for (let asked = 0; asked < 4; asked += 1) granted.push(await askForNext());
    await untilAll(stage.caller, granted, { status: 'GRANTED' });
    for (let round = 0; round < HAND_OVERS; round += 1) {
      const next = await startSide();
      const took = await handOver(leader, next);
      process.stdout.write(`hand-over ${JSON.stringify(took)}\n`);
      leader = next;
    }
    await expectSettled(stage, { granted, revoked });
    const changes = sides.flatMap(({ wire }) =>
      wire.calls.filter(({ target }) => /^(Create|Delete)/.test(target)),
    );
    expect(changes).toHaveLength(granted.length + 2 * revoked.length);
  });
});
