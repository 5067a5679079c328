// Weaknesses in the claim, in what is written under which condition, and in what is remembered of a call.

import type { Mutant } from './mutant.ts';

const apply = 'reconciler/apply-change.ts';

export const ClaimMutants: readonly Mutant[] = [
  {
    name: 'called-before-the-claim',
    file: apply,
    find: 'const written = await deps.store.transact(change.writes);',
    replace: `if (change.call === 'DELETE' && change.next !== undefined) {
    const early = await deps.writer.deleteAssignment(change.next.assignment);
    const claimed = await deps.store.transact(change.writes);
    if (claimed.outcome === 'refused') return { kind: 'refused' };
    return { kind: 'written', call: early, recorded: await recordOutcome(deps, change.next, early) };
  }
  const written = await deps.store.transact(change.writes);`,
    breaks: 'S1: AWS is called before the claim, which may then be refused',
  },
  {
    name: 'called-although-the-claim-was-refused',
    file: apply,
    find: "if (written.outcome === 'refused') return { kind: 'refused', failed: written.failed };",
    replace:
      "if (written.outcome === 'refused' && change.call === undefined) return { kind: 'refused', failed: written.failed };",
    breaks: 'S1: an approval or a revoke in between is not heard by the call that follows',
  },
  {
    name: 'create-without-a-claim',
    file: apply,
    find: "if (written.outcome === 'refused') return { kind: 'refused', failed: written.failed };",
    replace:
      "if (written.outcome === 'refused' && change.call !== 'CREATE') return { kind: 'refused', failed: written.failed };",
    breaks: 'S2: a revoke or a freeze in between is not heard by the Create that follows',
  },
  {
    name: 'lease-not-asked-before-the-call',
    file: apply,
    find: "// look finds an operation that was never begun.\n  if (!deps.mayAct()) return { kind: 'not leading' };",
    replace: '// look finds an operation that was never begun.',
    breaks: 'S1: a leader whose claim took long calls AWS beside its successor',
  },
  {
    name: 'lease-not-asked-before-the-claim',
    file: apply,
    find: "if (!deps.mayAct()) return { kind: 'not leading' };\n  const written",
    replace: 'const written',
    breaks: 'S1: a paused former leader goes on claiming',
  },
  {
    name: 'outcome-is-recorded-over-everything',
    file: apply,
    find: 'const written = await deps.store.transact([ledgerWrite(current, next)]);',
    replace:
      'const written = await deps.store.transact([{ ...ledgerWrite(current, next), onlyIf: [] } as ReturnType<typeof ledgerWrite>]);',
    breaks: 'S1, L1: recording an outcome drops the entry of an approval that came meanwhile',
  },
  {
    name: 'outcome-is-recorded-in-another-claim',
    file: apply,
    find: 'const same = ledger.stage === claimed.stage && ledger.op?.claimed_at === claimed.op?.claimed_at;\n  return same && ledger.op?.id === undefined ? ledger : undefined;',
    replace: 'return ledger;',
    breaks: 'T1: the verdict of an old call counts for a newer claim',
  },
  {
    name: 'versions-are-not-compared',
    file: 'src/ledger.ts',
    find: ": [{ attribute: 'version', is: read.version }];",
    replace: ": [{ attribute: 'version', present: true }];",
    breaks: 'S1: a write that stands on an old read drops an approval',
  },
  {
    name: 'versions-do-not-rise',
    file: 'src/ledger.ts',
    find: 'return { ...next, version: Math.abs(read.version) + 1 };',
    replace: 'return { ...next, version: Math.max(1, Math.abs(read.version)) };',
    breaks: 'S1: a write that stands on an old read drops an approval',
  },
  {
    name: 'versions-begin-anew',
    file: 'src/ledger.ts',
    find: 'version: -nowMs,',
    replace: 'version: 0,',
    breaks: 'S1: a paused writer meets the version of a row that was dropped and made again',
  },
  {
    name: 'steps-write-over-everything',
    file: 'src/request-step.ts',
    find: '    onlyIf: unchangedRequest(request),\n',
    replace: '',
    breaks: 'S4: a revoke that comes while the loop decides is undone',
  },
  {
    name: 'observed-writes-over-everything',
    file: 'src/request-changes.ts',
    find: 'const onlyIf = unchangedRequest(request);',
    replace: 'const onlyIf = unchangedRequest({ ...request, stored: {} });',
    breaks: 'S2: the claim of a Create does not check that its request is still APPROVED',
  },
  {
    name: 'call-id-is-not-recorded',
    file: 'src/record-call.ts',
    find: 'op: { ...ledger.op, id: result.id, looks: 0 },',
    replace: 'op: { ...ledger.op, looks: 0 },',
    breaks: 'L1: every operation counts as lost, and is made again and again',
  },
  {
    name: 'failed-calls-do-not-count',
    file: 'src/record-call.ts',
    find: 'const attempts = ledger.attempts + 1;',
    replace: 'const attempts = Math.min(1, ledger.attempts + 1);',
    breaks: 'L2, T3: the back-off does not grow, and the attempts do not show',
  },
  {
    name: 'back-off-without-a-ceiling',
    file: 'src/policy.ts',
    find: 'const ceiling = Math.min(BACK_OFF_CEILING_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(attempts - 1, 16));',
    replace: 'const ceiling = BACK_OFF_FIRST_MS * 2 ** Math.min(attempts - 1, 16);',
    breaks: 'L2: after many failures the next try of an ending is hours away',
  },
  {
    name: 'never-stuck',
    file: 'src/policy.ts',
    find: "if (trying.last_error?.kind === 'refused') return true;\n  if (trying.attempts >= STUCK_ATTEMPTS) return true;\n  return trying.trying_since !== undefined && nowMs - trying.trying_since >= STUCK_AFTER_MS;",
    replace: 'return trying.attempts > STUCK_ATTEMPTS * STUCK_AFTER_MS && nowMs < 0;',
    breaks: 'T3: an ending that AWS refuses is not listed',
  },
  {
    name: 'not-planned-again-after-a-wait',
    file: 'reconciler/apply-or-put-off.ts',
    find: 'isOld && !(await isStillPlanned(deps, planned))',
    replace: 'isOld && planned.startedMs < 0 && !(await isStillPlanned(deps, planned))',
    breaks: 'S2: a Create that waited for its turn is made after its request has ended',
  },
  {
    name: 'row-that-takes-no-write-keeps-its-access',
    file: 'reconciler/apply-or-put-off.ts',
    find: 'if (alone !== undefined) return applyInTurn(',
    replace: "if (alone?.next.stage === 'REST') return applyInTurn(",
    breaks: 'L2a: a row or a table that takes nothing keeps the access of what has ended',
  },
  {
    name: 'events-share-their-sequence',
    file: 'src/audit-event.ts',
    find: 'const seq = request.audit_seq + 1;',
    replace: 'const seq = Math.max(1, request.audit_seq);',
    breaks: 'T2: two events of a request have one number',
  },
  {
    name: 'event-times-run-backwards',
    file: 'src/audit-event.ts',
    find: 'Math.max(event.nowMs, parseTimestamp(request.last_event_at) ?? 0)',
    replace: 'event.nowMs',
    breaks: 'T2: with clocks that differ, the events of a request are not in order',
  },
];
