// What one list of statuses spares, over the stand-in for Identity Center at its own pace.

import { describe, expect, it } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { createInProcessClients } from '../../local/identity-center/in-process-client.ts';
import { createIdentityCenterModel } from '../../local/identity-center/model.ts';
import type { Settings } from '../../local/identity-center/settings.ts';
import { type Assignment, assignmentId } from '../../src/assignment.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { seededRandom } from '../world.ts';

const ANA: Assignment = {
  accountId: DEMO_ACCOUNTS.dev,
  permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
  principalId: DEMO_USERS.ana.id,
};
const BEN: Assignment = { ...ANA, accountId: DEMO_ACCOUNTS.staging, principalId: DEMO_USERS.ben.id };
const HISTORY = 150;

function follow(settings: Partial<Settings> = {}) {
  const clock = createVirtualClock();
  const model = createIdentityCenterModel({
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: { operationMs: 3_000, operationJitter: 0, statusListOrder: 'newest-first', ...settings },
  });
  const clients = createInProcessClients({ model, clock });
  const calls: string[] = [];
  const ended: string[] = [];
  const aws = openIdentityCenter({
    send: (command) => {
      calls.push(command.constructor.name.replace(/Command$/, ''));
      return clients.ssoAdmin.send(command);
    },
    instanceArn: DEMO_INSTANCE_ARN,
    clock,
    ratePerSecond: 15,
    outstandingMax: 10,
    sweepShare: 0.3,
    onCall: () => undefined,
  });
  aws.whenEnded((id) => void ended.push(id));
  const create = async (assignment: Assignment): Promise<string> => {
    const outcome = await aws.writer.createAssignment(assignment);
    if (outcome.kind !== 'accepted') throw new Error(outcome.failure.message);
    return outcome.id;
  };
  const ask = (id: string) => clock.run(aws.live.describeOperation('CREATE', id, 'grant'));
  return { clock, model, aws, calls, ended, create, ask };
}

const describes = (calls: readonly string[]) => calls.filter((name) => name.startsWith('Describe')).length;

/** So much history that what runs now is not on the first page of a list that begins with the oldest. */
async function withHistory(settings: Partial<Settings>) {
  const world = follow({ ...settings, synchronousShare: 1, ratePerSecond: 1_000, rateBurst: 1_000 });
  for (let n = 0; n < HISTORY; n += 1) await world.create(ANA);
  world.aws.slots.finish(assignmentId(ANA));
  world.model.changeSettings({ synchronousShare: 0 });
  await world.clock.advance(1_000);
  world.calls.length = 0;
  return world;
}

describe('the follower of operations', () => {
  it('answers for all that run without a question for each', async () => {
    const { clock, calls, create, ask } = follow();
    const ids = [await create(ANA), await create(BEN)];
    await clock.advance(1_000);
    expect(await Promise.all(ids.map(ask))).toEqual([{ kind: 'running' }, { kind: 'running' }]);
    await clock.advance(3_000);
    expect(await Promise.all(ids.map(ask))).toEqual([{ kind: 'succeeded' }, { kind: 'succeeded' }]);
    expect(describes(calls)).toBe(0);
  });

  it('tells within a moment that an operation ended', async () => {
    const { clock, aws, ended, create } = follow();
    const id = await create(ANA);
    await clock.advance(2_900);
    expect([ended, aws.live.hasEnded(id)]).toEqual([[], false]);
    await clock.advance(1_000);
    expect([ended, aws.live.hasEnded(id)]).toEqual([[assignmentId(ANA)], true]);
  });

  it('leaves the reason of a failure to Describe', async () => {
    const { clock, calls, create, ask } = follow({ asyncFailureShare: 1 });
    const id = await create(ANA);
    await clock.advance(4_000);
    expect(await ask(id)).toMatchObject({ kind: 'failed', as: 'later' });
    expect(describes(calls)).toBe(1);
  });

  it('asks what still runs where the lists begin with the oldest, and Describe for what ended', async () => {
    const { clock, calls, ended, create, ask } = await withHistory({
      statusListOrder: 'oldest-first',
      operationMs: 20_000,
    });
    const id = await create(ANA);
    await clock.advance(15_000);
    expect(await ask(id)).toEqual({ kind: 'running' });
    await clock.advance(10_000);
    expect(ended).toEqual([assignmentId(ANA)]);
    const before = describes(calls);
    expect(await ask(id)).toEqual({ kind: 'succeeded' });
    expect(describes(calls) - before).toBe(1);
  });

  it('says nothing of an operation that no list shows, so that it is asked for as ever', async () => {
    const { clock, model, calls, create, ask } = follow();
    model.addFault({
      operation: 'ListAccountAssignmentCreationStatus',
      times: null,
      fault: { kind: 'error', name: 'AccessDeniedException' },
    });
    const id = await create(ANA);
    await clock.advance(4_000);
    expect(await ask(id)).toEqual({ kind: 'succeeded' });
    expect(describes(calls)).toBe(1);
  });

  it('goes by what a list said once only for as long as lists come', async () => {
    const { clock, model, calls, create, ask } = follow({ operationMs: 8_000 });
    const id = await create(ANA);
    await clock.advance(1_000);
    expect(await ask(id)).toEqual({ kind: 'running' });
    expect(describes(calls)).toBe(0);
    model.addFault({
      operation: 'ListAccountAssignmentCreationStatus',
      times: null,
      fault: { kind: 'error', name: 'AccessDeniedException' },
    });
    await clock.advance(12_000);
    expect(await ask(id)).toEqual({ kind: 'succeeded' });
    expect(describes(calls)).toBe(1);
  });

  it('is not driven by a list that forgets what runs: Describe is asked once', async () => {
    const { clock, aws, model, calls, create } = await withHistory({
      statusListOrder: 'oldest-first',
      operationMs: 60_000,
    });
    const id = await create(ANA);
    aws.whenEnded(() => void aws.live.describeOperation('CREATE', id, 'grant'));
    await clock.advance(15_000);
    model.addFault({
      operation: 'ListAccountAssignmentCreationStatus',
      times: null,
      fault: { kind: 'stale-list', lagMs: 600_000 },
    });
    const before = describes(calls);
    await clock.advance(30_000);
    expect(describes(calls) - before).toBe(1);
  });

  it('makes no call where nothing is followed, before and after', async () => {
    const { clock, aws, calls, create } = follow();
    await clock.advance(60_000);
    expect(calls).toEqual([]);
    await create(ANA);
    await clock.advance(4_000);
    aws.slots.finish(assignmentId(ANA));
    calls.length = 0;
    await clock.advance(60_000);
    expect(calls.length).toBeLessThanOrEqual(1);
  });

  it('asks ever less often after what hangs, and not at all after two minutes', async () => {
    const { clock, calls, create } = follow({ operationMs: 600_000 });
    await create(ANA);
    await clock.advance(120_000);
    expect(calls.length).toBeLessThan(60);
    await clock.advance(10_000);
    calls.length = 0;
    await clock.advance(120_000);
    expect(calls).toEqual([]);
  });

  it('asks nothing more once it is closed', async () => {
    const { clock, aws, calls, create } = follow();
    await create(ANA);
    aws.close();
    calls.length = 0;
    await clock.advance(60_000);
    expect(calls).toEqual([]);
  });
});
