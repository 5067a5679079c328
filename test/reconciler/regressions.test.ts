// Passes that somebody asked for must come to an end, and say nothing of the inside.

import { expect, test } from 'vitest';
import { observeForever } from '../../reconciler/observe-forever.ts';
import { createObserveWriter } from '../../reconciler/observe-writer.ts';
import { createObserverMemory } from '../../reconciler/observer-memory.ts';
import { runPass } from '../../reconciler/run-pass.ts';
import { UNMEASURED } from '../../src/clock-offset.ts';
import { createMetrics } from '../../src/metrics.ts';
import { NUDGES_KEY, nudgesWrite } from '../../src/nudge.ts';
import { PassRow, passKey } from '../../src/pass.ts';
import { StoreError } from '../../src/store-error.ts';
import { createWorld, SECOND, type World } from '../world.ts';

async function ask(world: World, passId: string): Promise<void> {
  const row: PassRow = {
    name: `pass#${passId}`,
    pass_id: passId,
    state: 'REQUESTED',
    requested_at: '2026-01-15T12:00:00Z',
    actor_email: 'ops@example.com',
    reason: 'look',
    scope: {},
    dry_run: true,
    expires_at: 4_000_000_000,
  };
  world.store.load('control', [row]);
  const read = await world.store.get('control', NUDGES_KEY);
  await world.store.transact([nudgesWrite(read, [{ pass_id: passId }], world.clock.nowMs())]);
}

const down = (action: string) => new StoreError(action, { cause: new Error('ECONNREFUSED 10.0.0.7:8000') });

test('an observer answers a pass although the table failed once, and one pass never holds up another', async () => {
  const world = await createWorld();
  let failures = 0;
  world.store.hooks.onRead = (read) => {
    const first = read.kind === 'get' && read.table === 'control' && read.key.name === 'pass#one';
    if (first && failures++ < 2) throw down('read jit_control');
  };
  const observer = observeForever({
    store: world.store,
    publisher: createObserveWriter(world.store),
    memory: createObserverMemory(world.store, world.clock),
    openIdentityCenter: () => ({
      live: {
        listPair: async () => ({ kind: 'unreadable', why: 'nobody asks' }),
        listPairsOfPrincipal: async () => ({ kind: 'unreadable', why: 'nobody asks' }),
        listProvisionedAccounts: async () => ({ kind: 'unreadable', why: 'nobody asks' }),
      } as never,
      isQueued: () => false,
      budgetState: () => ({ ratePerSecond: 15, outstanding: 0, outstandingMax: 10, queued: {} }) as never,
      close: () => undefined,
    }),
    clock: world.clock,
    clockState: () => UNMEASURED,
    policy: world.policy,
    limits: { count: 5, share: 0.1 },
    tickIntervalMs: 5 * SECOND,
    sweepIntervalMs: 60 * SECOND,
    metrics: createMetrics(),
    log: world.api.log,
  });
  await ask(world, 'one');
  await ask(world, 'two');
  await world.clock.run(world.clock.sleep(3 * SECOND));
  expect(world.store.dump('control').map(({ name }) => name)).toContain('observe#pass#two');
  await world.clock.run(world.clock.sleep(20 * SECOND));
  expect(world.store.dump('control').map(({ name }) => name)).toContain('observe#pass#one');
  await world.clock.run(observer.stop());
});

test('runPass() tells the log why a pass failed, and the caller only that it did', async () => {
  const world = await createWorld();
  await ask(world, 'one');
  world.store.hooks.onRead = (read) => {
    if (read.kind === 'query') throw down('query jit_requests');
  };
  const logged: unknown[] = [];
  const log = { ...world.api.log, error: (...entry: unknown[]) => void logged.push(entry) };
  await runPass(
    {
      store: world.store,
      clock: world.clock,
      clockState: () => UNMEASURED,
      policy: world.policy,
      live: {} as never,
      look: async () => undefined,
      pokeSweep: () => undefined,
      knownDrift: () => [],
      log,
    },
    'one',
  );
  const row = PassRow.parse(await world.store.get('control', passKey('one')));
  expect(row.state).toBe('FAILED');
  expect(row.error).not.toMatch(/jit_|ECONNREFUSED/);
  expect(logged).toHaveLength(1);
});
