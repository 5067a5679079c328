// Weaknesses in what happens while something can not be done: it is left for later, in few calls, and holds up nothing else.

import type { Mutant } from './mutant.ts';

export const HeatMutants: readonly Mutant[] = [
  {
    name: 'due-and-put-off-is-looked-at-at-once',
    file: 'reconciler/converge-assignment.ts',
    find: "ledger.stage === 'REST' || ledger.due_at <= options.plannedMs)",
    replace: "ledger.stage === 'REST')",
    breaks: 'L4: one row that takes no writes uses the calls of everybody else',
  },
  {
    name: 'proved-gone-sleeps-until-another-end',
    rule: 'rest-idle',
    file: 'src/ledger-rules-rest.ts',
    find: 'if (standings.ended.length + standings.gone.length === 0) return due;',
    replace: 'if (standings.ended.length === 0) return due;',
    breaks: 'L4: a row is put to sleep for too long, mended, and put to sleep again',
  },
  {
    name: 'created-on-two-words',
    rule: 'rest-wanted',
    file: 'src/ledger-rules-creating.ts',
    find: 'return request !== undefined && request.status === request.audited_status;',
    replace: 'return request !== undefined;',
    breaks: 'S2: access is created on a row over which a hand has typed',
  },
  {
    name: 'kept-before-what-its-row-asks-for',
    rule: 'rest-kept',
    file: 'src/record-ending.ts',
    find: 'const waiting = facts.standings.ended.filter((id) => !facts.unrecorded.has(id));',
    replace: 'const waiting = facts.standings.ended;',
    breaks: 'T2: a revoke whose event could not be written is settled without it',
  },
  {
    name: 'unknown-operation-keeps-its-account',
    file: 'reconciler/converge-assignment.ts',
    find: 'if (view.ledger.op === undefined || isUnknownToAws(view, deps.clock.nowMs())) deps.slots.finish(id);',
    replace: 'if (view.ledger.op === undefined) deps.slots.finish(id);',
    breaks: 'L2a: an operation that AWS does not know keeps its account from another ending',
  },
  {
    name: 'unknown-create-keeps-its-ending',
    rule: 'creating-stopped',
    file: 'src/ledger-rules-creating.ts',
    find: 'const over = !waits || isUnknownToAws(facts.view, facts.nowMs);',
    replace: 'const over = !waits;',
    breaks: 'L2a: a revoke waits for an operation that AWS does not know',
  },
  {
    name: 'approved-a-second-time',
    file: 'api/decide-approval.ts',
    find: 'if (ledger.entries[request.request_id] !== undefined)',
    replace: "if (ledger.entries[request.request_id]?.phase === 'ENDED')",
    breaks: 'S2: a request that a hand made PENDING is approved and created once more',
  },
  {
    name: 'hidden-notification-holds-up-the-next',
    file: 'reconciler/deliver-notifications.ts',
    find: 'if (isOutOfReach(before)) await',
    replace: 'if (isOutOfReach(before) && row.seq < 0) await',
    breaks: 'T2: what follows a notification that a hand hid is never told',
  },
  {
    name: 'made-once-more-is-not-granted',
    file: 'reconciler/watch-sight.ts',
    find: "return !isEnding && Object.values(entries).some(({ phase }) => phase === 'GRANTED');",
    replace:
      "return stage === 'REST' && !isEnding && Object.values(entries).some(({ phase }) => phase === 'GRANTED');",
    breaks: 'S6: what a blind list hides goes missing, since one of it is being made once more',
  },
  {
    name: 'other-lists-do-not-count-as-absent',
    file: 'reconciler/watch-sight.ts',
    find: 'absent: absent + seen.asked - seen.shown',
    replace: 'absent',
    breaks: 'S6: what a blind list hides goes missing as long as no row has noted the others',
  },
  {
    name: 'out-of-the-index-is-nobodys',
    file: 'reconciler/read-desired.ts',
    find: '(due === undefined && isEnding(status))) continue;',
    replace: 'due === undefined) continue;',
    breaks: 'S5: a grant without due_at whose entry was spoilt is taken for nobody’s',
  },
];
