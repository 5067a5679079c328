// What was said since it was last asked: ids to look at. Losing it costs a tick, never an ending.

import type { Nudge } from '../src/nudge.ts';

export type Heard = {
  hear(nudges: readonly Omit<Nudge, 'at'>[]): void;
  /** The requests spoken about; each is answered once. */
  takeRequests(): readonly string[];
  takePasses(): readonly string[];
  hasPasses(): boolean;
  /** The people who are searched for, until they are let go. */
  principals(): readonly string[];
  letGo(principalId: string): void;
};

export function createHeard(): Heard {
  const requests = new Set<string>();
  const passes = new Set<string>();
  const principals = new Set<string>();
  const take = (ids: Set<string>): readonly string[] => {
    const taken = [...ids];
    ids.clear();
    return taken;
  };
  return {
    hear(nudges) {
      for (const { request_id, pass_id, principal_id } of nudges) {
        if (request_id !== undefined) requests.add(request_id);
        if (pass_id !== undefined) passes.add(pass_id);
        if (principal_id !== undefined) principals.add(principal_id);
      }
    },
    takeRequests: () => take(requests),
    takePasses: () => take(passes),
    hasPasses: () => passes.size > 0,
    principals: () => [...principals],
    letGo: (principalId) => principals.delete(principalId),
  };
}
