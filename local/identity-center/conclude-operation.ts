// What an asynchronous operation does to the world when its time has come, and the reasons it fails with.

import type { AssignmentOperation, Operation, ProvisionOperation } from './operation-log.ts';
import { accountExists, assign, isAssigned, principalExists, unassign, type World } from './world.ts';

/** Seen from AWS; transient. */
export const INTERNAL_FAILURE = 'An unexpected internal service exception was encountered';
/** Seen from AWS for accounts that do not answer, such as suspended ones. */
export const TAKES_LONGER =
  'The operation takes longer than usual to complete, because the account could not be reached.';

/** Lets time pass until `nowMs`: what is due ends, in the order of its ending. */
export function settle(world: World, nowMs: number): void {
  world.nowMs = Math.max(world.nowMs, nowMs);
  for (const operation of world.operations.takeDue(world.nowMs)) concludeOperation(world, operation);
}

/** Ends the operation at its own time: its effect, then its verdict. */
export function concludeOperation(world: World, operation: Operation): void {
  const atMs = operation.finishMs ?? world.nowMs;
  const { failureReason, committed } = operation.fate;
  const impediment =
    failureReason !== null && !committed ? failureReason : takeEffect(world, operation, atMs);
  operation.failureReason = failureReason ?? impediment;
  operation.status = operation.failureReason === null ? 'SUCCEEDED' : 'FAILED';
  if (world.settings.conflictLingersMs > 0) world.operations.linger(operation);
}

function takeEffect(world: World, operation: Operation, atMs: number): string | null {
  if (operation.kind === 'PROVISION') return provision(world, operation, atMs);
  return operation.kind === 'CREATE' ? create(world, operation, atMs) : remove(world, operation, atMs);
}

function create(world: World, { assignment }: AssignmentOperation, atMs: number): string | null {
  const impediment = impedimentOf(world, assignment);
  if (impediment !== null) return impediment;
  if (isAssigned(world, assignment) && world.settings.duplicateCreate === 'fails') {
    return 'Received a 409 status error: EntitlementItem already exists';
  }
  assign(world, assignment, atMs);
  return null;
}

function impedimentOf(world: World, assignment: AssignmentOperation['assignment']): string | null {
  const { permissionSetArn, accountId, principalType, principalId } = assignment;
  if (!world.permissionSets.has(permissionSetArn)) {
    return `Received a 404 status error: the permission set ${permissionSetArn} was not found`;
  }
  if (!accountExists(world, accountId)) {
    return `Received a 404 status error: the account ${accountId} was not found`;
  }
  if (!principalExists(world, assignment)) return assigneeNotFound(world, principalType, principalId);
  const isDisabled = world.users.get(principalId)?.status === 'DISABLED';
  if (isDisabled && world.settings.disabledUserCreate === 'fails') {
    return `Received a 400 status error: the USER assignee ${principalId} is disabled`;
  }
  return null;
}

function assigneeNotFound(world: World, principalType: string, principalId: string): string {
  return `Received a 404 status error: the ${principalType} assignee ${principalId} was not found in directory ${world.identityStoreId}`;
}

function remove(world: World, { assignment }: AssignmentOperation, atMs: number): string | null {
  if (!isAssigned(world, assignment)) {
    return `Received a 404 status error: EntitlementItem doesn't exist for ${assignment.principalType} ${assignment.principalId}`;
  }
  if (!principalExists(world, assignment) && world.settings.deletedPrincipalDelete === 'fails') {
    return assigneeNotFound(world, assignment.principalType, assignment.principalId);
  }
  unassign(world, assignment, atMs);
  return null;
}

function provision(world: World, operation: ProvisionOperation, atMs: number): string | null {
  const { permissionSetArn, accountId } = operation;
  const policyVersion = world.permissionSets.get(permissionSetArn)?.policyVersion;
  if (policyVersion === undefined) {
    return `Received a 404 status error: the permission set ${permissionSetArn} was not found`;
  }
  for (const { row } of [...world.provisioned.listFirst(permissionSetArn, atMs)]) {
    if (accountId !== null && row.accountId !== accountId) continue;
    world.provisioned.put(permissionSetArn, row.accountId, { ...row, policyVersion }, atMs);
  }
  return null;
}
