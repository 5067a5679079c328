// Every call is claimed first, by the process that makes it, and made by the one that leads: a process that notices the
// time passing never calls after another has taken over. Only what was stated as ended is removed without a lease, by who
// can know of none: each of several claims it on the ledger's version.

import { isLeaseOut } from './held-up.ts';
import { isNewClaim, seenLedger } from './ledger-row.ts';
import { belongsToSystem, seenAssignment } from './seen-assignment.ts';
import { type Called, rowsOf, type Scene, type Watcher } from './watcher.ts';

/** A process that hears nothing of a lease for two of them ends without one, and one step may be on its way. */
const WITHOUT_LEASES = 3;

export function watchCalls(scene: Scene): Watcher & { look(): void } {
  const claims = new Map<string, string>();
  /** When each process last renewed the lease, on the true monotonic clock. */
  const renewedMs = new Map<string, number>();
  let tamperedMs = Number.NEGATIVE_INFINITY;
  /** When nobody could hold the lease, last. */
  let outMs = Number.NEGATIVE_INFINITY;

  /** Undefined where it may well be mistaken: it stood still, or hands took the lease from it. */
  const notLeading = (called: Called, sinceMs: number): string | undefined => {
    const { by: name } = called;
    if (mayEndWithout(called)) return undefined;
    const actor = scene.actor(name);
    if (actor === undefined || actor.clock.stoodStillSince(sinceMs)) return undefined;
    if (scene.elapsedMs() - tamperedMs < 2 * scene.leaseMs) return undefined;
    const lease = scene.store.peek('control', { name: 'leader' });
    if (lease?.holder === name && lease.released !== true) return undefined;
    return JSON.stringify(lease);
  };
  const mayEndWithout = ({ by, operation, assignmentId }: Called): boolean => {
    const ledger = seenLedger(scene.store.peek('assignments', { assignment_id: assignmentId }));
    if (operation !== 'DELETE' || ledger?.ending !== 'stated') return false;
    const unheardMs = Math.max(outMs, scene.faults.leaseMetMs(by));
    return scene.elapsedMs() - unheardMs < WITHOUT_LEASES * scene.leaseMs;
  };
  const describe = ({ by, operation, assignmentId }: Called) => `${operation} ${assignmentId} by ${by}`;

  return {
    written(written) {
      for (const row of rowsOf(written, 'control'))
        if (row.after?.name === 'leader' && row.after.holder === written.by)
          renewedMs.set(written.by, scene.elapsedMs());
      for (const row of rowsOf(written, 'assignments')) {
        const after = seenLedger(row.after);
        if (after !== undefined && isNewClaim(after))
          claims.set(`${written.by} ${after.assignment_id}`, after.op?.kind ?? '');
      }
    },
    called(called) {
      const key = `${called.by} ${called.assignmentId}`;
      if (claims.get(key) !== called.operation)
        scene.report('WRITE-AHEAD', `a call without a claim: ${describe(called)}`);
      claims.delete(key);
      const actor = scene.actor(called.by);
      const assignment = seenAssignment(called.assignmentId);
      if (actor !== undefined && assignment !== undefined && !belongsToSystem(actor.policy.scope, assignment))
        scene.report('S3', `a call out of scope: ${describe(called)}`);
      const lease = notLeading(called, renewedMs.get(called.by) ?? 0);
      if (lease !== undefined)
        scene.report('ONE-LEADER', `${describe(called)}, while the lease says ${lease}`);
    },
    arrived({ decidedMs, ...called }) {
      const sinceMs = Math.min(decidedMs, renewedMs.get(called.by) ?? 0);
      const lease = notLeading(called, sinceMs);
      if (lease !== undefined)
        scene.report('ONE-LEADER', `${describe(called)} arrives, while the lease says ${lease}`);
    },
    look() {
      if (isLeaseOut(scene)) outMs = scene.elapsedMs();
    },
    tampered(what) {
      if (what === 'lease' || what === 'tables') tamperedMs = scene.elapsedMs();
      if (what === 'tables') claims.clear();
    },
  };
}
