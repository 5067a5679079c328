// Again and again: from start to start, at once when poked, and never ended by a failure.

import { expect, it } from 'vitest';
import { repeat } from '../../reconciler/repeat.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';

function stage(act: (clock: VirtualClock) => Promise<void> = async () => undefined) {
  const clock = createVirtualClock();
  const stopping = new AbortController();
  const starts: number[] = [];
  const errors: unknown[] = [];
  const repeated = repeat(
    {
      ...{ clock, intervalMs: () => 5_000, limitMs: 60_000, action: 'act' },
      ...{ signal: stopping.signal, onError: (error) => errors.push(error) },
    },
    async () => {
      starts.push(clock.elapsedMs());
      await act(clock);
    },
  );
  return { clock, stopping, starts, errors, repeated };
}

it('repeat() acts at once, and then from start to start', async () => {
  const { clock, starts } = stage();
  await clock.advance(11_000);
  expect(starts).toEqual([0, 5_000, 10_000]);
});

it('repeat() counts the time that acting took', async () => {
  const { clock, starts } = stage((own) => own.sleep(3_000));
  await clock.advance(11_000);
  expect(starts).toEqual([0, 5_000, 10_000]);
});

it('repeat() never acts twice at once, and goes on right after what took too long', async () => {
  const { clock, starts } = stage((own) => own.sleep(7_000));
  await clock.advance(15_000);
  expect(starts).toEqual([0, 7_000, 14_000]);
});

it('repeat() acts at once when poked', async () => {
  const { clock, starts, repeated } = stage();
  await clock.advance(2_000);
  repeated.poke();
  await clock.advance(5_500);
  expect(starts).toEqual([0, 2_000, 7_000]);
});

it('repeat() acts once more after what was under way when it was poked, however often', async () => {
  const { clock, starts, repeated } = stage((own) => own.sleep(1_000));
  await clock.advance(500);
  repeated.poke();
  repeated.poke();
  await clock.advance(3_000);
  expect(starts).toEqual([0, 1_000]);
});

it('repeat() reports a failure, and comes again', async () => {
  const failure = new Error('once');
  const { clock, starts, errors } = stage(() => Promise.reject(failure));
  await clock.advance(6_000);
  expect(starts).toEqual([0, 5_000]);
  expect(errors).toEqual([failure, failure]);
});

it('repeat() stops after what is under way', async () => {
  const { clock, stopping, starts, repeated } = stage((own) => own.sleep(3_000));
  await clock.advance(1_000);
  stopping.abort();
  await clock.run(repeated.stopped);
  expect(clock.elapsedMs()).toBe(3_000);
  await clock.advance(20_000);
  expect(starts).toEqual([0]);
});

it('repeat() stops at once while it rests', async () => {
  const { clock, stopping, repeated } = stage();
  await clock.advance(1_000);
  stopping.abort();
  await clock.run(repeated.stopped);
  expect(clock.elapsedMs()).toBe(1_000);
});

it('repeat() abandons what stands still, reports it, and goes on', async () => {
  let times = 0;
  const { clock, starts, errors, repeated } = stage(() => {
    times += 1;
    return times === 1 ? new Promise(() => undefined) : Promise.resolve();
  });
  await clock.advance(60_000);
  expect(starts).toEqual([0, 60_000]);
  expect(errors).toMatchObject([{ name: 'TimeoutError' }]);
  expect(repeated.ended()).toBe(1);
  expect(repeated.stalledForMs()).toBe(0);
});

it('repeat() says for how long nothing came to an end', async () => {
  const { clock, repeated } = stage(() => new Promise(() => undefined));
  await clock.advance(59_000);
  expect(repeated.stalledForMs()).toBe(0);
  await clock.advance(61_000);
  expect(repeated.stalledForMs()).toBe(120_000);
  expect(repeated.ended()).toBe(0);
});

it('repeat() takes a failure that was answered for an end, and one that only time ended for none', async () => {
  const timeout = Object.assign(new Error('late'), { name: 'TimeoutError' });
  const failures = [new Error('denied'), timeout, timeout];
  const { clock, repeated } = stage(() => Promise.reject(failures.shift() ?? new Error('denied')));
  await clock.advance(4_000);
  expect(repeated.ended()).toBe(1);
  await clock.advance(10_000);
  expect(repeated.stalledForMs()).toBe(9_000);
  await clock.advance(5_000);
  expect(repeated.stalledForMs()).toBe(0);
});
