// The status of asynchronous operations: one by its id, or all of a kind. The list carries no reason and no target.

import type { z } from 'zod';
import { AwsError } from './aws-error.ts';
import { type Call, listAsOfMs, type Output } from './call.ts';
import type { creationStatusInput, deletionStatusInput, statusListInput } from './input-schemas.ts';
import type { AssignmentOperation, Operation, OperationKind } from './operation-log.ts';
import { takePage } from './page.ts';
import { requireInstance } from './world.ts';

type StatusCall = Call<{ InstanceArn: string }>;

export function describeCreationStatus(call: Call<z.output<typeof creationStatusInput>>): Output {
  const operation = findOperation(call, 'CREATE', call.input.AccountAssignmentCreationRequestId);
  return { AccountAssignmentCreationStatus: describeOperation(operation, call.nowMs) };
}

export function describeDeletionStatus(call: Call<z.output<typeof deletionStatusInput>>): Output {
  const operation = findOperation(call, 'DELETE', call.input.AccountAssignmentDeletionRequestId);
  return { AccountAssignmentDeletionStatus: describeOperation(operation, call.nowMs) };
}

/** Not found in the first moments and after the retention; both times are unverified. */
export function findOperation(call: StatusCall, kind: OperationKind, requestId: string): Operation {
  const { world, nowMs, input } = call;
  requireInstance(world, input.InstanceArn);
  const operation = world.operations.get(kind, requestId);
  if (operation === undefined || !isReadable(call, operation, nowMs)) {
    throw new AwsError('ResourceNotFoundException', `The request ${requestId} was not found.`);
  }
  return operation;
}

function isReadable({ world }: StatusCall, { createdMs }: Operation, atMs: number): boolean {
  const { describeNotFoundForMs, statusRetentionMs } = world.settings;
  const ageMs = atMs - createdMs;
  return ageMs >= describeNotFoundForMs && (statusRetentionMs === null || ageMs <= statusRetentionMs);
}

export function describeOperation(operation: Operation, atMs: number): Output {
  const status = statusAt(operation, atMs);
  return {
    Status: status,
    RequestId: operation.requestId,
    ...(status === 'FAILED' && { FailureReason: operation.failureReason ?? '' }),
    ...(operation.kind === 'PROVISION' ? targetOfProvision(operation) : targetOfAssignment(operation)),
    CreatedDate: new Date(operation.createdMs),
  };
}

function targetOfAssignment({ assignment }: AssignmentOperation): Output {
  return {
    TargetId: assignment.accountId,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: assignment.permissionSetArn,
    PrincipalType: assignment.principalType,
    PrincipalId: assignment.principalId,
  };
}

function targetOfProvision(operation: { accountId: string | null; permissionSetArn: string }): Output {
  const { accountId, permissionSetArn } = operation;
  return { ...(accountId !== null && { AccountId: accountId }), PermissionSetArn: permissionSetArn };
}

export function listCreationStatus(call: Call<z.output<typeof statusListInput>>): Output {
  const { rows, next } = listStatuses(call, 'CREATE');
  return { AccountAssignmentsCreationStatus: rows, ...next };
}

export function listDeletionStatus(call: Call<z.output<typeof statusListInput>>): Output {
  const { rows, next } = listStatuses(call, 'DELETE');
  return { AccountAssignmentsDeletionStatus: rows, ...next };
}

function listStatuses(call: Call<z.output<typeof statusListInput>>, kind: OperationKind) {
  requireInstance(call.world, call.input.InstanceArn);
  const asOfMs = listAsOfMs(call);
  const { rows, next } = takePage(call, visibleOperations(call, kind, asOfMs));
  const described = rows.map((operation) => ({
    Status: statusAt(operation, asOfMs),
    RequestId: operation.requestId,
    CreatedDate: new Date(operation.createdMs),
  }));
  return { rows: described, next };
}

function* visibleOperations(
  call: Call<z.output<typeof statusListInput>>,
  kind: OperationKind,
  asOfMs: number,
): Generator<Operation, void, undefined> {
  const { world, nowMs, input } = call;
  const wanted = input.Filter?.Status;
  // The common question, what still runs, is answered without walking the history.
  const isAboutNow = wanted === 'IN_PROGRESS' && asOfMs === nowMs;
  const oldestFirst = isAboutNow ? world.operations.inFlight() : world.operations.list(kind);
  const isReversed = world.settings.statusListOrder === 'newest-first';
  for (const operation of isReversed ? [...oldestFirst].reverse() : oldestFirst) {
    if (operation.kind !== kind || operation.createdMs > asOfMs) continue;
    if (wanted !== undefined && statusAt(operation, asOfMs) !== wanted) continue;
    if (isReadable(call, operation, nowMs)) yield operation;
  }
}

function statusAt(operation: Operation, atMs: number): Operation['status'] {
  const isOver = operation.finishMs !== null && operation.finishMs <= atMs;
  return isOver ? operation.status : 'IN_PROGRESS';
}
