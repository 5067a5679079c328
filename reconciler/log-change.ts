// What the log says of a change that was written: enough to follow one request from its approval to its end by its id alone.

import type { Ledger } from '../src/ledger.ts';
import type { Log } from '../src/log.ts';
import type { Change } from '../src/plan.ts';

/** A look that leaves everything as it is says nothing: the log of a loop at rest is empty. */
export function logChange(log: Log, before: Ledger, change: Change): void {
  const stage = change.next?.stage ?? before.stage;
  const isAudited = change.writes.some(({ table }) => table === 'audit');
  if (change.call === undefined && stage === before.stage && !isAudited) return;
  // A claim begins an operation of its own, whose id nobody knows yet.
  const operationId = change.call === undefined ? (change.next?.op?.id ?? before.op?.id) : undefined;
  log.info('an assignment was changed', {
    assignment_id: before.assignment_id,
    request_ids: change.requestIds,
    // The rule says why. Its reason may quote what a person wrote, which is for the tables.
    rule: change.rule,
    stage,
    ...(change.call === undefined ? {} : { call: change.call }),
    ...(operationId === undefined ? {} : { operation_id: operationId }),
  });
}
