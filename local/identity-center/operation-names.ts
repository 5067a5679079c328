// The operations that the stand-in knows and the service each belongs to.

export type Service = 'sso' | 'identitystore';

/** The prefix of `X-Amz-Target` by service, as in AWS's service models. */
export const TARGET_PREFIX: Record<Service, string> = {
  sso: 'SWBExternalService',
  identitystore: 'AWSIdentityStore',
};

export const SSO_OPERATIONS = [
  'CreateAccountAssignment',
  'DeleteAccountAssignment',
  'DescribeAccountAssignmentCreationStatus',
  'DescribeAccountAssignmentDeletionStatus',
  'ListAccountAssignmentCreationStatus',
  'ListAccountAssignmentDeletionStatus',
  'ListAccountAssignments',
  'ListAccountAssignmentsForPrincipal',
  'ListAccountsForProvisionedPermissionSet',
  'ListPermissionSetsProvisionedToAccount',
  'ListPermissionSets',
  'DescribePermissionSet',
  'ListTagsForResource',
  'TagResource',
  'ListInstances',
  'GetInlinePolicyForPermissionSet',
  'PutInlinePolicyToPermissionSet',
  'DeleteInlinePolicyFromPermissionSet',
  'ProvisionPermissionSet',
  'DescribePermissionSetProvisioningStatus',
] as const;

export const IDENTITY_STORE_OPERATIONS = ['GetUserId', 'DescribeUser', 'ListUsers'] as const;

export const OPERATION_NAMES = [...SSO_OPERATIONS, ...IDENTITY_STORE_OPERATIONS] as const;

export type OperationName = (typeof OPERATION_NAMES)[number];

const SERVICES: ReadonlyMap<string, Service> = new Map<string, Service>([
  ...SSO_OPERATIONS.map((name) => [name, 'sso'] as const),
  ...IDENTITY_STORE_OPERATIONS.map((name) => [name, 'identitystore'] as const),
]);

export function isOperationOf(service: Service, name: string): name is OperationName {
  return SERVICES.get(name) === service;
}

/** Undefined for an operation that the stand-in does not know. */
export function serviceOf(name: string): Service | undefined {
  return SERVICES.get(name);
}
