// What belongs to this system. What is outside is never changed, whatever the tables say.

import type { Assignment } from './assignment.ts';

export type ManagedScope = {
  readonly permissionSetArns: readonly string[];
  /** Without it every account is managed, except the excluded ones. */
  readonly accountIds?: readonly string[];
  readonly excludedAccountIds: readonly string[];
  readonly protectedPrincipalIds: readonly string[];
};

/** Why an assignment may not be written; undefined when it may. */
export function outOfScope(scope: ManagedScope, assignment: Assignment): string | undefined {
  if (!scope.permissionSetArns.includes(assignment.permissionSetArn))
    return 'the permission set is not managed';
  if (!isManagedAccount(scope, assignment.accountId)) return 'the account is not managed';
  if (scope.protectedPrincipalIds.includes(assignment.principalId)) return 'the user is protected';
  return undefined;
}

export function isManagedAccount(scope: ManagedScope, accountId: string): boolean {
  if (scope.excludedAccountIds.includes(accountId)) return false;
  return scope.accountIds === undefined || scope.accountIds.includes(accountId);
}

/** The scope as text that is the same whenever the scope is the same. */
export function scopeFingerprint(scope: ManagedScope): string {
  const sorted = (ids: readonly string[] | undefined) =>
    ids === undefined ? '*' : [...ids].sort().join(',');
  return [
    sorted(scope.permissionSetArns),
    sorted(scope.accountIds),
    sorted(scope.excludedAccountIds),
    sorted(scope.protectedPrincipalIds),
  ].join('|');
}
