// Weaknesses in what is desired: standings, the requests' own rows, edits by hand, holds, the scope.

import type { Mutant } from './mutant.ts';

const standing = 'src/entry-standing.ts';
const plan = 'src/plan-request.ts';
const changes = 'src/request-changes.ts';
const hold = 'src/principal-hold.ts';
const scope = 'src/managed-scope.ts';

export const DesiredMutants: readonly Mutant[] = [
  {
    name: 'ended-is-taken-back',
    file: standing,
    find: "  if (entry.phase === 'ENDED') return entry.gone === undefined ? 'ended' : 'gone';\n",
    replace: "  if (entry.phase === 'ENDED' && entry.gone !== undefined) return 'gone';\n",
    breaks: 'S1: an ending that was claimed is taken back by a clock that is behind',
  },
  {
    name: 'time-does-not-end',
    file: standing,
    find: "return clockIsWrong !== true && endMs(entry, request) <= nowMs ? { as: 'EXPIRED' } : undefined;",
    replace: 'return undefined;',
    breaks: 'L1: access whose time is over stays',
  },
  {
    name: 'until-is-compared-the-wrong-way',
    file: standing,
    find: 'endMs(entry, request) <= nowMs',
    replace: 'endMs(entry, request) >= nowMs',
    breaks: 'S1: what is wanted has ended, and what has ended is wanted',
  },
  {
    name: 'lost-row-has-ended',
    file: standing,
    find: "if (request === undefined) return 'unexplained';",
    replace: "if (request === undefined) return 'ended';",
    breaks: 'S6: losing the table of requests removes all access, past the brake',
  },
  {
    name: 'quarantined-has-ended',
    file: standing,
    find: "return 'quarantined';",
    replace: "return 'ended';",
    breaks: 'L3: a row that cannot be understood takes access away before its time',
  },
  {
    name: 'missing-still-wants',
    file: standing,
    find: "return entry.phase === 'MISSING' ? 'missing' : 'wants';",
    replace: "return 'wants';",
    breaks: 'S2: what another hand removed goes on wanting, and keeps the access of others',
  },
  {
    name: 'not-only-approved-is-created',
    file: 'src/assignment-view.ts',
    find: "return request?.audited_status === 'APPROVED' && assignmentIdOf(request) === assignment_id;",
    replace: 'return request !== undefined && assignmentIdOf(request) === assignment_id;',
    breaks: 'S2: an entry that a hand set back to WAITING is created again',
  },
  {
    name: 'poisoned-row-keeps-nothing',
    file: 'src/assignment-view.ts',
    find: "const KEEPING: ReadonlySet<Standing> = new Set(['wants', 'quarantined', 'unexplained']);",
    replace: "const KEEPING: ReadonlySet<Standing> = new Set(['wants', 'unexplained']);",
    breaks: 'L3: the end of another request takes the access of a row that cannot be understood',
  },
  {
    name: 'typed-ending-is-put-back',
    file: plan,
    find: 'return request.audited_status === undefined || stated === request.audited_status ? undefined : stated;',
    replace: 'return undefined;',
    breaks: 'S4: a revoke that was typed by hand is undone',
  },
  {
    name: 'typed-status-stays',
    file: plan,
    find: 'if (request.audited_status === undefined || request.status === request.audited_status) return undefined;',
    replace: 'if (request.audited_status !== undefined) return undefined;',
    breaks: 'T2: a typed status stands in the row, and no event tells of it',
  },
  {
    name: 'frozen-requests-go-on',
    file: plan,
    find: 'if (hold === undefined || !OPEN.includes(request.audited_status)) return undefined;',
    replace: 'if (hold !== undefined || !OPEN.includes(request.audited_status)) return undefined;',
    breaks: 'S2: revoking everything of a person ends nothing',
  },
  {
    name: 'typed-end-extends',
    file: plan,
    find: 'writes: endTimeEdited(request, entry.until, nowMs),\n    ...(typedMs !== undefined && typedMs < entry.until ? { shortenedToMs: typedMs } : {}),',
    replace:
      'writes: endTimeEdited(request, Math.max(typedMs ?? 0, entry.until), nowMs),\n    ...(typedMs !== undefined ? { shortenedToMs: typedMs } : {}),',
    breaks: 'S2: a later end_time that was typed by hand extends access',
  },
  {
    name: 'typed-end-is-not-heard',
    file: plan,
    find: '...(typedMs !== undefined && typedMs < entry.until ? { shortenedToMs: typedMs } : {}),',
    replace: '...(typedMs !== undefined && nowMs < 0 ? { shortenedToMs: typedMs } : {}),',
    breaks:
      'T2: an earlier end_time that was typed by hand does not shorten, and is put down again and again',
  },
  {
    name: 'typed-duration-extends',
    file: changes,
    find: 'return grantedMs + Math.min(typed ?? approved, approved) * 60_000;',
    replace: 'return grantedMs + (typed ?? approved) * 60_000;',
    breaks: 'S2: a longer duration that was typed by hand extends access',
  },
  {
    name: 'pending-never-lapses',
    file: plan,
    find: 'if (limitMs === undefined || nowMs < limitMs) return undefined;',
    replace: 'if (limitMs === undefined || nowMs < limitMs || nowMs > 0) return undefined;',
    breaks: 'L1: a request that nobody answers stays open',
  },
  {
    name: 'ended-without-entry-is-left',
    file: plan,
    find: 'if (entry !== undefined || request.due_at === undefined) return false;',
    replace: 'if (entry === undefined || request.due_at === undefined) return false;',
    breaks: 'L1: a revoke before the approval, or of a row that lost its entry, is never settled',
  },
  {
    name: 'removed-is-not-settled',
    file: changes,
    find: "sessions_may_last_until: sessionsUntil,\n    },\n    remove: ['due_at'],",
    replace: 'sessions_may_last_until: sessionsUntil,\n    },',
    breaks: 'L1, T2: what was removed is removed again and again',
  },
  {
    name: 'granted-loses-its-due-time',
    file: changes,
    find: "due_at: toDueAt(untilMs),\n      ...observed('LIVE', nowMs),\n    },",
    replace: "...observed('LIVE', nowMs),\n    },\n    remove: ['due_at'],",
    breaks: 'S4: a row without due_at stands outside the index: a revoke that is typed into it is not found',
  },
  {
    name: 'adopted-loses-its-due-time',
    file: 'src/hand-edit-changes.ts',
    find: "audited_status: typed,\n      due_at: toDueAt(nowMs),\n      ...(typed === 'REVOKED' ? { revoked_by: request.revoked_by ?? HAND_EDIT } : {}),\n    },",
    replace:
      "audited_status: typed,\n      ...(typed === 'REVOKED' ? { revoked_by: request.revoked_by ?? HAND_EDIT } : {}),\n    },\n    remove: ['due_at'],",
    breaks: 'L1: a typed ending counts as settled before anything was removed',
  },
  {
    name: 'spoiled-hold-is-none',
    file: hold,
    find: 'if (parsed.success) return parsed.data;\n  return {',
    replace:
      'if (parsed.success) return parsed.data;\n  if (row.name !== undefined) return undefined;\n  return {',
    breaks: 'S2: a hold that cannot be read freezes nobody',
  },
  {
    name: 'freeze-ends-at-once',
    file: hold,
    find: 'return until === undefined || nowMs < until;',
    replace: 'return until !== undefined && nowMs < until;',
    breaks: 'S2: a freeze without an end freezes nobody',
  },
  {
    name: 'revoked-before-is-not-heard',
    file: hold,
    find: 'return created === undefined || created < before;',
    replace: 'return created !== undefined && created > before;',
    breaks: 'S4: revoking everything of a person takes the wrong side of the moment',
  },
  {
    name: 'any-permission-set-is-managed',
    file: scope,
    find: 'if (!scope.permissionSetArns.includes(assignment.permissionSetArn))',
    replace: 'if (scope.permissionSetArns.length === 0)',
    breaks: 'S3: other permission sets are written',
  },
  {
    name: 'excluded-accounts-are-managed',
    file: scope,
    find: 'if (scope.excludedAccountIds.includes(accountId)) return false;',
    replace: '',
    breaks: 'S3: an excluded account is written',
  },
  {
    name: 'protected-users-are-managed',
    file: scope,
    find: "if (scope.protectedPrincipalIds.includes(assignment.principalId)) return 'the user is protected';",
    replace: '',
    breaks: 'S3: what a protected user holds is removed',
  },
  {
    name: 'lost-entry-stays-lost',
    file: 'src/plan-request.ts',
    find: 'if (entry !== undefined || audited === undefined) return undefined;',
    replace: 'if (entry === undefined || audited === undefined) return undefined;',
    breaks: 'L1: what the ledger lost is not put back',
  },
  {
    name: 'row-alone-is-believed',
    file: 'src/audited-entry.ts',
    find: "if (until === undefined || detail(event, 'assignment_id') !== id) return undefined;",
    replace: 'if (until === undefined) return undefined;',
    breaks: 'S2: an approval for one assignment gives another one to who edits the row',
  },
  {
    name: 'forgotten-beside-another',
    file: 'reconciler/read-pair.ts',
    find: '...forgotten(granted, ledgers)',
    replace: '...forgotten(new Map(), ledgers)',
    breaks: 'L1: a grant is forgotten for as long as another request keeps the row',
  },
  {
    name: 'revoke-trusts-a-typed-ending',
    file: 'api/decide-revocation.ts',
    find: 'isRevokedOrExpired(request.audited_status ?? status)',
    replace: 'isRevokedOrExpired(status)',
    breaks: 'S4: the next hand types over what the revoke was content with',
  },
];
