import { expect, test } from 'vitest';
import { runWithin } from '../../reconciler/run-within.ts';
import { createModelStore } from '../model-store.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { ANA, createWorld, MINUTE, SECOND, type World } from '../world.ts';

const TIME_LIMIT_MS = 70 * SECOND;

/** A minute's invocation: a reconciler of its own, for as long as the function may run. */
function invoke(world: World, holder: string, limitMs = TIME_LIMIT_MS) {
  const { clock, store } = world;
  const process = world.start({ holder });
  const endMs = clock.elapsedMs() + limitMs;
  const remainingMs = () => endMs - clock.elapsedMs();
  const within = runWithin({ reconciler: process.reconciler, holder, store, clock, remainingMs });
  return within.then((result) => {
    process.kill();
    return { ...result, remainingMs: remainingMs() };
  });
}

test('it leads until its time is near, and gives the lease up at once', async () => {
  const world = await createWorld();
  const within = await world.clock.run(invoke(world, 'first'));
  expect(within).toMatchObject({ ended: 'time is up', stopped: true });
  expect(within.remainingMs).toBeGreaterThan(5 * SECOND);
  expect(world.control('leader')).toMatchObject({ holder: 'first', released: true });
});

test('the next invocation leads within a second or a beat, not after a lease', async () => {
  const world = await createWorld();
  await world.clock.run(invoke(world, 'first'));
  const next = invoke(world, 'second');
  await world.advance(SECOND);
  expect(world.control('leader')).toMatchObject({ holder: 'second' });
  await world.clock.run(next);
});

test('invocations a minute apart hand over without a gap, and the sweep goes on', async () => {
  const world = await createWorld();
  const id = await world.ask(ANA, { minutes: 15 });
  const running: Promise<unknown>[] = [];
  let unledMs = 0;
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      running.push(invoke(world, `minute-${running.length}`));
      for (let second = 0; second < 60; second += 1) {
        await world.advance(SECOND);
        if (!world.processes.some(({ reconciler }) => reconciler.isLeading())) unledMs += SECOND;
      }
    }
  };
  await minutes(2);
  await world.approve(id);
  await minutes(3);
  expect(world.row(id).status).toBe('GRANTED');
  expect(world.isLive(ANA)).toBe(true);
  await minutes(20);
  expect(world.row(id).status).toBe('EXPIRED');
  expect(world.isLive(ANA)).toBe(false);
  expect(world.control('coverage')).toBeDefined();
  // A beat at each hand-over, and no lease that has to run down.
  expect(unledMs).toBeLessThanOrEqual(running.length * 4 * SECOND);
  await world.clock.run(Promise.all(running));
});

test('beside a leader that lives, an invocation stands by for a while and returns', async () => {
  const world = await createWorld();
  const first = invoke(world, 'first', 10 * MINUTE);
  await world.advance(5 * SECOND);
  const startedMs = world.clock.elapsedMs();
  const second = await world.clock.run(invoke(world, 'second', 10 * MINUTE));
  expect(second.ended).toBe('another leads');
  expect(world.clock.elapsedMs() - startedMs).toBeLessThan(30 * SECOND);
  expect(world.control('leader')).toMatchObject({ holder: 'first' });
  expect(world.control('leader')?.released).toBeUndefined();
  await world.clock.run(first);
});

test('beside a leader that died, an invocation takes over', async () => {
  const world = await createWorld();
  const dead = world.start({ holder: 'dead' });
  await world.advance(5 * SECOND);
  dead.kill();
  const next = invoke(world, 'next');
  await world.advance(30 * SECOND);
  expect(world.control('leader')).toMatchObject({ holder: 'next' });
  await world.clock.run(next);
});

test('a loop that does not stop does not hold the function past its time', async () => {
  const clock = createVirtualClock();
  const within = runWithin({
    reconciler: { isLeading: () => true, stop: () => new Promise<never>(() => undefined) },
    holder: 'stuck',
    store: createModelStore(),
    clock,
    remainingMs: () => TIME_LIMIT_MS - clock.elapsedMs(),
  });
  expect(await clock.run(within)).toEqual({ ended: 'time is up', stopped: false });
  expect(clock.elapsedMs()).toBeLessThan(TIME_LIMIT_MS);
});

test('tables that do not answer end nothing early', async () => {
  const clock = createVirtualClock();
  const store = createModelStore({
    hooks: {
      onRead: () => {
        throw new Error('down');
      },
    },
  });
  const within = runWithin({
    reconciler: { isLeading: () => false, stop: async () => ({ leaseGivenUp: true }) },
    holder: 'waiting',
    store,
    clock,
    remainingMs: () => TIME_LIMIT_MS - clock.elapsedMs(),
  });
  expect(await clock.run(within)).toEqual({ ended: 'time is up', stopped: true });
});

test('a lease that is never read does not use up the time for giving it up', async () => {
  const world = await createWorld();
  const { clock } = world;
  const process = world.start({ holder: 'first' });
  const endMs = clock.elapsedMs() + TIME_LIMIT_MS;
  const reconciler = { ...process.reconciler, isLeading: () => false };
  const store = { get: () => new Promise<never>(() => undefined) };
  const remainingMs = () => endMs - clock.elapsedMs();
  const within = await clock.run(runWithin({ reconciler, holder: 'first', store, clock, remainingMs }));
  expect(within).toEqual({ ended: 'time is up', stopped: true });
  expect(remainingMs()).toBeGreaterThan(5 * SECOND);
  process.kill();
});
