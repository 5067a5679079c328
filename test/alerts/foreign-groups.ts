// The demonstration's own drift: groups that hold a managed permission set.

import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import type { Assignment } from '../../local/identity-center/organisation.ts';

export const FOREIGN_GROUPS: readonly Assignment[] = DEMO_ORGANISATION.assignments.filter(
  ({ principalType }) => principalType === 'GROUP',
);
