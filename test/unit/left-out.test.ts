// What a run says at its end of what it left out.

import { expect, test } from 'vitest';
import { describeCounts, describeLeftOut } from '../left-out.ts';
import { Needs, needs } from '../needs.ts';

const ran = (state: 'passed' | 'failed' | 'skipped' | 'pending', ...tags: readonly string[]) => ({
  ...{ name: `a ${state} test`, state, tags },
});

test('describeLeftOut() counts what is left out by what it needs, with the command that brings it', () => {
  const lines = describeLeftOut([
    ran('skipped', 'terraform'),
    ran('skipped', 'prometheus'),
    ran('skipped', 'terraform'),
    ran('passed'),
  ]);
  expect(lines).toEqual([
    `1 without ${Needs.prometheus.is}: ${Needs.prometheus.bring}`,
    `2 without ${Needs.terraform.is}: ${Needs.terraform.bring}`,
  ]);
});

test('describeLeftOut() counts a test under each thing that it lacks', () => {
  expect(describeLeftOut([ran('skipped', 'java', 'aws')])).toHaveLength(2);
});

test('describeLeftOut() names what left itself out, with its reason or the lack of one', () => {
  expect(describeLeftOut([{ ...ran('skipped'), note: 'it is too old' }, ran('skipped')])).toEqual([
    'a skipped test: it is too old',
    'a skipped test: it does not say why',
  ]);
});

test('describeCounts() takes a test that never ended for one that failed', () => {
  expect(describeCounts([ran('passed'), ran('passed'), ran('pending'), ran('failed')])).toBe(
    '2 passed, 2 failed, 0 skipped',
  );
});

test('needs() leaves out where one of several is missing, and says which', () => {
  expect(needs({ java: true, aws: false, kubectl: false })).toEqual({ skip: true, tags: ['aws', 'kubectl'] });
  expect(needs({ java: true })).toEqual({ skip: false, tags: [] });
});
