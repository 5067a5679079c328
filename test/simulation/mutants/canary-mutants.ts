// Weaknesses in the canary.

import type { Mutant } from './mutant.ts';

const canary = 'src/canary.ts';

export const CanaryMutants: readonly Mutant[] = [
  {
    name: 'canary-approves-what-a-hand-wrote',
    file: canary,
    find: 'return assignmentIdOf(request) === assignmentId(assignment);',
    replace: 'return assignmentId(assignment) !== request.request_id;',
    breaks: 'S2: a request that a hand changed is approved by nobody',
  },
  {
    name: 'canary-sings-for-the-frozen',
    file: canary,
    find: 'if (isHeld || isMalformedLedger(ledger)) return undefined;',
    replace: 'if (isMalformedLedger(ledger)) return undefined;',
    breaks: 'S2: a frozen user is approved',
  },
  {
    name: 'canary-begins-for-the-frozen',
    file: canary,
    find: 'if (isFrozen(hold, nowMs) || isRevokedBefore(hold, toTimestamp(nowMs))) return undefined;',
    replace: '',
    breaks: 'L1: requests for a frozen user pile up',
  },
  {
    name: 'canary-counts-another-hand',
    file: canary,
    find: "const revoked = request.assignment_status === 'LIVE';",
    replace: 'const revoked = request.request_id !== undefined;',
    breaks: 'T1: it closed, though somebody else took the access away',
  },
  {
    name: 'canary-counts-what-is-kept',
    file: canary,
    find: "run.revoked === true && request?.assignment_status === 'GONE'",
    replace: 'run.revoked === true',
    breaks: 'T1: it closed, though its access is live',
  },
  {
    name: 'canary-forgets-when-it-closed',
    file: canary,
    find: '...(closedAt === undefined ? {} : { closed_at: closedAt }),',
    replace: '',
    breaks: 'T3: the alert fires whenever a run is under way',
  },
  {
    name: 'canary-of-two-leaders',
    file: canary,
    find: "const onlyIf = ['request_id', 'revoked', 'over'].map(isAsRead);",
    replace: 'const onlyIf = [isAsRead].flatMap(() => []);',
    breaks: 'L1: a paused former leader writes an old run over a new one',
  },
  {
    name: 'canary-rests-for-ever-in-the-future',
    file: canary,
    find: 'return Math.abs(nowMs - (parseTimestamp(run.begun_at) ?? 0)) < settings.intervalMs;',
    replace: 'return nowMs - (parseTimestamp(run.begun_at) ?? 0) < settings.intervalMs;',
    breaks: 'L1: a clock that ran ahead once silences it for as long',
  },
  {
    name: 'canary-is-told-to-people',
    file: 'src/request-step.ts',
    find: 'const said = isCanaryRequest(request.request_id) ? undefined : what.message;',
    replace: 'const said = what.message;',
    breaks: 'T2: the plugin refuses what belongs to no channel, for ever',
  },
  {
    name: 'canary-hides-slow-endings',
    file: 'reconciler/leadership.ts',
    find: 'if (requestIds.length > 0 && requestIds.every(isCanaryRequest))',
    replace: 'if (requestIds.length > 1_000)',
    breaks: 'T3: its quick endings count as those of people',
  },
];
