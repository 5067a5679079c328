import { describe, expect, test } from 'vitest';
import { type PassOnceDeps, passOnce, type Standing } from '../../cli/pass-once.ts';
import { watchForOthers } from '../../cli/watch-for-others.ts';
import { createModelStore } from '../model-store.ts';
import { createVirtualClock } from '../virtual-clock.ts';

function standing(change: {
  readonly changes?: number;
  readonly unread?: readonly string[];
  readonly underWay?: number;
  readonly notificationsPending?: number;
}): Standing {
  const { changes = 0, unread = [], underWay = 0, notificationsPending = 0 } = change;
  const totals = { changes, withheld: 0, drift: 0 };
  const report = { changes: [], withheld: [], drift: [], unread: [...unread], truncated: false, totals };
  return { report, underWay, notificationsPending };
}

/** One look a second, the last of these again and again. */
async function pass(looks: readonly (Standing | Error)[], change: Partial<PassOnceDeps> = {}) {
  const clock = createVirtualClock();
  let at = 0;
  const errors: unknown[] = [];
  const passed = await clock.run(
    passOnce({
      ...{ mode: 'enforce', clock, withinMs: 60_000 },
      hasSwept: () => true,
      otherLeads: async () => false,
      look: async () => {
        const look = looks[Math.min(at, looks.length - 1)] ?? standing({});
        at += 1;
        if (look instanceof Error) throw look;
        return look;
      },
      onError: (error) => void errors.push(error),
      ...change,
    }),
  );
  return { outcome: passed.outcome, standing: passed.standing, seconds: clock.elapsedMs() / 1000, errors };
}

describe('passOnce()', () => {
  test('is settled when nothing is left to do, on its way or to be told', async () => {
    const looks = [
      standing({ changes: 2 }),
      standing({ underWay: 1 }),
      standing({ notificationsPending: 1 }),
    ];
    expect(await pass([...looks, standing({})])).toMatchObject({ outcome: 'settled', seconds: 4 });
  });

  test('waits for the sweep', async () => {
    let looked = 0;
    const hasSwept = () => {
      looked += 1;
      return looked > 3;
    };
    expect(await pass([standing({})], { hasSwept })).toMatchObject({ outcome: 'settled', seconds: 4 });
  });

  test('waits ten seconds for a plugin that does not answer, and says what it was not told', async () => {
    const passed = await pass([standing({ notificationsPending: 2 })]);
    expect(passed).toMatchObject({ outcome: 'settled', seconds: 11, standing: { notificationsPending: 2 } });
  });

  test('does not call settled what could not be read whole', async () => {
    expect(await pass([standing({ unread: ['a pair'] })])).toMatchObject({
      outcome: 'not everything was read',
    });
  });

  test('gives up when the time is up, and says what is left', async () => {
    const passed = await pass([standing({ changes: 3 })]);
    expect(passed).toMatchObject({
      outcome: 'time is up',
      seconds: 60,
      standing: { report: { totals: { changes: 3 } } },
    });
  });

  test('looks again where looking failed', async () => {
    const passed = await pass([new Error('down'), standing({})]);
    expect(passed).toMatchObject({ outcome: 'settled', seconds: 2, errors: [new Error('down')] });
  });

  test('leaves the work to another process that leads; an observer leads nothing and goes on', async () => {
    const otherLeads = async () => true;
    expect(await pass([standing({})], { otherLeads })).toMatchObject({
      outcome: 'another leads',
      seconds: 1,
    });
    const observing = { otherLeads, mode: 'observe' as const };
    expect(await pass([standing({ changes: 2 })], observing)).toMatchObject({
      outcome: 'observed',
      seconds: 1,
    });
  });
});

describe('watchForOthers()', () => {
  const lease = (change: object) => ({ name: 'leader', holder: 'other', epoch: 3, beat: 1, ...change });

  test('tells of another whose beat moves, and of nobody else', async () => {
    const store = createModelStore();
    const otherLeads = watchForOthers({ store, holder: 'we' });
    expect(await otherLeads()).toBe(false);
    const seen: boolean[] = [];
    for (const row of [
      lease({}),
      lease({}),
      lease({ beat: 2 }),
      lease({ epoch: 4, beat: 3 }),
      lease({ epoch: 5, holder: 'we' }),
      lease({ epoch: 5, holder: 'we', beat: 2 }),
    ]) {
      store.load('control', [row]);
      seen.push(await otherLeads());
    }
    expect(seen).toEqual([false, false, true, false, false, false]);
  });

  test('takes a table that does not answer for no news', async () => {
    const store = { get: () => Promise.reject(new Error('down')) };
    expect(await watchForOthers({ store, holder: 'we' })()).toBe(false);
  });
});
