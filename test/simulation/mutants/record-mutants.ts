// Weaknesses in what is remembered and said, which leave access as it is for the moment: no list of AWS shows them.

import type { Mutant } from './mutant.ts';

const audited = 'src/audited-entry.ts';
const changes = 'src/request-changes.ts';

export const RecordMutants: readonly Mutant[] = [
  {
    name: 'restored-entry-forgets-a-typed-end',
    file: audited,
    find: 'return statedMs === undefined ? entry : { ...entry, until: Math.min(entry.until, statedMs) };',
    replace: 'return statedMs === undefined || statedMs > 0 ? entry : undefined;',
    breaks: 'S2: what the ledger lost comes back for longer than it was before',
  },
  {
    name: 'missing-is-restored-as-granted',
    file: audited,
    find: "return entry === undefined ? undefined : { ...entry, phase: 'MISSING' };",
    replace: 'return entry;',
    breaks:
      'S2, T2: what another hand removed wants access again once the ledger has lost it, and is found missing twice',
  },
  {
    name: 'revoked-before-without-the-skew',
    file: 'api/decide-hold.ts',
    find: 'now.nowMs + now.skewMs);',
    replace: 'now.nowMs);',
    breaks:
      'S4: what was asked for just before, by a clock that is ahead, outlives a revocation of everything',
  },
  {
    name: 'hung-create-is-awaited-for-hours',
    file: 'src/ledger-facts.ts',
    find: 'return claimedAt !== undefined && facts.nowMs - claimedAt >= VERDICT_PATIENCE_MS;',
    replace: 'return claimedAt !== undefined && facts.nowMs - claimedAt >= 120 * VERDICT_PATIENCE_MS;',
    breaks: 'L4: an ending waits for a Create that AWS does not finish',
  },
  {
    name: 'expired-is-told-as-revoked',
    file: changes,
    find: "status: ending === 'EXPIRED' ? 'EXPIRED' : 'REVOKED',",
    replace: "status: 'REVOKED',",
    breaks: 'T1: people are told that somebody revoked what came to its end',
  },
  {
    name: 'held-without-the-condition-of-the-hold',
    file: 'src/plan-request.ts',
    find: 'const writes = [...revokeByHold(request, hold, nowMs), unchangedHold(hold.principal_id, hold)];',
    replace: 'const writes = [...revokeByHold(request, hold, nowMs)];',
    breaks: 'T2: a hold that was lifted meanwhile takes access all the same',
  },
];
