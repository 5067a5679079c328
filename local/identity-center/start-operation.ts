// Whether an asynchronous operation may begin now, and what is drawn for it when it does: how long it takes and
// how it will end. Everything random about it is fixed here, so that a restart changes nothing.

import { AwsError, TOO_MANY_OUTSTANDING } from './aws-error.ts';
import { type Call, drawBetween, drawShare } from './call.ts';
import { concludeOperation, INTERNAL_FAILURE, TAKES_LONGER } from './conclude-operation.ts';
import type { AssignmentOperation, Fate, Operation, ProvisionOperation } from './operation-log.ts';
import { newRequestId } from './request-id.ts';
import type { World } from './world.ts';

/** What is asked for, before it is an operation. */
export type Undertaking =
  | Pick<AssignmentOperation, 'kind' | 'assignment'>
  | Pick<ProvisionOperation, 'kind' | 'permissionSetArn' | 'accountId'>;

/** Begins it, or throws ThrottlingException or ConflictException. */
export function startOperation(call: Call<unknown>, undertaking: Undertaking): Operation {
  const { world } = call;
  refuseOutstanding(world, undertaking);
  refuseConflicts(call, undertaking);
  const operation = drawOperation(call, undertaking);
  world.changed = true;
  if (isSuspended(world, undertaking) && world.settings.suspendedConflictsForEver) {
    world.conflictedAccounts.add(accountOf(undertaking) ?? '');
  }
  if (operation.isSynchronous) concludeOperation(world, operation);
  world.operations.add(operation);
  forgetOld(world);
  return operation;
}

function forgetOld(world: World): void {
  const { statusRetentionMs } = world.settings;
  if (statusRetentionMs !== null) world.operations.forget(world.nowMs - statusRetentionMs);
}

/** CreateAccountAssignment: 15 outstanding async calls (quota page); what else counts is a setting. */
function refuseOutstanding(world: World, undertaking: Undertaking): void {
  if (!countsAsOutstanding(world, undertaking)) return;
  let outstanding = world.settings.otherToolsOutstanding;
  for (const operation of world.operations.inFlight()) {
    if (countsAsOutstanding(world, operation)) outstanding += 1;
  }
  if (outstanding >= world.settings.outstandingMax) {
    throw new AwsError('ThrottlingException', TOO_MANY_OUTSTANDING);
  }
}

function countsAsOutstanding({ settings }: World, { kind }: Undertaking): boolean {
  if (kind === 'CREATE') return true;
  return kind === 'DELETE' ? settings.outstandingCountsDelete : settings.outstandingCountsProvision;
}

/** One permission set of an account can be updated at a time; how far a conflict reaches is unverified. */
function refuseConflicts({ world, nowMs }: Call<unknown>, undertaking: Undertaking): void {
  if (world.conflictedAccounts.has(accountOf(undertaking) ?? '')) throw new AwsError('ConflictException');
  const { conflictLingersMs, conflictScope } = world.settings;
  if (conflictScope === 'none') return;
  for (const other of world.operations.conflicting(nowMs, conflictLingersMs)) {
    if (conflicts(world, undertaking, other)) throw new AwsError('ConflictException');
  }
}

function conflicts(world: World, one: Undertaking, other: Undertaking): boolean {
  if (!meetInAccount(world, one, other)) return false;
  if (world.settings.conflictScope === 'account') return true;
  if (permissionSetOf(one) !== permissionSetOf(other)) return false;
  if (world.settings.conflictScope === 'permission-set-in-account') return true;
  if (one.kind === 'PROVISION' || other.kind === 'PROVISION') return one.kind === other.kind;
  return (
    one.assignment.principalId === other.assignment.principalId &&
    one.assignment.principalType === other.assignment.principalType
  );
}

function meetInAccount(world: World, one: Undertaking, other: Undertaking): boolean {
  const accountId = accountOf(one);
  const otherAccountId = accountOf(other);
  if (accountId !== null && otherAccountId !== null) return accountId === otherAccountId;
  if (accountId !== null) return world.provisioned.get(permissionSetOf(other), accountId) !== undefined;
  if (otherAccountId !== null) {
    return world.provisioned.get(permissionSetOf(one), otherAccountId) !== undefined;
  }
  return permissionSetOf(one) === permissionSetOf(other);
}

function accountOf(undertaking: Undertaking): string | null {
  return undertaking.kind === 'PROVISION' ? undertaking.accountId : undertaking.assignment.accountId;
}

function permissionSetOf(undertaking: Undertaking): string {
  return undertaking.kind === 'PROVISION'
    ? undertaking.permissionSetArn
    : undertaking.assignment.permissionSetArn;
}

function isSuspended(world: World, undertaking: Undertaking): boolean {
  return world.accounts.get(accountOf(undertaking) ?? '')?.suspended === true;
}

function drawOperation(call: Call<unknown>, undertaking: Undertaking): Operation {
  const { world, nowMs } = call;
  const hangs = call.fault?.kind === 'async-hang' || isSuspended(world, undertaking);
  const isSynchronous = !hangs && drawSynchronous(call);
  const durationMs = isSynchronous ? 0 : drawDurationMs(call, hangs);
  return {
    ...undertaking,
    requestId: newRequestId(world.random),
    seq: world.operations.nextSeq(),
    createdMs: nowMs,
    finishMs: durationMs === null ? null : nowMs + durationMs,
    fate: hangs ? { failureReason: TAKES_LONGER, committed: false } : drawFate(call),
    isSynchronous,
    status: 'IN_PROGRESS',
    failureReason: null,
  };
}

function drawSynchronous({ world, fault }: Call<unknown>): boolean {
  return fault?.kind === 'synchronous' || drawShare(world.random, world.settings.synchronousShare);
}

function drawDurationMs({ world, fault }: Call<unknown>, hangs: boolean): number | null {
  if (fault?.kind === 'async-hang' || fault?.kind === 'operation-duration') return fault.durationMs;
  const { operationMs, operationJitter, operationTailShare, operationTailMs, suspendedOperationMs } =
    world.settings;
  if (hangs) return suspendedOperationMs;
  if (drawShare(world.random, operationTailShare)) return operationTailMs;
  const jitterMs = operationMs * operationJitter;
  return Math.round(drawBetween(world.random, operationMs - jitterMs, operationMs + jitterMs));
}

function drawFate({ world, fault }: Call<unknown>): Fate {
  if (fault?.kind === 'async-failure') {
    return { failureReason: fault.reason ?? INTERNAL_FAILURE, committed: fault.committed };
  }
  const fails = drawShare(world.random, world.settings.asyncFailureShare);
  return { failureReason: fails ? INTERNAL_FAILURE : null, committed: false };
}
