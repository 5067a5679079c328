// A turn lasts for as long as it moves; one that stands still is abandoned, and does nothing any more.

import { expect, it } from 'vitest';
import { beginTurn, type Turn } from '../../reconciler/turn.ts';
import { isTimeout } from '../../src/time-limit.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';

const LIMIT_MS = 60_000;
const never = () => new Promise<never>(() => undefined);

function stage(act: (turn: Turn, clock: VirtualClock) => Promise<unknown>) {
  const clock = createVirtualClock();
  const turns: Turn[] = [];
  const under = beginTurn({ clock, limitMs: LIMIT_MS, action: 'act' }, (turn) => {
    turns.push(turn);
    return act(turn, clock);
  });
  const done = under.done.catch((error: unknown) => error);
  const turn = turns[0] as Turn;
  return { clock, turn, done, end: under.end };
}

it('beginTurn() answers what the turn does, and forgets its timer', async () => {
  const { clock, done } = stage(async () => 'done');
  expect(await clock.run(done)).toBe('done');
  expect(clock.sleeping()).toBe(0);
});

it('beginTurn() abandons a turn that stands still, and lets it do nothing any more', async () => {
  const { clock, turn, done } = stage((own) => own.step(never));
  const error = await clock.run(done);
  expect(clock.elapsedMs()).toBe(LIMIT_MS);
  expect(isTimeout(error)).toBe(true);
  expect(turn.isAbandoned()).toBe(true);
  expect(turn.ended.aborted).toBe(true);
  let acted = false;
  const step = turn.step(async () => {
    acted = true;
  });
  await expect(step).rejects.toThrow('could not act');
  expect(acted).toBe(false);
});

it('beginTurn() counts from the last step', async () => {
  const { clock, done } = stage(async (own, time) => {
    for (let n = 0; n < 10; n += 1) await own.step(() => time.sleep(LIMIT_MS - 1));
    await own.step(never);
  });
  await clock.run(done);
  expect(clock.elapsedMs()).toBe(10 * (LIMIT_MS - 1) + LIMIT_MS);
});

it('beginTurn() takes waiting for a place for moving, and the hanging after it for standing still', async () => {
  const queued = { is: true };
  const { clock, turn, done } = stage((own) => own.step(never, () => queued.is));
  await clock.advance(10 * LIMIT_MS);
  expect(turn.isAbandoned()).toBe(false);
  queued.is = false;
  await clock.run(done);
  expect(turn.isAbandoned()).toBe(true);
  expect(clock.elapsedMs()).toBeLessThanOrEqual(12 * LIMIT_MS);
});

it('beginTurn() told to end says so, and finishes what it does', async () => {
  const { clock, turn, done, end } = stage(async (own, time) => {
    await own.step(() => time.sleep(1_000));
    return own.step(async () => 'recorded');
  });
  end();
  expect(turn.ended.aborted).toBe(true);
  expect(turn.isAbandoned()).toBe(false);
  expect(await clock.run(done)).toBe('recorded');
});
