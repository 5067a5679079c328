// Stories of what cannot be looked at: it is said, it is drift, and it holds up nothing else.

import { expect, test } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import { registryText } from '../metric-text.ts';
import {
  ADMIN,
  ANA,
  CLEO,
  createWorld,
  DEV,
  DORA,
  MINUTE,
  READ_ONLY,
  STAGING,
  type World,
  type WorldOptions,
} from '../world.ts';

/** Of the right form, and of this very instance. */
const MISTYPED = `${ADMIN.slice(0, -4)}9999`;

async function begun(options: WorldOptions & { readonly sets?: readonly string[] } = {}) {
  const said: { readonly message: string; readonly fields: unknown }[] = [];
  const metrics = createMetrics();
  const scope = {
    permissionSetArns: options.sets ?? [ADMIN, READ_ONLY],
    excludedAccountIds: [],
    protectedPrincipalIds: [],
  };
  const world = await createWorld({
    ...options,
    metrics,
    policy: { scope },
    onLog: (level, message, fields) => {
      if (level === 'error') said.push({ message, fields });
    },
  });
  world.start();
  await world.advance(3 * MINUTE);
  return { world, metrics, said };
}

async function unreadPairs(world: World): Promise<unknown> {
  return (await world.call('GET', '/coverage')).body.unread_pairs;
}

async function unreadDrift(world: World): Promise<readonly Record<string, unknown>[]> {
  const { body } = await world.call('GET', '/drift');
  return (body.items as Record<string, unknown>[]).filter(({ kind }) => kind === 'unread');
}

test('a managed permission set that AWS does not know is unread, and said once', async () => {
  const { world, metrics, said } = await begun({ sets: [ADMIN, MISTYPED] });
  await world.advance(5 * MINUTE);
  const mistyped = { permission_set_arn: MISTYPED, why: expect.stringContaining('AWS does not know') };
  expect(await unreadPairs(world)).toEqual([expect.objectContaining(mistyped)]);
  expect(await unreadDrift(world)).toEqual([
    expect.objectContaining({ account_id: '*', permission_set_arn: MISTYPED, since: expect.any(String) }),
  ]);
  const shown = await registryText(metrics.registry);
  expect(shown('jit_sweep_unread_pairs')).toBe(1);
  expect(shown('jit_drift_assignments{kind="unread"}')).toBe(1);
  expect(said.filter(({ message }) => message.includes('nothing of a managed permission set'))).toEqual([
    { message: expect.any(String), fields: expect.objectContaining(mistyped) },
  ]);
  await world.stop();
});

test('what was granted through a permission set that was deleted since still ends', async () => {
  const { world } = await begun();
  const id = await world.granted(ANA, { permissionSetArn: READ_ONLY, minutes: 15 });
  const revoked = await world.granted(CLEO, { account: STAGING, permissionSetArn: READ_ONLY });
  world.model.change({ kind: 'delete-permission-set', permissionSetArn: READ_ONLY }, world.clock.nowMs());
  await world.revoke(revoked);
  await world.advance(20 * MINUTE);
  expect([id, revoked].map((each) => world.row(each).assignment_status)).toEqual(['GONE', 'GONE']);
  expect(await unreadPairs(world)).toEqual([expect.objectContaining({ permission_set_arn: READ_ONLY })]);
  expect(world.ledger().filter(({ stage }) => stage !== 'REST')).toEqual([]);
  await world.stop();
});

test('a permission set that does not exist keeps no brake on', async () => {
  const { world } = await begun({ sets: [ADMIN, MISTYPED], limits: { count: 0, share: 0 } });
  world.assign(DORA);
  await world.advance(5 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  world.unassign(DORA);
  await world.advance(5 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(false);
  await world.stop();
});

test('a pair that could not be read is drift since then, also for the next leader, and until it is read', async () => {
  const { world } = await begun();
  world.model.addFault({
    operation: 'ListAccountAssignments',
    fault: { kind: 'error', name: 'AccessDeniedException', message: 'delegated' },
    probability: 1,
    accountId: STAGING,
  });
  await world.advance(3 * MINUTE);
  const pairs = await unreadDrift(world);
  expect(pairs.map(({ account_id }) => account_id)).toEqual([STAGING]);
  expect(pairs[0]).toMatchObject({ last_error: expect.stringContaining('AccessDenied') });
  await world.stop();
  world.start();
  await world.advance(5 * MINUTE);
  expect((await unreadDrift(world)).map(({ since }) => since)).toEqual(pairs.map(({ since }) => since));
  world.model.clearFaults();
  await world.advance(3 * MINUTE);
  expect(await unreadDrift(world)).toEqual([]);
  expect(world.isLive(ANA, DEV)).toBe(false);
  await world.stop();
});
