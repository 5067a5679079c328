// What a sweep could not look at, as drift: nobody knows what is live there. Pure.

import type { DriftItem } from './drift.ts';
import type { UnreadPair } from './published-state.ts';
import { toTimestamp } from './timestamp.ts';

/** In the place of an account or a person: all of them. It is the part of no assignment's id. */
const EVERY = '*';

/** One item for each; what was unread `before` keeps its beginning. */
export function unreadDrift(
  unread: readonly UnreadPair[],
  before: readonly DriftItem[],
  nowMs: number,
): readonly DriftItem[] {
  const since = new Map(before.map((item) => [item.assignment_id, item.since]));
  return unread.map(({ permission_set_arn, account_id = EVERY, why }) => {
    const assignment_id = [account_id, permission_set_arn, EVERY].join('#');
    return {
      kind: 'unread',
      ...{ assignment_id, account_id, permission_set_arn, principal_id: EVERY },
      request_ids: [],
      since: since.get(assignment_id) ?? toTimestamp(nowMs),
      attempts: 0,
      last_error: why,
      detail: 'the last sweep could not look there: what nobody asked for is not found',
    };
  });
}
