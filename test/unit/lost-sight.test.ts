// What goes missing in bulk is the sight of it; what goes missing alone is gone.

import { expect, it } from 'vitest';
import { lostSight, type Sight } from '../../src/lost-sight.ts';

const LIMITS = { count: 5 };

const CASES: readonly (readonly [string, Sight, boolean])[] = [
  ['the only one that was granted', { granted: 1, absent: 1, lost: 0, asked: 0, shown: 0 }, false],
  ['one of two, and the other is shown', { granted: 2, absent: 1, lost: 0, asked: 1, shown: 1 }, false],
  ['both that were granted', { granted: 2, absent: 2, lost: 0, asked: 0, shown: 0 }, true],
  [
    'as many of many as the brake lets through',
    { granted: 40, absent: 5, lost: 0, asked: 3, shown: 3 },
    false,
  ],
  ['more of many than the brake lets through', { granted: 40, absent: 6, lost: 0, asked: 3, shown: 3 }, true],
  [
    'one, and none of those that were asked is shown',
    { granted: 40, absent: 1, lost: 0, asked: 3, shown: 0 },
    true,
  ],
  [
    'the only one that is left of two that were lost from sight',
    { granted: 1, absent: 1, lost: 1, asked: 0, shown: 0 },
    true,
  ],
  [
    'one that was lost from sight, and one that was asked is shown',
    { granted: 2, absent: 1, lost: 1, asked: 1, shown: 1 },
    false,
  ],
  [
    'one, and one of those that were asked is shown',
    { granted: 40, absent: 1, lost: 0, asked: 3, shown: 1 },
    false,
  ],
];

it.each(CASES)('lostSight() where in no list is %s', (_what, sight, isLost) => {
  expect(lostSight(sight, LIMITS) !== undefined).toBe(isLost);
});
