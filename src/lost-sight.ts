// Whether a granted access that is in no list has gone, or whether the sight of it has: what goes missing in bulk is an
// inference, like what turns up in bulk. Pure.

import type { BrakeLimits } from './guard.ts';

export type Sight = {
  /** Assignments that are granted, and those of them that the latest lists do not show. The one in question is in both. */
  readonly granted: number;
  readonly absent: number;
  /** Those of the absent that were lost from sight before. */
  readonly lost: number;
  /** Other granted assignments that were looked at just now, and how many of them a list shows. */
  readonly asked: number;
  readonly shown: number;
};

/** Why nothing may be taken for missing; undefined where it may. */
export function lostSight(sight: Sight, limits: Pick<BrakeLimits, 'count'>): string | undefined {
  const { granted, absent, lost, asked, shown } = sight;
  // What was lost with others does not go missing because they have ended meanwhile: no list has been right since.
  if (lost > 0 && shown === 0) return 'nothing that is granted has been in a list since the sight was lost';
  // One alone was removed by somebody, whatever the brake allows.
  if (absent < 2)
    return asked > 0 && shown === 0
      ? `none of ${asked} others that were looked at is in a list either`
      : undefined;
  if (absent >= granted) return `none of the ${granted} granted assignments is in any list`;
  if (absent > limits.count) return `${absent} granted assignments are in no list, more than ${limits.count}`;
  if (asked > 0 && shown === 0) return `none of ${asked} others that were looked at is in a list either`;
  return undefined;
}
