// What deciding costs when very much waits, in real time.

import { expect, test } from 'vitest';
import { createCallBudget } from '../../src/aws/call-budget.ts';
import { createVirtualClock } from '../virtual-clock.ts';

// A scan of everything that waits, per decision, takes many times as long.
test('createCallBudget() is not slowed by ten thousand operations that wait', {
  timeout: 30_000,
}, async () => {
  const clock = createVirtualClock();
  const budget = createCallBudget({ clock, ratePerSecond: 15, outstandingMax: 10, sweepShare: 0.3 });
  const called: string[] = [];
  for (let n = 0; n < 10_000; n += 1) {
    const operation = { key: `${n}`, accountId: `${n % 3_000}`, priority: 'expiry' } as const;
    void budget.operate(operation, async () => {
      called.push(operation.key);
      return { started: true };
    });
  }
  for (let turn = 0; turn < 1_000; turn += 1) {
    await clock.advance(100);
    for (const key of called.slice(-2)) budget.finish(key);
  }
  expect(called.length).toBeGreaterThan(900);
});
