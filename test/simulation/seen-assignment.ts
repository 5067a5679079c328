// What a judge knows of an assignment: how its key reads, and whether it belongs to the system. Written down here once
// more, from `design.md` §2 and `contract.md`, because whoever judges the loop must not decide with the loop's own code.

import type { Policy } from '../../src/policy.ts';

export type SeenAssignment = {
  readonly accountId: string;
  readonly permissionSetArn: string;
  readonly principalId: string;
};

const KEY = /^(\d{12})#(arn:aws[^#]*:permissionSet\/[^#]+)#([0-9A-Fa-f-]{36,47})$/;

/** Undefined where the text names no assignment. */
export function seenAssignment(key: string): SeenAssignment | undefined {
  const [, accountId, permissionSetArn, principalId] = KEY.exec(key) ?? [];
  if (accountId === undefined || permissionSetArn === undefined || principalId === undefined)
    return undefined;
  return { accountId, permissionSetArn, principalId };
}

export function keyOf({ accountId, permissionSetArn, principalId }: SeenAssignment): string {
  return `${accountId}#${permissionSetArn}#${principalId}`;
}

/** What one list of AWS shows: the account and the permission set of an assignment. */
export function pairOf({ accountId, permissionSetArn }: SeenAssignment): string {
  return `${accountId}#${permissionSetArn}`;
}

/** S3: by configuration, less the protected users. */
export function belongsToSystem(
  { permissionSetArns, accountIds, excludedAccountIds, protectedPrincipalIds }: Policy['scope'],
  { accountId, permissionSetArn, principalId }: SeenAssignment,
): boolean {
  const accounts = accountIds ?? [accountId];
  const isOfAccounts = accounts.includes(accountId) && !excludedAccountIds.includes(accountId);
  const isProtected = protectedPrincipalIds.includes(principalId);
  return permissionSetArns.includes(permissionSetArn) && isOfAccounts && !isProtected;
}
