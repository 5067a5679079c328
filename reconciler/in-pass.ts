// The leader during one pass of one of its loops: whatever is logged on account of it, now or by work that it began and that
// goes on, carries the id of the pass.

import type { Leadership } from './leadership.ts';

/** `<epoch>.<number>`: unique without chance, because an epoch has one leader. */
export function nextPassId({ epoch, memory }: Pick<Leadership, 'epoch' | 'memory'>): string {
  memory.passes += 1;
  return `${epoch}.${memory.passes}`;
}

export function inPass(leader: Leadership, passId: string): Leadership {
  const { work } = leader;
  const begin: Leadership['work']['begin'] = (assignment, options) =>
    work.begin(assignment, { passId, ...options });
  return {
    ...leader,
    log: leader.log.child({ pass_id: passId }),
    work: { ...work, begin },
    look: (assignment) => begin(assignment, { doubt: true }),
  };
}
