import { describe, expect, it } from 'vitest';
import { isHelpful, type Known, type StatusPage, wordOf } from '../../src/aws/operation-words.ts';

const known = (more: Partial<Known> = {}): Known => ({
  id: 'ours',
  ageMs: 1_000,
  word: undefined,
  isDoubted: false,
  ...more,
});
const page = (
  statuses: Record<string, 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'>,
  more: Partial<StatusPage> = {},
) => ({
  statuses: new Map(Object.entries(statuses)),
  filtered: false,
  isWhole: true,
  ...more,
});
const FILTERED = { filtered: true };

describe('wordOf()', () => {
  it.each([
    ['IN_PROGRESS', 'running'],
    ['SUCCEEDED', 'succeeded'],
    ['FAILED', 'ended'],
  ] as const)('takes %s for %s', (status, word) => {
    expect(wordOf(known(), page({ ours: status }))).toBe(word);
  });

  it.each([
    ['in a list of everything', known({ word: 'running' }), page({})],
    ['in a list with further pages', known({ word: 'running' }), page({}, { ...FILTERED, isWhole: false })],
    ['in its first moments', known(), page({}, FILTERED)],
    [
      'that Describe has contradicted before',
      known({ word: 'running', isDoubted: true }),
      page({}, FILTERED),
    ],
  ])('hears nothing in an absence %s', (_what, operation, list) => {
    expect(wordOf(operation, list)).toBeUndefined();
  });

  it.each([
    ['had been listed', known({ word: 'running' })],
    ['must have been listed by now', known({ ageMs: 2_000 })],
  ])('takes it for ended when it runs no longer and %s', (_what, operation) => {
    expect(wordOf(operation, page({ another: 'IN_PROGRESS' }, FILTERED))).toBe('ended');
  });
});

describe('isHelpful()', () => {
  it('cannot tell while all are new', () => {
    expect(isHelpful([known()], page({}))).toBeUndefined();
  });

  it('goes by whether any older one of ours is on the page', () => {
    const old = [known({ ageMs: 3_000 }), known({ id: 'other', ageMs: 3_000 })];
    expect(isHelpful(old, page({ other: 'IN_PROGRESS' }))).toBe(true);
    expect(isHelpful(old, page({ foreign: 'SUCCEEDED' }))).toBe(false);
  });
});
