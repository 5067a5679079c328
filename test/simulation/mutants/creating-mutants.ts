// Weaknesses in the rows of the state table for CREATING and CREATED.

import type { Mutant } from './mutant.ts';

const file = 'src/ledger-rules-creating.ts';

export const CreatingMutants: readonly Mutant[] = [
  {
    name: 'created-although-revoked',
    rule: 'creating-stopped',
    file,
    find: 'return over ? stopped(facts) : undefined;',
    replace: 'return over && facts.nowMs < 0 ? stopped(facts) : undefined;',
    breaks: 'S2: a Create is repeated for a request that was revoked while it was tried',
  },
  {
    name: 'unresolved-create-is-forgotten',
    rule: 'creating-stopped',
    file,
    find: 'open === undefined ? ledger.unresolved : [...ledger.unresolved, { id: open, since: facts.nowMs }],',
    replace: 'ledger.unresolved,',
    breaks: 'T1: REMOVED is said while a Create still runs',
  },
  {
    name: 'granted-on-succeeded',
    rule: 'creating-succeeded',
    file,
    find: "(facts.operation.kind === 'succeeded' ? made(facts, 'AWS reports success') : undefined)",
    replace:
      "(facts.operation.kind === 'succeeded' ? (granted(facts) ?? made(facts, 'AWS reports success')) : undefined)",
    breaks: 'T1: "granted" is said on the word of an operation, before a list shows it',
  },
  {
    name: 'running-counts-as-succeeded',
    rule: 'creating-succeeded',
    file,
    find: "(facts.operation.kind === 'succeeded' ? made(facts, 'AWS reports success') : undefined)",
    replace:
      "(facts.operation.kind === 'succeeded' || facts.operation.kind === 'waiting' ? made(facts, 'AWS reports success') : undefined)",
    breaks: 'S2: a slow creation is given up as ERROR while it still runs',
  },
  {
    name: 'failed-counts-as-live',
    rule: 'creating-failed-but-live',
    file,
    find: "return failedVerdict && facts.view.live.verdict?.kind === 'failed' && facts.present",
    replace: "return failedVerdict && facts.view.live.verdict?.kind === 'failed'",
    breaks: 'L1: a passing failure of AWS ends the request as ERROR',
  },
  {
    name: 'failed-but-live-is-not-seen',
    rule: 'creating-failed-but-live',
    file,
    find: "return failedVerdict && facts.view.live.verdict?.kind === 'failed' && facts.present",
    replace: 'return failedVerdict && facts.nowMs < 0',
    breaks: 'L1: a refused creation whose access is there all the same is followed for ever',
  },
  {
    name: 'refused-creation-is-tried-for-ever',
    rule: 'creating-refused',
    file,
    find: "if (facts.operation.kind !== 'refused') return undefined;\n      return facts.operation.asked && !facts.absent ? undefined : failed(facts, facts.operation.message);",
    replace: 'return undefined;',
    breaks: 'T3: a creation that AWS refuses for good never becomes ERROR',
  },
  {
    name: 'refused-creation-hides',
    rule: 'creating-refused',
    file,
    find: 'writes: request === undefined ? [] : failRequest(request, why, facts.nowMs),',
    replace: 'writes: [],',
    breaks: 'T3: a creation that failed is told as an expiry',
  },
  {
    name: 'creation-goes-on-out-of-scope',
    rule: 'creating-refused',
    file,
    find: "if (facts.scopeProblem !== undefined && facts.operation.kind === 'again') {",
    replace: "if (facts.nowMs < 0 && facts.scopeProblem !== undefined && facts.operation.kind === 'again') {",
    breaks: 'S3: a Create is repeated although the scope was narrowed meanwhile',
  },
  {
    name: 'failed-creation-is-not-remembered',
    rule: 'creating-failed',
    file,
    find: "if (operation.kind !== 'again' || view.ledger.op?.id === undefined) return undefined;\n      return stay(",
    replace:
      "if (operation.kind !== 'again' || view.ledger.op?.id !== '') return undefined;\n      return stay(",
    breaks: 'T3, L2: a creation that fails is repeated at once, and neither counted nor shown',
  },
  {
    name: 'lost-creation-is-not-repeated',
    rule: 'creating-again',
    file,
    find: "facts.operation.kind === 'again' && facts.isDue",
    replace: "facts.operation.kind === 'again' && facts.isDue && facts.nowMs < 0",
    breaks: 'L1: a Create that was throttled, lost or died with its process is never made',
  },
  {
    name: 'running-creation-is-not-followed',
    rule: 'creating-runs',
    file,
    find: "apply: (facts) => (facts.isDue ? stay(facts, lookAgain(facts), 'AWS is at it') : undefined),",
    replace:
      "apply: (facts) => (facts.isDue ? stay(facts, { ...lookAgain(facts), due_at: undefined }, 'AWS is at it') : undefined),",
    breaks: 'L1: a creation that takes longer than one look is never asked after again',
  },
  {
    name: 'granted-although-revoked',
    rule: 'created-stopped',
    file,
    find: 'apply: (facts) => (stillWants(facts) ? undefined : stopped(facts)),',
    replace: 'apply: (facts) => (stillWants(facts) || facts.present ? undefined : stopped(facts)),',
    breaks: 'S4: a revoke that came during the creation is undone by GRANTED',
  },
  {
    name: 'granted-without-a-list',
    rule: 'created-live',
    file,
    find: 'apply: (facts) => (facts.present ? granted(facts) : undefined),',
    replace: 'apply: (facts) => granted(facts),',
    breaks: 'T1: "granted" is said although no list shows it',
  },
  {
    name: 'created-gone-after-one-list',
    rule: 'created-gone',
    file,
    find: "facts.absentTwice\n        ? failed(facts, 'AWS reported the creation as done, but the access is not there')",
    replace:
      "facts.absent\n        ? failed(facts, 'AWS reported the creation as done, but the access is not there')",
    breaks: 'L1: one lagging list turns a good creation into ERROR',
  },
  {
    name: 'created-gone-is-never-seen',
    rule: 'created-gone',
    file,
    find: "facts.absentTwice\n        ? failed(facts, 'AWS reported the creation as done, but the access is not there')",
    replace:
      "facts.absentTwice && facts.nowMs < 0\n        ? failed(facts, 'AWS reported the creation as done, but the access is not there')",
    breaks: 'S2, T3: a creation that succeeded and is gone by another hand stays APPROVED for ever',
  },
  {
    name: 'unseen-creation-forgets-its-absence',
    rule: 'created-unseen',
    file,
    find: "stay(facts, lookAgain(facts), 'not in the list yet')",
    replace: "stay(facts, { ...lookAgain(facts), absent_since: undefined }, 'not in the list yet')",
    breaks: 'S2, T3: a creation that succeeded and is gone by another hand stays APPROVED for ever',
  },
  {
    name: 'unseen-creation-is-not-looked-at-again',
    rule: 'created-unseen',
    file,
    find: "stay(facts, lookAgain(facts), 'not in the list yet')",
    replace: "stay(facts, { ...lookAgain(facts), due_at: undefined }, 'not in the list yet')",
    breaks: 'L1: a creation that the first list does not show is never granted',
  },
  {
    name: 'hold-not-in-the-claim',
    file,
    find: '      unchangedHold(ledger.assignment.principalId, hold),\n',
    replace: '',
    breaks: 'S2: who is frozen between the read and the claim gets the access all the same',
  },
  {
    name: 'request-not-in-the-claim-of-a-create',
    file,
    find: "      ...observeAll(facts, [requestId], 'CREATING'),\n",
    replace: '',
    breaks: 'S2: what is revoked between the read and the claim is created all the same',
  },
];
