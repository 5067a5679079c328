// Changes by another hand: what administrators, HR systems and other tools do to the organisation. They take effect
// at once and pass no budget.

import { z } from 'zod';
import { putUser, removeUser } from './directory.ts';
import {
  type Account,
  accountSchema,
  assignmentSchema,
  groupSchema,
  type PermissionSet,
  permissionSetSchema,
  userSchema,
} from './organisation.ts';
import { assign, principalKey, unassign, type World } from './world.ts';

export const worldChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('assign'), assignment: assignmentSchema }),
  z.strictObject({ kind: z.literal('unassign'), assignment: assignmentSchema }),
  z.strictObject({ kind: z.literal('put-account'), account: accountSchema }),
  z.strictObject({ kind: z.literal('put-user'), user: userSchema }),
  /** The user's rows stay in the lists unless the setting `deletedUserRows` says otherwise. */
  z.strictObject({ kind: z.literal('delete-user'), userId: z.string() }),
  z.strictObject({ kind: z.literal('put-group'), group: groupSchema }),
  z.strictObject({ kind: z.literal('delete-group'), groupId: z.string() }),
  z.strictObject({ kind: z.literal('put-permission-set'), permissionSet: permissionSetSchema }),
  /** Its assignments and its provisioning go with it. */
  z.strictObject({ kind: z.literal('delete-permission-set'), permissionSetArn: z.string() }),
]);

/** As written by hand: what has a default may be left out. */
export type WorldChange = z.input<typeof worldChangeSchema>;

export function applyWorldChange(world: World, change: z.output<typeof worldChangeSchema>): void {
  world.changed = true;
  const { nowMs } = world;
  switch (change.kind) {
    case 'assign':
      assign(world, change.assignment, nowMs);
      break;
    case 'unassign':
      unassign(world, change.assignment, nowMs);
      break;
    case 'put-account':
      putAccount(world, change.account);
      break;
    case 'put-user':
      putUser(world, change.user);
      break;
    case 'delete-user':
      deleteUser(world, change.userId);
      break;
    case 'put-group':
      world.groups.set(change.group.id, change.group);
      break;
    case 'delete-group':
      world.groups.delete(change.groupId);
      break;
    case 'put-permission-set':
      putPermissionSet(world, change.permissionSet);
      break;
    case 'delete-permission-set':
      deletePermissionSet(world, change.permissionSetArn);
      break;
  }
}

/** An account that is no longer suspended no longer conflicts. */
function putAccount(world: World, account: Account): void {
  world.accounts.set(account.id, account);
  if (!account.suspended) world.conflictedAccounts.delete(account.id);
}

function deleteUser(world: World, userId: string): void {
  removeUser(world, userId);
  if (world.settings.deletedUserRows === 'linger') return;
  for (const { row } of [...world.assignments.listSecond(principalKey('USER', userId), world.nowMs)]) {
    unassign(world, row, world.nowMs);
  }
}

function putPermissionSet(world: World, permissionSet: PermissionSet): void {
  const known = world.permissionSets.get(permissionSet.arn);
  const lastSeq = Math.max(0, ...[...world.permissionSets.values()].map(({ seq }) => seq));
  world.permissionSets.set(permissionSet.arn, {
    ...permissionSet,
    seq: known?.seq ?? lastSeq + 1,
    createdMs: known?.createdMs ?? world.nowMs,
    policyVersion: (known?.policyVersion ?? 0) + 1,
  });
}

function deletePermissionSet(world: World, permissionSetArn: string): void {
  const rows = [...world.assignments.present()].map(({ row }) => row);
  for (const row of rows) {
    if (row.permissionSetArn === permissionSetArn) unassign(world, row, world.nowMs);
  }
  for (const { row } of [...world.provisioned.listFirst(permissionSetArn, world.nowMs)]) {
    world.provisioned.remove(permissionSetArn, row.accountId, world.nowMs);
  }
  world.permissionSets.delete(permissionSetArn);
}
