// The lease: taken over after a whole duration on one's own monotonic clock, and never two that may act at once.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLeader, type Leader } from '../../reconciler/leader.ts';
import type { MonotonicClock } from '../../src/clock.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const DURATION = 15_000;
const MARGIN = DURATION / 3;

/** Time that moves only when it is told to, shared by all. */
function createTime() {
  let elapsedMs = 0;
  const clock: MonotonicClock = { elapsedMs: () => elapsedMs };
  return {
    clock,
    pass: (durationMs: number) => {
      elapsedMs += durationMs;
    },
  };
}

function stage() {
  const time = createTime();
  const store = createModelStore();
  const process = (holder: string, clock: MonotonicClock = time.clock): Leader =>
    createLeader({ store, clock, holder, durationMs: DURATION });
  return { time, store, process };
}

const lose = (store: ModelStore) => {
  store.hooks.onAfterWrite = () => {
    throw new Error('the answer was lost');
  };
};

it('createLeader() takes a lease that nobody ever had at once', async () => {
  const { process } = stage();
  const a = process('a');
  expect(a.mayAct()).toBe(false);
  await a.beat();
  expect(a.mayAct()).toBe(true);
  expect(a.epoch()).toBe(1);
  expect(a.current()).toEqual({ holder: 'a', epoch: 1 });
});

it('createLeader() takes over after a whole duration without a beat, and not before', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  await b.beat();
  time.pass(DURATION - 1);
  await b.beat();
  expect(b.epoch()).toBeUndefined();
  time.pass(1);
  await b.beat();
  expect(b.epoch()).toBe(2);
  expect(b.mayAct()).toBe(true);
});

it('createLeader() counts the duration from its own first look, not from the beat', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  time.pass(10 * DURATION);
  await b.beat();
  expect(b.epoch()).toBeUndefined();
});

it('createLeader() never takes over from a leader that beats', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  for (let n = 0; n < 50; n += 1) {
    await a.beat();
    await b.beat();
    time.pass(DURATION - 1);
  }
  expect(b.epoch()).toBeUndefined();
  expect(a.epoch()).toBe(1);
});

it('createLeader() may not act in the last third of an old lease', async () => {
  const { time, process } = stage();
  const a = process('a');
  await a.beat();
  time.pass(DURATION - MARGIN - 1);
  expect(a.mayAct()).toBe(true);
  time.pass(1);
  expect(a.mayAct()).toBe(false);
  await a.beat();
  expect(a.mayAct()).toBe(true);
});

it('createLeader() whose beat was answered late has the lease from when it asked, not from the answer', async () => {
  const { time, store, process } = stage();
  const a = process('a');
  await a.beat();
  store.hooks.onAfterWrite = () => time.pass(DURATION - MARGIN);
  await a.beat();
  expect(a.epoch()).toBe(1);
  expect(a.mayAct()).toBe(false);
});

it('createLeader() that was overtaken notices at its next beat', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  await b.beat();
  time.pass(DURATION);
  await b.beat();
  await a.beat();
  expect(a.epoch()).toBeUndefined();
  expect(a.mayAct()).toBe(false);
  expect(a.current()).toEqual({ holder: 'b', epoch: 2 });
});

it('createLeader() of two that take over at once only one leads', async () => {
  const { process } = stage();
  const all = [process('a'), process('b'), process('c')];
  await Promise.all(all.map((leader) => leader.beat()));
  expect(all.filter((leader) => leader.epoch() !== undefined)).toHaveLength(1);
});

it('createLeader() goes on with a beat of its own whose answer was lost', async () => {
  const { time, store, process } = stage();
  const a = process('a');
  await a.beat();
  lose(store);
  time.pass(3_000);
  await expect(a.beat()).rejects.toThrow('the answer was lost');
  store.hooks.onAfterWrite = () => undefined;
  time.pass(3_000);
  await a.beat();
  await a.beat();
  expect(a.epoch()).toBe(1);
  expect(a.mayAct()).toBe(true);
});

it('createLeader() whose renewals throw runs down', async () => {
  const { time, store, process } = stage();
  const a = process('a');
  await a.beat();
  store.hooks.onBeforeWrite = () => {
    throw new Error('the table is away');
  };
  time.pass(DURATION - MARGIN);
  await expect(a.beat()).rejects.toThrow('the table is away');
  expect(a.mayAct()).toBe(false);
});

it('createLeader() takes a released lease at once', async () => {
  const { process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  await b.beat();
  expect(await a.release()).toBe(true);
  expect(a.mayAct()).toBe(false);
  expect(a.epoch()).toBeUndefined();
  await b.beat();
  expect(b.epoch()).toBe(2);
});

it('createLeader() releases nothing that another one holds', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  await b.beat();
  time.pass(DURATION);
  await b.beat();
  expect(await a.release()).toBe(false);
  await b.beat();
  expect(b.epoch()).toBe(2);
  expect(b.mayAct()).toBe(true);
});

it('createLeader() stores no time', async () => {
  const { store, process } = stage();
  await process('a').beat();
  expect(store.dump('control')).toEqual([{ name: 'leader', holder: 'a', epoch: 1, beat: 0 }]);
});

type Step =
  | { readonly kind: 'beat'; readonly who: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'lose'; readonly who: number }
  | { readonly kind: 'fail'; readonly who: number }
  | { readonly kind: 'release'; readonly who: number };

const who = fc.constantFrom(0, 1, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('beat' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 3_000, 6_000, 14_000, 15_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), who }) },
);

/** One step; a process that takes none for a while is one that is paused. */
async function take(store: ModelStore, leaders: readonly Leader[], each: Step, pass: (ms: number) => void) {
  if (each.kind === 'pass') return pass(each.ms);
  const leader = leaders[each.who];
  if (each.kind === 'release') return leader?.release();
  if (each.kind === 'lose') lose(store);
  if (each.kind === 'fail') {
    store.hooks.onBeforeWrite = () => {
      throw new Error('the table is away');
    };
  }
  await leader?.beat().catch(() => undefined);
  store.hooks.onAfterWrite = () => undefined;
  store.hooks.onBeforeWrite = () => undefined;
}

it('createLeader() never lets two act at once, over any pauses, lost answers and failures', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { time, store, process } = stage();
      const leaders = [process('a'), process('b'), process('c')];
      for (const each of steps) {
        await take(store, leaders, each, time.pass);
        expect(leaders.filter((leader) => leader.mayAct()).length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('createLeader() that finds its own lost beat late has not renewed the lease by it', async () => {
  const { time, store, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  lose(store);
  await a.beat().catch(() => undefined);
  store.hooks.onAfterWrite = () => undefined;
  await b.beat();
  time.pass(DURATION - 1);
  await a.beat();
  time.pass(1);
  await b.beat();
  expect([a, b].filter((leader) => leader.mayAct()).length).toBeLessThanOrEqual(1);
});

it('createLeader() lets nobody act beside one whose answers from the table are slow', async () => {
  const clock = createVirtualClock();
  const store = createModelStore();
  const [a, b] = ['a', 'b'].map((holder) => createLeader({ store, clock, holder, durationMs: DURATION }));
  await a?.beat();
  // The table answers b at last: by then a has beaten again, and b has seen that beat for no time at all.
  store.hooks.onRead = () => clock.sleep(12_000);
  const slow = b?.beat();
  await clock.advance(11_900);
  await a?.beat();
  await clock.advance(200);
  await slow;
  delete store.hooks.onRead;
  await clock.advance(2_900);
  await b?.beat();
  expect([a, b].filter((leader) => leader?.mayAct() === true)).toHaveLength(1);
  expect(a?.mayAct()).toBe(true);
});

it('createLeader() whose clock stood still in a pause acts no longer than what was left to it', async () => {
  const { time, store, process } = stage();
  const own = createTime();
  const paused = createLeader({ store, clock: own.clock, holder: 'paused', durationMs: DURATION });
  const other = process('other');
  await paused.beat();
  await other.beat();
  time.pass(DURATION);
  await other.beat();
  expect(other.mayAct()).toBe(true);
  own.pass(DURATION - MARGIN);
  expect(paused.mayAct()).toBe(false);
  await paused.beat();
  expect(paused.epoch()).toBeUndefined();
});

it('createLeader() that stands aside lets another lead first, and leads again where nobody does', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  a.standAside();
  expect(a.mayAct()).toBe(false);
  expect(await a.release()).toBe(true);
  await a.beat();
  expect(a.epoch()).toBeUndefined();
  await b.beat();
  expect(b.mayAct()).toBe(true);
  await b.release();
  time.pass(2 * DURATION - 1);
  await a.beat();
  expect(a.epoch()).toBeUndefined();
  time.pass(1);
  await a.beat();
  expect(a.mayAct()).toBe(true);
});

it('createLeader() that stands aside without a release lets its lease run down', async () => {
  const { time, process } = stage();
  const [a, b] = [process('a'), process('b')];
  await a.beat();
  await b.beat();
  a.standAside();
  for (let passed = 0; passed < DURATION; passed += 1_000) {
    time.pass(1_000);
    await a.beat();
    expect(a.mayAct()).toBe(false);
  }
  await b.beat();
  expect(b.mayAct()).toBe(true);
});
