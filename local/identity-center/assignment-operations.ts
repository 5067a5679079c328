// Creating, deleting and listing account assignments. A 200 to a write promises nothing: the verdict comes later.

import type { z } from 'zod';
import { AwsError } from './aws-error.ts';
import { type Call, listAsOfMs, type Output } from './call.ts';
import type {
  assignmentInput,
  assignmentListInput,
  principalListInput,
  provisionedAccountsInput,
  provisionedSetsInput,
} from './input-schemas.ts';
import type { Assignment } from './organisation.ts';
import { takePage } from './page.ts';
import type { PresenceEntry } from './presence-table.ts';
import { startOperation } from './start-operation.ts';
import { describeOperation } from './status-operations.ts';
import {
  accountExists,
  type Provisioning,
  pairKey,
  principalKey,
  requireAuthority,
  requireInstance,
  requirePermissionSet,
  type World,
} from './world.ts';

type AssignmentCall = Call<z.output<typeof assignmentInput>>;

/** Repeating it is harmless: rows are a set. Invalid principals and accounts fail later, not here. */
export function createAccountAssignment(call: AssignmentCall): Output {
  requireWritable(call);
  refuseTooManySets(call);
  const operation = startOperation(call, { kind: 'CREATE', assignment: assignmentOf(call) });
  return { AccountAssignmentCreationStatus: describeOperation(operation, call.nowMs) };
}

/** Accepted for a missing assignment too; that fails later with "EntitlementItem doesn't exist". */
export function deleteAccountAssignment(call: AssignmentCall): Output {
  requireWritable(call);
  const operation = startOperation(call, { kind: 'DELETE', assignment: assignmentOf(call) });
  return { AccountAssignmentDeletionStatus: describeOperation(operation, call.nowMs) };
}

function requireWritable({ world, input }: AssignmentCall): void {
  requireInstance(world, input.InstanceArn);
  requirePermissionSet(world, input.PermissionSetArn);
  requireAuthority(world, input.PermissionSetArn, input.TargetId);
}

/** Limits page: 500 permission sets provisioned per account. */
function refuseTooManySets({ world, input, nowMs }: AssignmentCall): void {
  if (world.provisioned.get(input.PermissionSetArn, input.TargetId) !== undefined) return;
  const provisioned = [...world.provisioned.listSecond(input.TargetId, nowMs)].length;
  if (provisioned >= world.settings.permissionSetsPerAccountMax) {
    throw new AwsError('ServiceQuotaExceededException');
  }
}

function assignmentOf({ input }: AssignmentCall): Assignment {
  return {
    accountId: input.TargetId,
    permissionSetArn: input.PermissionSetArn,
    principalType: input.PrincipalType,
    principalId: input.PrincipalId,
  };
}

export function listAccountAssignments(call: Call<z.output<typeof assignmentListInput>>): Output {
  const { world, input } = call;
  requireInstance(world, input.InstanceArn);
  requirePermissionSet(world, input.PermissionSetArn);
  refuseUnprovisioned(world, input.PermissionSetArn, input.AccountId);
  const pair = pairKey(input.AccountId, input.PermissionSetArn);
  const { rows, next } = takePage(call, shown(world, world.assignments.listFirst(pair, listAsOfMs(call))));
  return { AccountAssignments: rows.map(describeAssignment), ...next };
}

function refuseUnprovisioned(world: World, permissionSetArn: string, accountId: string): void {
  if (world.settings.unprovisionedList === 'empty') return;
  if (world.provisioned.get(permissionSetArn, accountId) !== undefined) return;
  throw new AwsError(
    'ResourceNotFoundException',
    `PermissionSet ${permissionSetArn} is not provisioned in account ${accountId}.`,
  );
}

/** From the management account only. Whether group-derived rows are added is a setting. */
export function listAccountAssignmentsForPrincipal(call: Call<z.output<typeof principalListInput>>): Output {
  const { world, input } = call;
  requireInstance(world, input.InstanceArn);
  if (world.settings.calledFrom === 'delegated-administrator') throw new AwsError('AccessDeniedException');
  const asOfMs = listAsOfMs(call);
  const entries = principalKeys(world, input.PrincipalType, input.PrincipalId)
    .flatMap((key) => [...world.assignments.listSecond(key, asOfMs)])
    .filter(({ row }) => row.accountId === (input.Filter?.AccountId ?? row.accountId))
    .sort((a, b) => a.seq - b.seq);
  const { rows, next } = takePage(call, shown(world, entries));
  return { AccountAssignments: rows.map(describeAssignment), ...next };
}

/** Without the rows that AWS's lists leave out at present. */
function* shown(
  { settings: { emptyLists } }: World,
  entries: Iterable<PresenceEntry<Assignment>>,
): Generator<PresenceEntry<Assignment>, void, undefined> {
  for (const entry of entries) {
    const { accountId, permissionSetArn } = { ...entry.row, ...emptyLists };
    const isHidden = accountId === entry.row.accountId && permissionSetArn === entry.row.permissionSetArn;
    if (emptyLists === null || !isHidden) yield entry;
  }
}

function principalKeys(world: World, principalType: string, principalId: string): string[] {
  const own = principalKey(principalType, principalId);
  if (principalType !== 'USER' || !world.settings.forPrincipalIncludesGroupRows) return [own];
  const groups = [...world.groups.values()].filter(({ memberIds }) => memberIds.includes(principalId));
  return [own, ...groups.map(({ id }) => principalKey('GROUP', id))];
}

function describeAssignment({ row }: PresenceEntry<Assignment>): Output {
  return {
    AccountId: row.accountId,
    PermissionSetArn: row.permissionSetArn,
    PrincipalType: row.principalType,
    PrincipalId: row.principalId,
  };
}

export function listAccountsForProvisionedPermissionSet(
  call: Call<z.output<typeof provisionedAccountsInput>>,
): Output {
  const { world, input } = call;
  requireInstance(world, input.InstanceArn);
  requirePermissionSet(world, input.PermissionSetArn);
  const entries = world.provisioned.listFirst(input.PermissionSetArn, listAsOfMs(call));
  const { rows, next } = takePage(call, withStatus(world, entries, input.ProvisioningStatus));
  return { AccountIds: rows.map(({ row }) => row.accountId), ...next };
}

export function listPermissionSetsProvisionedToAccount(
  call: Call<z.output<typeof provisionedSetsInput>>,
): Output {
  const { world, input } = call;
  requireInstance(world, input.InstanceArn);
  if (!accountExists(world, input.AccountId)) {
    throw new AwsError('ResourceNotFoundException', `Account ${input.AccountId} was not found.`);
  }
  const entries = world.provisioned.listSecond(input.AccountId, listAsOfMs(call));
  const { rows, next } = takePage(call, withStatus(world, entries, input.ProvisioningStatus));
  return { PermissionSets: rows.map(({ row }) => row.permissionSetArn), ...next };
}

function* withStatus(
  world: World,
  entries: Iterable<PresenceEntry<Provisioning>>,
  status: 'LATEST_PERMISSION_SET_PROVISIONED' | 'LATEST_PERMISSION_SET_NOT_PROVISIONED' | undefined,
): Generator<PresenceEntry<Provisioning>, void, undefined> {
  for (const entry of entries) {
    const latest = world.permissionSets.get(entry.row.permissionSetArn)?.policyVersion;
    const isLatest = entry.row.policyVersion === latest;
    if (status === undefined || isLatest === (status === 'LATEST_PERMISSION_SET_PROVISIONED')) yield entry;
  }
}
