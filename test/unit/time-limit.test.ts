// A wait across a port has an end, whatever comes of what was waited for.

import { expect, it } from 'vitest';
import { classifyError } from '../../src/aws/classify-error.ts';
import { withStoreLimit } from '../../src/limited-store.ts';
import type { Store } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { isTimeout, withTimeLimit } from '../../src/time-limit.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const never = () => new Promise<never>(() => undefined);

it('withTimeLimit() answers what comes in time, also nothing, and forgets its timer', async () => {
  const clock = createVirtualClock();
  const answered = await clock.run(withTimeLimit(clock, 1_000, 'ask', async () => undefined));
  expect(answered).toBeUndefined();
  expect(clock.sleeping()).toBe(0);
});

it('withTimeLimit() hands on a failure that comes in time', async () => {
  const clock = createVirtualClock();
  const failing = withTimeLimit(clock, 1_000, 'ask', () => Promise.reject(new Error('no')));
  await expect(clock.run(failing)).rejects.toThrow('no');
  await expect(
    withTimeLimit(clock, 1_000, 'ask', () => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
});

it('withTimeLimit() ends a wait, says for what, and is taken for a lost answer', async () => {
  const clock = createVirtualClock();
  const late = withTimeLimit(clock, 1_500, 'ask AWS', never).catch((error: unknown) => error);
  const error = await clock.run(late);
  expect(clock.elapsedMs()).toBe(1_500);
  expect(error).toMatchObject({ name: 'TimeoutError', message: 'could not ask AWS: no answer within 1.5 s' });
  expect(isTimeout(error)).toBe(true);
  expect(classifyError(error).kind).toBe('lost');
});

it('withTimeLimit() hears nothing of what comes too late, nor of its failure', async () => {
  const clock = createVirtualClock();
  const work = () => clock.sleep(5_000).then(() => Promise.reject(new Error('late')));
  await expect(clock.run(withTimeLimit(clock, 1_000, 'ask', work))).rejects.toThrow('could not ask');
  // An unhandled rejection fails the run of the tests.
  await clock.advance(10_000);
});

it('isTimeout() looks as deep as causes go, and takes nothing else for one', () => {
  const timeout = Object.assign(new Error('socket'), { name: 'TimeoutError' });
  expect(isTimeout(new StoreError('read', { cause: new Error('x', { cause: timeout }) }))).toBe(true);
  expect(isTimeout(new StoreError('read', { cause: new Error('denied') }))).toBe(false);
  expect(isTimeout('TimeoutError')).toBe(false);
});

it('withStoreLimit() makes of every call that hangs a failure of the tables', async () => {
  const clock = createVirtualClock();
  const hung: Store = { get: never, getMany: never, query: never, scan: never, transact: never };
  const store = withStoreLimit(hung, clock, 20_000);
  const calls = [
    () => store.get('requests', { request_id: 'r' }),
    () => store.getMany('requests', []),
    () => store.query({ table: 'requests', partition: { attribute: 'status', value: 'PENDING' } }),
    () => store.scan('requests', {}),
    () => store.transact([{ kind: 'put', table: 'audit', row: {} }]),
  ];
  for (const call of calls) {
    const startedMs = clock.elapsedMs();
    const error = await clock.run(call().catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(StoreError);
    expect(isTimeout(error)).toBe(true);
    expect(clock.elapsedMs() - startedMs).toBe(20_000);
  }
  await expect(clock.run(store.transact([{ kind: 'put', table: 'audit', row: {} }]))).rejects.toThrow(
    'could not write audit, which may have been written',
  );
});
