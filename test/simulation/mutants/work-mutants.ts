// Weaknesses in how work is found: indexes, nudges, the take-over of old tables, searches.

import type { Mutant } from './mutant.ts';

const find = 'reconciler/find-work.ts';
const backFill = 'reconciler/back-fill.ts';

export const WorkMutants: readonly Mutant[] = [
  {
    name: 'revokes-only-by-nudge',
    file: find,
    find: "const EVERY_TICK = ['APPROVED', 'REVOKED'] as const;",
    replace: "const EVERY_TICK = ['APPROVED'] as const;",
    breaks: 'L1: a revoke whose nudge was lost waits for the rare look or the sweep',
  },
  {
    name: 'revokes-are-never-looked-for',
    file: find,
    find: 'const requests = [...rows, ...spokenOf].flatMap(',
    replace:
      "const found_ = rows.filter((row) => row.status !== 'REVOKED');\n  const requests = [...found_, ...spokenOf].flatMap(",
    breaks: 'L1: a revoke whose nudge was lost is found by the sweep alone, if at all',
  },
  {
    name: 'approvals-only-by-nudge',
    file: find,
    find: 'const requests = [...rows, ...spokenOf].flatMap(',
    replace: 'const requests = [...spokenOf].flatMap(',
    breaks: 'L1: what happened while nobody led is not found through the requests',
  },
  {
    name: 'due-ledger-rows-are-not-found',
    file: find,
    find: 'return rows.map((row) => String(row.assignment_id));',
    replace: 'return rows.slice(rows.length).map((row) => String(row.assignment_id));',
    breaks: 'L1: what a dead leader had begun without a request is never finished',
  },
  {
    name: 'unsettled-is-not-read',
    file: find,
    find: 'query.rare ? readUnsettled(store, until) : readDue(store, until),',
    replace: 'query.rare && until === undefined ? readUnsettled(store, until) : readDue(store, until),',
    breaks: 'L1, S4: lapses and typed statuses are not found',
  },
  {
    name: 'rare-tick-is-only-rare',
    file: find,
    find: 'if (isTyped || isRead || isDue) rows.push(row);',
    replace: "if (isTyped || (row.status !== 'GRANTED' && isDue)) rows.push(row);",
    breaks: 'L1: a lost ledger row leaves a grant to the next tick, and that may be rare as well',
  },
  {
    name: 'waits-for-ever-when-quiet',
    file: 'reconciler/reconcile-once.ts',
    find: 'if (ledger.due_at === undefined || ledger.due_at <= nowMs) return false;',
    replace: 'if (ledger.due_at === undefined) return false;',
    breaks: 'L1: what was backing off is never tried again',
  },
  {
    name: 'back-fill-is-skipped',
    file: 'reconciler/lead-tick.ts',
    find: 'memory.leftOver = await backFill(leader);',
    replace: 'memory.leftOver = leader.mayAct() ? [] : await backFill(leader);',
    breaks: 'S1: grants of the previous system are unexplained access',
  },
  {
    name: 'typed-approval-is-taken-over',
    file: backFill,
    find: "if (event.event_type === 'APPROVED') return true;\n  return false;",
    replace: "if (event.event_type === 'APPROVED') return true;\n  return true;",
    breaks: 'S2: an APPROVED that was typed into an old row gives access',
  },
  {
    name: 'previous-system-explains-nothing',
    file: 'reconciler/explain-orphan.ts',
    find: 'if (request.audited_status !== undefined && !request.taken_over) return false;',
    replace: 'if (request.request_id !== undefined) return false;',
    breaks: 'S6: live access of an old REVOKED or ERROR row goes without a release',
  },
  {
    name: 'person-is-searched-once',
    file: 'reconciler/search-principal.ts',
    find: 'return until !== undefined && nowMs < until;',
    replace: 'return until !== undefined && nowMs < 0;',
    breaks: 'S4: what a lagging index hid is not revoked with everything else of a person',
  },
  {
    name: 'frozen-person-is-not-looked-up-in-aws',
    file: 'reconciler/search-principal.ts',
    find: 'const held = isFrozen(hold, nowMs) ? await heldInAws(deps.live, principalId) : [];',
    replace:
      'const held = isFrozen(hold, nowMs) && nowMs < 0 ? await heldInAws(deps.live, principalId) : [];',
    breaks: 'S6: what a frozen person holds without a request stays until the sweep',
  },
  {
    name: 'one-failure-stops-the-others',
    file: 'reconciler/assignment-work.ts',
    find: 'deps.onFailed(assignment, error);',
    replace: 'isStopped = true;',
    breaks: 'L3: one assignment that fails stops all others',
  },
];
