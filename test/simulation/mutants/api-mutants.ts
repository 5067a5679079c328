// Weaknesses in what the API decides and writes.

import type { Mutant } from './mutant.ts';

const approval = 'api/decide-approval.ts';
const revocation = 'api/decide-revocation.ts';

export const ApiMutants: readonly Mutant[] = [
  {
    name: 'approves-what-has-ended',
    file: approval,
    find: "if (status !== 'PENDING') return problem('conflict', `This request is",
    replace: "if (status === 'GRANTED') return problem('conflict', `This request is",
    breaks: 'S4: an approval undoes a revoke or a denial',
  },
  {
    name: 'approves-a-revoked-person',
    file: approval,
    find: 'if (isRevokedBefore(hold, request.created_at))',
    replace: 'if (isRevokedBefore(undefined, request.created_at))',
    breaks: 'S2: a request of before a revocation of everything is approved after it',
  },
  {
    name: 'approval-without-an-entry',
    file: approval,
    find: 'return { writes: [...writes, ledgerWrite(ledger, entered), ...checks], outcome: after };',
    replace: 'return { writes: entered === ledger ? [] : [...writes, ...checks], outcome: after };',
    breaks: 'L1: an approval is not in the ledger, so nothing is created',
  },
  {
    name: 'approval-checks-no-hold',
    file: approval,
    find: '    unchangedHold(assignment.principalId, hold),\n',
    replace: '',
    breaks: 'S2: who is frozen while somebody approves is approved',
  },
  {
    name: 'asked-out-of-scope',
    file: 'api/access-rules.ts',
    find: 'if (why !== undefined) return problem',
    replace: "if (why === '') return problem",
    breaks: 'S3: what is outside the scope can be asked for and approved',
  },
  {
    name: 'frozen-may-ask',
    file: 'api/access-rules.ts',
    find: 'if (isFrozen(hold, nowMs))',
    replace: 'if (isFrozen(hold, nowMs) && nowMs < 0)',
    breaks: 'S2: a frozen person can ask and be approved',
  },
  {
    name: 'transitions-write-over-everything',
    file: 'api/request-transition.ts',
    find: '    onlyIf: unchangedRequest(request),\n',
    replace: '',
    breaks: 'S4, T2: an approval that crosses a revoke undoes it',
  },
  {
    name: 'revoke-only-of-what-is-granted',
    file: revocation,
    find: "if (status === 'DENIED' && isOver(request))",
    replace: "if (status !== 'GRANTED')",
    breaks: 'S4: what is PENDING or APPROVED cannot be revoked',
  },
  {
    name: 'revoke-leaves-the-index',
    file: revocation,
    find: '        due_at: toDueAt(nowMs),\n        ...observedFrom(request, at),\n      },',
    replace: "        ...observedFrom(request, at),\n      },\n      remove: ['due_at'],",
    breaks: 'L1: a revoke whose nudge was lost is found by nobody, and counts as settled',
  },
  {
    name: 'revoke-needs-the-audit-table',
    file: 'api/revoke-request.ts',
    find: 'return await flipAlone(store, decision.withoutAudit ?? [], alone).catch(',
    replace: 'return await Promise.reject(error).catch(',
    breaks: 'S4: while the audit table cannot be written nothing can be revoked',
  },
  {
    name: 'freeze-is-shortened',
    file: 'api/decide-hold.ts',
    find: 'const untilMs = Math.max(...untils);',
    replace: 'const untilMs = Math.min(...untils);',
    breaks: 'S2: a second freeze shortens the first',
  },
  {
    name: 'approves-what-a-hand-made-of-it',
    file: 'api/decide-approval.ts',
    find: '    notAsAsked(view, wish) ??\n',
    replace: '',
    breaks: 'S2: who writes the table of requests has access approved for somebody else',
  },
];
