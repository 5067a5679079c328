// What an operation of Identity Center or of its directory asks of IAM, within what belongs to the deployment.

import type { ManagedScope } from '../../src/managed-scope.ts';
import type { AwsCall } from './aws-call.ts';

export type Scope = Pick<ManagedScope, 'permissionSetArns' | 'accountIds' | 'excludedAccountIds'>;

// The resource types that the Service Authorization Reference marks as required, "Actions defined by AWS IAM Identity
// Center": https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
const ON_ASSIGNMENT = /^((Create|Delete)AccountAssignment|ListAccountAssignments)$/;
const ON_PERMISSION_SET = /^(DescribePermissionSet|ListAccountsForProvisionedPermissionSet)$/;
const ON_INSTANCE =
  /^(DescribeAccountAssignment(Creation|Deletion)Status|ListAccountAssignment(Creation|Deletion)Status|ListAccountAssignmentsForPrincipal|ListPermissionSets)$/;

/** Throws for an operation whose resources nobody has looked up yet. */
export function callOfIdentityCenter(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  scope: Scope,
): AwsCall {
  const action = `sso:${operation}`;
  if (ON_INSTANCE.test(operation)) return { action, resources: ['instance'] };
  const set = scope.permissionSetArns.includes(String(input.PermissionSetArn)) ? '' : '/foreign';
  const resources = ['instance', `permission-set${set}`];
  if (ON_PERMISSION_SET.test(operation)) return { action, resources };
  if (!ON_ASSIGNMENT.test(operation)) throw new Error(`which resources does ${action} require?`);
  return { action, resources: [...resources, accountOf(String(input.TargetId ?? input.AccountId), scope)] };
}

export function callOfDirectory(operation: string): AwsCall {
  return { action: `identitystore:${operation}`, resources: ['directory'] };
}

function accountOf(accountId: string, { accountIds, excludedAccountIds }: Scope): string {
  if (excludedAccountIds.includes(accountId)) return 'account/excluded';
  return accountIds === undefined || accountIds.includes(accountId) ? 'account' : 'account/foreign';
}
