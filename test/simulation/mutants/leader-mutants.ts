// Weaknesses in the lease, and in what the leader does with it.

import type { Mutant } from './mutant.ts';

const file = 'reconciler/leader.ts';

export const LeaderMutants: readonly Mutant[] = [
  {
    name: 'lease-without-a-margin',
    file,
    find: 'clock.elapsedMs() - renewedMs < durationMs - marginMs,',
    replace: 'clock.elapsedMs() - renewedMs < durationMs,',
    breaks: 'S1: a call begun at the end of a lease runs into that of the next leader',
  },
  {
    name: 'lease-never-runs-down',
    file,
    find: 'mayAct: () => renewedMs !== undefined && clock.elapsedMs() - renewedMs < durationMs - marginMs,',
    replace: 'mayAct: () => renewedMs !== undefined,',
    breaks: 'S1: a paused leader acts on beside its successor',
  },
  {
    name: 'take-over-without-waiting',
    file,
    find: '(seen !== undefined && nowMs - seen.sinceMs >= waitMs);',
    replace: '(seen !== undefined && nowMs >= seen.sinceMs);',
    breaks: 'S1: two processes lead at once',
  },
  {
    name: 'lost-beat-is-another-leader',
    file,
    find: 'ours !== undefined &&\n      lease.epoch === ours.epoch',
    replace: 'ours !== undefined &&\n      lease.epoch !== ours.epoch',
    breaks: 'L1: after a beat whose answer was lost nobody leads until the lease has run down',
  },
  {
    name: 'seen-is-renewed',
    file,
    find: 'ours = lease;\n    } else {',
    replace: 'ours = lease;\n      renewedMs = seenMs;\n    } else {',
    breaks: 'S1: a leader takes reading its own old beat for a renewal',
  },
  {
    name: 'renewed-when-answered',
    file,
    find: 'ours = next;\n      renewedMs = askedMs;',
    replace: 'ours = next;\n      renewedMs = clock.elapsedMs();',
    breaks:
      'S1: a beat whose answer took long renews from the answer on, while others watched it from the write on',
  },
  {
    name: 'lease-is-written-over',
    file,
    find: 'asItLies(attribute, value)',
    replace: '(value === undefined ? { attribute, absent: true } : { attribute, present: true })',
    breaks: 'S1: two processes that take over at the same moment both lead',
  },
  {
    name: 'former-leader-goes-on',
    file: 'reconciler/run-forever.ts',
    find: 'if (leading !== undefined && leading.epoch !== epoch) {',
    replace: 'if (leading !== undefined && epoch !== undefined && leading.epoch !== epoch) {',
    breaks: 'L1: who lost the lease never lets go of what it was doing',
  },
  {
    name: 'running-operations-are-not-adopted',
    file: 'reconciler/lead-tick.ts',
    find: '    await adoptOperations(leader, leader.aws.slots);\n',
    replace: '',
    breaks: 'the call budget: a new leader does not count the operations in flight',
  },
  {
    name: 'gives-the-lease-up-beside-a-call',
    file: 'reconciler/hand-over.ts',
    find: 'if (isChanging()) {',
    replace: 'if (false) {',
    breaks: 'S1: the next leader calls a second time while the first call may still arrive',
  },
  {
    name: 'waits-for-what-hangs',
    file: 'reconciler/hand-over.ts',
    find: 'const WORK_ENDS_WITHIN_MS = 3_000;',
    replace: 'const WORK_ENDS_WITHIN_MS = 3_000_000;',
    breaks: 'a stop is ended in the middle, and nobody leads for a lease',
  },
];
