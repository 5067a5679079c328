// Says once, in the log, which managed permission sets cannot be looked into, and why: a sweep meets them again and again.

import type { Log } from '../src/log.ts';
import type { UnreadPair } from '../src/published-state.ts';

export function tellUnreadSets(log: Log): (unread: UnreadPair) => void {
  const told = new Set<string>();
  return ({ permission_set_arn, why }) => {
    const key = `${permission_set_arn} ${why}`;
    if (told.has(key)) return;
    told.add(key);
    log.error('nothing of a managed permission set can be looked at', { permission_set_arn, why });
  };
}
