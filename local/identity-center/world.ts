// The whole state of the stand-in, and what is asked of it everywhere. Changed only by the operations and by the
// hand of another (`world-change.ts`).

import { AwsError } from './aws-error.ts';
import type { FaultRule } from './fault-rule.ts';
import type { OperationLog } from './operation-log.ts';
import type { Service } from './operation-names.ts';
import type { Account, Assignment, Group, PermissionSet, User } from './organisation.ts';
import type { PresenceTable } from './presence-table.ts';
import type { Settings } from './settings.ts';
import type { TokenBucket } from './token-bucket.ts';

/** `policyVersion` rises with every change that an account only sees once it is provisioned again. */
export type PermissionSetState = PermissionSet & { seq: number; createdMs: number; policyVersion: number };

export type Provisioning = { permissionSetArn: string; accountId: string; policyVersion: number };

/** One assignment appeared or disappeared. */
export type AssignmentChange = { atMs: number; assignment: Assignment; present: boolean };

export type World = {
  settings: Settings;
  readonly instanceArn: string;
  readonly identityStoreId: string;
  readonly managementAccountId: string;
  /** AWS's own time; never runs backwards, whatever the callers' clocks do. */
  nowMs: number;
  /** Something happened that a restart must not forget. */
  changed: boolean;
  readonly accounts: Map<string, Account>;
  readonly permissionSets: Map<string, PermissionSetState>;
  readonly users: Map<string, User>;
  /** From `directoryKey` to user id. */
  readonly directory: Map<string, string>;
  readonly groups: Map<string, Group>;
  /** By pair of account and permission set, and by principal. */
  readonly assignments: PresenceTable<Assignment>;
  /** By permission set, and by account. */
  readonly provisioned: PresenceTable<Provisioning>;
  readonly operations: OperationLog;
  /** Suspended accounts where everything conflicts for ever. */
  readonly conflictedAccounts: Set<string>;
  readonly buckets: Record<Service, TokenBucket>;
  faults: FaultRule[];
  readonly random: () => number;
  readonly onAssignmentChange: (change: AssignmentChange) => void;
};

export function pairKey(accountId: string, permissionSetArn: string): string {
  return `${accountId}#${permissionSetArn}`;
}

export function principalKey(principalType: string, principalId: string): string {
  return `${principalType}#${principalId}`;
}

export function accountExists(world: World, accountId: string): boolean {
  return world.accounts.has(accountId) || accountId === world.managementAccountId;
}

export function principalExists(world: World, { principalType, principalId }: Assignment): boolean {
  return principalType === 'USER' ? world.users.has(principalId) : world.groups.has(principalId);
}

export function requireInstance(world: World, instanceArn: string): void {
  if (instanceArn === world.instanceArn) return;
  throw new AwsError(world.settings.wrongInstance, `Instance ${instanceArn} was not found.`);
}

export function requirePermissionSet(world: World, permissionSetArn: string): PermissionSetState {
  const permissionSet = world.permissionSets.get(permissionSetArn);
  if (permissionSet !== undefined) return permissionSet;
  throw new AwsError('ResourceNotFoundException', `PermissionSet ${permissionSetArn} was not found.`);
}

/** A delegated administrator may touch neither the management account nor what is assigned there. */
export function requireAuthority(world: World, permissionSetArn: string, accountId?: string): void {
  if (world.settings.calledFrom === 'management-account') return;
  const isAssignedThere = world.provisioned.get(permissionSetArn, world.managementAccountId) !== undefined;
  if (accountId === world.managementAccountId || isAssignedThere) throw new AwsError('AccessDeniedException');
}

/** Adds the row and provisions the permission set; repeating it changes nothing. */
export function assign(world: World, assignment: Assignment, atMs: number): void {
  const { accountId, permissionSetArn, principalType, principalId } = assignment;
  const pair = pairKey(accountId, permissionSetArn);
  const added = world.assignments.put(pair, principalKey(principalType, principalId), assignment, atMs);
  const policyVersion = world.permissionSets.get(permissionSetArn)?.policyVersion ?? 0;
  if (world.provisioned.get(permissionSetArn, accountId) === undefined) {
    world.provisioned.put(permissionSetArn, accountId, { permissionSetArn, accountId, policyVersion }, atMs);
  }
  if (added) world.onAssignmentChange({ atMs, assignment, present: true });
}

/** Removes the row; false if there was none. */
export function unassign(world: World, assignment: Assignment, atMs: number): boolean {
  const { accountId, permissionSetArn, principalType, principalId } = assignment;
  const pair = pairKey(accountId, permissionSetArn);
  const removed = world.assignments.remove(pair, principalKey(principalType, principalId), atMs);
  if (!removed) return false;
  if (world.settings.provisionedAfterLastDelete === 'leaves' && isPairEmpty(world, pair, atMs)) {
    world.provisioned.remove(permissionSetArn, accountId, atMs);
  }
  world.onAssignmentChange({ atMs, assignment, present: false });
  return true;
}

function isPairEmpty(world: World, pair: string, atMs: number): boolean {
  for (const _ of world.assignments.listFirst(pair, atMs)) return false;
  return true;
}

export function isAssigned(world: World, assignment: Assignment): boolean {
  const { accountId, permissionSetArn, principalType, principalId } = assignment;
  const pair = pairKey(accountId, permissionSetArn);
  return world.assignments.get(pair, principalKey(principalType, principalId)) !== undefined;
}
