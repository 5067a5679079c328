import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CallBudgetClosedError,
  type CallBudgetOptions,
  createCallBudget,
} from '../../src/aws/call-budget.ts';
import { Priorities, type Priority } from '../../src/priority.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const RATE = 15;

function world(options: Partial<Omit<CallBudgetOptions, 'clock'>> = {}) {
  const clock = createVirtualClock();
  const budget = createCallBudget({
    clock,
    ratePerSecond: RATE,
    outstandingMax: 10,
    sweepShare: 0.3,
    ...options,
  });
  /** What was called, in order, and when. */
  const calls: { readonly name: string; readonly atMs: number }[] = [];
  const note = (name: string) => calls.push({ name, atMs: clock.elapsedMs() });
  return {
    clock,
    budget,
    calls,
    names: () => calls.map(({ name }) => name),
    read(priority: Priority, name: string = priority, outcome: { throttled?: 'rate' | 'outstanding' } = {}) {
      return budget.read({ priority, key: name }, async () => {
        note(name);
        return outcome;
      });
    },
    operate(
      operation: { key: string; accountId?: string; priority?: Priority },
      outcome: { started: boolean; called?: boolean; throttled?: 'rate' | 'outstanding' } = { started: true },
    ) {
      const { key, accountId = `account of ${key}`, priority = 'expiry' } = operation;
      return budget.operate({ key, accountId, priority }, async () => {
        note(key);
        return outcome;
      });
    },
  };
}

function times(count: number): readonly number[] {
  return [...Array(count).keys()];
}

/** A bucket that refills while nothing waits holds no more than a third of a second's calls. */
const BURST = RATE / 3;

describe('createCallBudget() paces', () => {
  test('starts empty: the first call waits for its token', async () => {
    const { clock, read, calls } = world();
    await clock.run(read('person'));
    expect(calls).toEqual([{ name: 'person', atMs: 67 }]);
  });

  test('lets a third of a second pass at once after a pause, and no more', async () => {
    const { clock, read, calls } = world();
    await clock.advance(60_000);
    for (const n of times(50)) void read('expiry', String(n));
    await clock.advance(0);
    expect(calls).toHaveLength(BURST);
    await clock.advance(1_000);
    expect(calls).toHaveLength(BURST + RATE);
  });

  test('never exceeds rate and burst in any window, nor slots and accounts, whatever is asked for and answered', async () => {
    const step = fc.record({
      // Few instants, far apart: much is asked for at once, of a bucket that is full.
      afterMs: fc.constantFrom(0, 0, 3_000, 3_100, 30_000),
      kind: fc.constantFrom('read', 'read', 'operate', 'decline'),
      priority: fc.constantFrom(...Priorities),
      account: fc.integer({ min: 0, max: 20 }),
      throttled: fc.oneof(
        { weight: 30, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('rate' as const, 'outstanding' as const) },
      ),
      lastsMs: fc.integer({ min: 0, max: 3_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200, size: 'max' }), async (steps) => {
        const { clock, budget, calls } = world();
        const running: number[] = [];
        const callNow = () => calls.push({ name: 'call', atMs: clock.elapsedMs() });
        const work = steps.map(async ({ afterMs, kind, priority, account, throttled, lastsMs }, n) => {
          await clock.sleep(afterMs);
          if (kind === 'read') {
            await budget.read({ priority }, async () => {
              callNow();
              await clock.sleep(lastsMs);
              return { throttled };
            });
            return;
          }
          const operation = { key: `${n}`, accountId: `${account}`, priority };
          await budget.operate(operation, async () => {
            if (kind === 'decline') return { started: false, called: false };
            callNow();
            expect(running).not.toContain(account);
            if (throttled === undefined) running.push(account);
            expect(running.length).toBeLessThanOrEqual(10);
            return { started: throttled === undefined, throttled };
          });
          if (kind === 'decline' || throttled !== undefined) return;
          await clock.sleep(lastsMs);
          running.splice(running.indexOf(account), 1);
          budget.finish(operation.key);
        });
        await clock.run(Promise.all(work), { maxMs: 3_600_000 });
        expect(budget.state()).toMatchObject({ outstanding: 0, queued: { person: 0, expiry: 0, sweep: 0 } });
        for (const [first, { atMs }] of calls.entries()) {
          for (const [last, other] of calls.entries()) {
            if (last < first) continue;
            const seconds = (other.atMs - atMs) / 1000;
            expect(last - first + 1).toBeLessThanOrEqual(BURST + RATE * seconds + 1e-6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('gives a call back that was not made', async () => {
    const { clock, operate, calls } = world();
    await clock.advance(67);
    const declined = operate({ key: 'declined' }, { started: false, called: false });
    const made = operate({ key: 'made' });
    await clock.run(Promise.all([declined, made]));
    expect(calls.map(({ atMs }) => atMs)).toEqual([67, 67]);
  });

  test('does not give back a call that AWS refused', async () => {
    const { clock, operate, calls } = world();
    await clock.advance(67);
    await clock.run(Promise.all([operate({ key: 'refused' }, { started: false }), operate({ key: 'next' })]));
    expect(calls.map(({ atMs }) => atMs)).toEqual([67, 134]);
  });

  test('hands on what a call throws, and goes on', async () => {
    const { clock, budget, read, names } = world();
    const failing = budget.read({ priority: 'person' }, () => Promise.reject(new Error('broken')));
    await expect(clock.run(failing)).rejects.toThrow('broken');
    const attempt = budget.operate({ key: 'a', accountId: '1', priority: 'person' }, () =>
      Promise.reject(new Error('broken')),
    );
    await expect(clock.run(attempt)).rejects.toThrow('broken');
    expect(budget.state().outstanding).toBe(0);
    await clock.run(read('person'));
    expect(names()).toEqual(['person']);
  });

  test('sleeps only while something waits', async () => {
    const { clock, operate } = world();
    await clock.run(operate({ key: 'a' }));
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('nothing wakes the work');
  });

  test.each([
    [{ ratePerSecond: 0 }, 'ratePerSecond is 0'],
    [{ ratePerSecond: Number.NaN }, 'ratePerSecond is NaN'],
    [{ outstandingMax: 0 }, 'outstandingMax is 0'],
    [{ outstandingMax: 1.5 }, 'outstandingMax is 1.5'],
    [{ sweepShare: 0 }, 'sweepShare is 0'],
    [{ sweepShare: 1.1 }, 'sweepShare is 1.1'],
  ])('refuses %j', (options, message) => {
    expect(() => world(options)).toThrow(message);
  });
});

describe('createCallBudget() orders', () => {
  test('goes by priority, and by age within one', async () => {
    const { clock, read, names } = world();
    const asked = ['grant 1', 'expiry 1', 'person 1', 'person 2'].map((name) =>
      read(name.split(' ')[0] as Priority, name),
    );
    await clock.run(Promise.all(asked));
    expect(names()).toEqual(['person 1', 'person 2', 'expiry 1', 'grant 1']);
  });

  test('gives every fifth call to what has waited longest, so that a storm starves nobody', async () => {
    const { clock, read, names } = world();
    void read('grant', 'the grant');
    for (const n of times(200)) void read('expiry', `expiry ${n}`);
    await clock.advance(1_000);
    expect(names().indexOf('the grant')).toBe(4);
  });

  test('keeps four fifths of the calls for people while older expiries storm', async () => {
    const { clock, read, names } = world();
    for (const n of times(1_000)) void read('expiry', `expiry ${n}`);
    for (const n of times(100)) void read('person', `person ${n}`);
    await clock.advance(5_000);
    const first = names().slice(0, 50);
    expect(first.filter((name) => name.startsWith('person'))).toHaveLength(40);
  });

  test('gives every fifth operation to the oldest, when slots are scarcer than calls', async () => {
    const { clock, budget, operate, names } = world({ outstandingMax: 1 });
    void operate({ key: 'the expiry', priority: 'expiry' });
    for (const n of times(50)) void operate({ key: `person ${n}`, priority: 'person' });
    for (const _ of times(10)) {
      await clock.advance(1_000);
      budget.finish(names().at(-1) ?? '');
    }
    expect(names().indexOf('the expiry')).toBe(4);
  });

  test('gives every fifth operation of an account to its oldest', async () => {
    const { clock, budget, operate, names } = world();
    void operate({ key: 'the grant', accountId: 'busy', priority: 'grant' });
    for (const n of times(50)) void operate({ key: `expiry ${n}`, accountId: 'busy' });
    for (const _ of times(10)) {
      await clock.advance(1_000);
      budget.finish(names().at(-1) ?? '');
    }
    expect(names().indexOf('the grant')).toBe(4);
  });

  test('ends access before it reads that access ended, and asks after what runs before both', async () => {
    const { clock, budget, read, operate, calls, names } = world();
    const verdict = async () => {
      calls.push({ name: 'verdict', atMs: clock.elapsedMs() });
      return {};
    };
    void read('person', 'proof');
    void operate({ key: 'ending', priority: 'person' });
    void budget.read({ priority: 'person', ahead: true }, verdict);
    await clock.advance(1_000);
    expect(names()).toEqual(['verdict', 'ending', 'proof']);
  });

  test('keeps calls for operations that wait for a slot, and lets no read take the last', async () => {
    const { clock, budget, read, operate, calls } = world({ outstandingMax: 1 });
    await clock.advance(1_000);
    void operate({ key: 'runs', priority: 'person' });
    void operate({ key: 'waits', priority: 'person' });
    for (const n of times(100)) void read('person', `proof ${n}`);
    await clock.advance(2_000);
    budget.finish('runs');
    await clock.advance(0);
    expect(calls).toContainEqual({ name: 'waits', atMs: 3_000 });
  });

  test("never lets an account's oldest expiry go in the place of a person's ending", async () => {
    const { clock, budget, operate, names } = world();
    const accountId = 'one account';
    await clock.advance(1_000);
    void operate({ key: 'first', accountId });
    for (const n of times(12)) void operate({ key: `expiry ${n}`, accountId });
    for (let turn = 0; turn < 6; turn += 1) {
      void operate({ key: `person ${turn}`, accountId, priority: 'person' });
      const running = names().at(-1) ?? 'first';
      await clock.advance(1_000);
      budget.finish(running);
      await clock.advance(1_000);
      expect(names().at(-1)).toBe(`person ${turn}`);
    }
  });

  test('raises what waits, keeping its age', async () => {
    const { clock, budget, read, operate, names } = world();
    const asked = [
      read('sweep', 'pair'),
      operate({ key: 'assignment', priority: 'orphan' }),
      read('person', 'person'),
      read('expiry', 'expiry'),
    ];
    budget.raise('pair', 'person');
    budget.raise('assignment', 'expiry');
    await clock.run(Promise.all(asked));
    expect(names()).toEqual(['pair', 'person', 'assignment', 'expiry']);
  });

  test('never lowers a priority by raise(), and ignores keys that nobody waits under', async () => {
    const { clock, budget, read, names } = world();
    const asked = [read('grant', 'grant'), read('person', 'person')];
    budget.raise('person', 'sweep');
    budget.raise('nobody', 'person');
    await clock.run(Promise.all(asked));
    expect(names()).toEqual(['person', 'grant']);
    expect(budget.state().queued).toEqual({ person: 0, expiry: 0, grant: 0, orphan: 0, sweep: 0 });
  });
});

describe('createCallBudget() holds operations', () => {
  test('lets one operation run in an account at a time, and others go past it', async () => {
    const { clock, budget, operate, names } = world();
    void operate({ key: 'first', accountId: '1' });
    void operate({ key: 'second', accountId: '1' });
    void operate({ key: 'elsewhere', accountId: '2' });
    await clock.advance(10_000);
    expect(names()).toEqual(['first', 'elsewhere']);
    budget.finish('first');
    await clock.advance(0);
    expect(names()).toEqual(['first', 'elsewhere', 'second']);
  });

  test('keeps two slots for people', async () => {
    const { clock, operate, names, budget } = world();
    for (const n of times(20)) void operate({ key: `expiry ${n}` });
    await clock.advance(10_000);
    expect(budget.state().outstanding).toBe(8);
    void operate({ key: 'person 1', priority: 'person' });
    void operate({ key: 'person 2', priority: 'person' });
    void operate({ key: 'person 3', priority: 'person' });
    await clock.advance(10_000);
    expect(names().slice(8)).toEqual(['person 1', 'person 2']);
    expect(budget.state()).toMatchObject({ outstanding: 10, queued: { person: 1, expiry: 12 } });
  });

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
  ])('with %i slots at all lets others use %i', async (outstandingMax, others) => {
    const { clock, operate, budget } = world({ outstandingMax });
    for (const n of times(5)) void operate({ key: `expiry ${n}` });
    await clock.advance(10_000);
    expect(budget.state().outstanding).toBe(others);
  });

  test('reads go on while no slot is free', async () => {
    const { clock, operate, read, budget } = world({ outstandingMax: 1 });
    void operate({ key: 'first', priority: 'person' });
    void operate({ key: 'second', priority: 'person' });
    await clock.advance(1_000);
    await clock.run(read('grant'));
    expect(budget.state()).toMatchObject({ outstanding: 1, queued: { person: 1 } });
  });

  test('takes slot and account back after two minutes without a verdict', async () => {
    const { clock, operate, calls, budget } = world();
    await clock.advance(1_000);
    void operate({ key: 'hangs', accountId: '1' });
    void operate({ key: 'next', accountId: '1' });
    await clock.advance(300_000);
    expect(calls).toEqual([
      { name: 'hangs', atMs: 1_000 },
      { name: 'next', atMs: 121_000 },
    ]);
    budget.finish('hangs');
    expect(budget.state().outstanding).toBe(0);
  });

  test('frees slot and account where nothing was started', async () => {
    const { clock, operate, names, budget } = world({ outstandingMax: 1 });
    const refused = operate({ key: 'refused', accountId: '1' }, { started: false });
    const next = operate({ key: 'next', accountId: '1' });
    await clock.run(Promise.all([refused, next]));
    expect(names()).toEqual(['refused', 'next']);
    expect(budget.state().outstanding).toBe(1);
  });

  test('counts an adopted operation for the rest of its two minutes', async () => {
    const { clock, budget, operate, calls } = world({ outstandingMax: 1 });
    budget.adopt({ key: 'theirs', accountId: '1', startedAgoMs: 100_000 });
    budget.adopt({ key: 'theirs', accountId: '1', startedAgoMs: 100_000 });
    budget.adopt({ key: 'long over', accountId: '1', startedAgoMs: 120_000 });
    expect(budget.state().outstanding).toBe(1);
    void operate({ key: 'ours', accountId: '1', priority: 'person' });
    await clock.advance(60_000);
    expect(calls).toEqual([{ name: 'ours', atMs: 20_000 }]);
  });

  test('keeps an account until all its adopted operations are finished', async () => {
    const { clock, budget, operate, names } = world();
    budget.adopt({ key: 'one', accountId: '1', startedAgoMs: 0 });
    budget.adopt({ key: 'two', accountId: '1', startedAgoMs: 0 });
    void operate({ key: 'ours', accountId: '1' });
    budget.finish('one');
    await clock.advance(10_000);
    expect(names()).toEqual([]);
    budget.finish('two');
    await clock.advance(0);
    expect(names()).toEqual(['ours']);
  });
});

describe('createCallBudget() heeds throttling', () => {
  test('halves the rate, and recovers it within a minute', async () => {
    const { clock, budget, read } = world();
    await clock.run(read('expiry', 'throttled', { throttled: 'rate' }));
    expect(budget.state().ratePerSecond).toBe(RATE / 2);
    await clock.advance(10_000);
    expect(budget.state().ratePerSecond).toBeCloseTo(RATE / 2 + RATE / 6);
    await clock.advance(50_000);
    expect(budget.state().ratePerSecond).toBe(RATE);
  });

  test('halves once for calls that were under way together', async () => {
    const { clock, budget, read } = world();
    await clock.advance(60_000);
    await clock.run(Promise.all(times(4).map((n) => read('expiry', `${n}`, { throttled: 'rate' }))));
    expect(budget.state().ratePerSecond).toBeCloseTo(RATE / 2);
  });

  test('hardly slows down where AWS refuses one call in thirty', async () => {
    const { clock, budget, read } = world();
    for (const n of times(900)) void read('expiry', `${n}`, n % 30 === 0 ? { throttled: 'rate' } : {});
    await clock.advance(50_000);
    expect(budget.state().ratePerSecond).toBeGreaterThan(0.9 * RATE);
  });

  test('falls to what AWS lets through where others take the rest', async () => {
    const { clock, budget, read } = world();
    const perSecond = 9;
    const answered: number[] = [];
    const call = async (n: number): Promise<void> => {
      const lately = answered.filter((atMs) => atMs > clock.elapsedMs() - 1_000).length;
      const refused = lately >= perSecond;
      if (!refused) answered.push(clock.elapsedMs());
      await read('expiry', `${n}`, refused ? { throttled: 'rate' } : {});
    };
    for (const n of times(600)) {
      await clock.run(call(n));
      if (n > 200) expect(budget.state().ratePerSecond).toBeGreaterThan(0.6 * perSecond);
    }
    expect(answered.length / (clock.elapsedMs() / 1000)).toBeGreaterThan(0.8 * perSecond);
  });

  test('never goes below one call a second', async () => {
    const { clock, budget, read } = world();
    for (const _ of times(30)) await clock.run(read('expiry', 'throttled', { throttled: 'rate' }));
    expect(budget.state().ratePerSecond).toBeGreaterThanOrEqual(1);
    expect(budget.state().ratePerSecond).toBeLessThan(2);
  });

  test('shrinks the operations at a time, not the rate, when too many requests are processing', async () => {
    const { clock, budget, operate } = world();
    for (const n of times(4)) await clock.run(operate({ key: `${n}` }));
    await clock.run(operate({ key: 'refused' }, { started: false, throttled: 'outstanding' }));
    expect(budget.state()).toMatchObject({ ratePerSecond: RATE, outstanding: 4, outstandingMax: 4 });
    await clock.advance(60_000);
    expect(budget.state().outstandingMax).toBe(7);
    await clock.advance(600_000);
    expect(budget.state().outstandingMax).toBe(10);
  });

  test('keeps one slot however often it is refused, and tries again as the limit recovers', async () => {
    const { clock, budget, operate, calls } = world();
    await clock.run(operate({ key: 'refused' }, { started: false, throttled: 'outstanding' }));
    expect(budget.state().outstandingMax).toBe(1);
    await clock.run(Promise.all([operate({ key: 'first' }), operate({ key: 'second', priority: 'person' })]));
    expect((calls[2]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBe(20_000);
  });

  test('takes any throttled read as too many calls', async () => {
    const { clock, budget, read } = world();
    await clock.run(read('expiry', 'throttled', { throttled: 'outstanding' }));
    expect(budget.state()).toMatchObject({ ratePerSecond: RATE / 2, outstandingMax: 10 });
  });
});

describe('createCallBudget() sweeps', () => {
  test('with its share of the rate', async () => {
    const { clock, read, names } = world();
    for (const n of times(1_000)) void read('sweep', `${n}`);
    await clock.advance(60_000);
    expect(names().length).toBeGreaterThan(0.99 * 60 * RATE * 0.3);
    expect(names().length).toBeLessThanOrEqual(60 * RATE * 0.3 + 1);
  });

  test('not at all while endings wait for calls, however long it has waited', async () => {
    const { clock, read, names } = world();
    void read('sweep');
    for (const n of times(300)) void read(n % 2 === 0 ? 'person' : 'expiry', `ending ${n}`);
    await clock.advance(30_000);
    expect(names().indexOf('sweep')).toBe(300);
  });

  test('so that calls are at hand for what must not wait, while endings wait for a slot', async () => {
    const { clock, budget, operate, read, calls, names } = world({ outstandingMax: 1 });
    for (const n of times(200)) void operate({ key: `ending ${n}` });
    for (const n of times(200)) void read('sweep', `sweep ${n}`);
    const ask = (name: string) =>
      budget.read({ priority: 'person', ahead: true }, async () => {
        calls.push({ name, atMs: clock.elapsedMs() });
        return {};
      });
    for (let step = 0; step < 100; step += 1) {
      void ask('verdict');
      await clock.advance(100);
      if (step % 5 === 0) budget.finish(names().findLast((name) => name.startsWith('ending')) ?? '');
    }
    for (const n of times(3)) void ask(`urgent ${n}`);
    await clock.advance(0);
    expect(names().filter((name) => name.startsWith('urgent')).length).toBe(3);
  });

  test('on, while all places are taken for long', async () => {
    const { clock, operate, read, names } = world({ outstandingMax: 1 });
    void operate({ key: 'hangs' });
    void operate({ key: 'waits' });
    for (const n of times(100)) void read('sweep', `sweep ${n}`);
    await clock.advance(10_000);
    expect(names().filter((name) => name.startsWith('sweep')).length).toBeGreaterThan(40);
  });

  test('on, while an ending waits only for its account', async () => {
    const { clock, operate, read, names } = world();
    void operate({ key: 'hangs', accountId: 'suspended' });
    void operate({ key: 'waits', accountId: 'suspended' });
    await clock.advance(1_000);
    await clock.run(read('sweep'));
    expect(names()).toEqual(['hangs', 'sweep']);
  });
});

describe('createCallBudget() closes', () => {
  test('rejects what waits and what comes later, and sleeps no more', async () => {
    const { clock, budget, read, operate, names } = world();
    const waiting = [read('person'), operate({ key: 'a' })];
    budget.close();
    for (const one of [...waiting, read('person'), operate({ key: 'b' })]) {
      await expect(one).rejects.toBeInstanceOf(CallBudgetClosedError);
    }
    expect(budget.state().queued).toEqual({ person: 0, expiry: 0, grant: 0, orphan: 0, sweep: 0 });
    await clock.advance(10_000);
    expect(names()).toEqual([]);
  });

  test('lets what runs end', async () => {
    const { clock, budget } = world();
    const running = budget.read({ priority: 'person' }, async () => {
      await clock.sleep(1_000);
      return { throttled: 'rate' as const };
    });
    await clock.advance(500);
    budget.close();
    await clock.advance(1_000);
    await expect(running).resolves.toEqual({ throttled: 'rate' });
  });
});

test('createCallBudget() tells of every change', async () => {
  const seen: number[] = [];
  const { clock, budget, operate } = world({ onChange: () => seen.push(budget.state().outstanding) });
  await clock.run(operate({ key: 'a' }));
  budget.finish('a');
  expect([...new Set(seen)]).toEqual([0, 1]);
  expect(seen.at(-1)).toBe(0);
});

test('isQueued() tells who waits for a turn from who was let go, by key or by what it is about', async () => {
  const { clock, budget, operate } = world();
  const never = () => new Promise<never>(() => undefined);
  void budget.read({ priority: 'person', about: 'pair' }, never);
  void budget.operate({ key: 'one', accountId: 'account', priority: 'person' }, never);
  const second = operate({ key: 'two', accountId: 'account', priority: 'expiry' });
  expect(['pair', 'one', 'two'].map((about) => budget.isQueued(about))).toEqual([true, true, true]);
  budget.raise('two', 'person');
  await clock.advance(1_000);
  // What was let go hangs, and says nothing of a queue any more.
  expect(['pair', 'one', 'two'].map((about) => budget.isQueued(about))).toEqual([false, false, true]);
  budget.close();
  await expect(second).rejects.toThrow(CallBudgetClosedError);
  expect(budget.isQueued('two')).toBe(false);
});
