import { expect, test } from 'vitest';
import { type AlertRules, allRules, parseRules, rulesText } from '../deploy/alert-rules.ts';
import { scaleRules, unusedNumbers } from './scale-rules.ts';

const rules = parseRules(rulesText());

function scaled(expr: string, alert = 'JitNoFullSweep', after?: string) {
  const rule = {
    ...{ alert, expr, labels: { severity: 'warning' as const } },
    ...(after === undefined ? {} : { for: after }),
    annotations: { summary: '5m', description: '3600', runbook_url: 'https://example.com/5m' },
  };
  const one: AlertRules = { groups: [{ name: 'g', rules: [rule] }] };
  return scaleRules(one, 60).groups[0]?.rules[0];
}

test('durations, offsets and waits are divided', () => {
  const rule = scaled('max_over_time(a[1d] offset 1h) > 3600', 'JitNoFullSweep', '5m');
  expect(rule).toMatchObject({ expr: 'max_over_time(a[1440000ms] offset 60000ms) > 60', for: '5000ms' });
});

test('what a string, a name or an annotation holds is left alone', () => {
  const expr = 'jit:slow:increase5m{a="5m", b=~"60|3600"}';
  expect(scaled(expr)).toMatchObject({ expr, annotations: { summary: '5m', description: '3600' } });
});

test('counts and shares are left alone', () => {
  expect(scaled('rate(a[10m]) > 0.05', 'JitIdentityCenterThrottled')).toMatchObject({
    expr: 'rate(a[10000ms]) > 0.05',
  });
});

test('a number of which nobody said what it counts is refused', () => {
  expect(() => scaled('a > 42')).toThrow('JitNoFullSweep has the number 42: say what it counts');
});

test('a factor without a bucket is refused', () => {
  expect(() => scaleRules(rules, 7)).toThrow('there is no bucket of');
});

test('the real rules are scaled whole, and nothing is named that they do not have', () => {
  const before = allRules(rules);
  const after = allRules(scaleRules(rules, 60));
  expect(after).toHaveLength(before.length);
  expect(after.filter(({ expr }) => /\d[mhd]\]|offset \d+[mhd]\b/.test(expr))).toEqual([]);
  expect(after.some(({ expr }) => expr.includes('le="1"'))).toBe(true);
  expect(after.some(({ expr }) => expr.includes('60('))).toBe(false);
  expect(unusedNumbers(rules)).toEqual([]);
});
