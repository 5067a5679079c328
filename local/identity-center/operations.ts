// From the name of an operation to what checks its input and what carries it out.

import type { z } from 'zod';
import * as assignments from './assignment-operations.ts';
import type { Call, Output } from './call.ts';
import * as directory from './directory-operations.ts';
import * as inputs from './input-schemas.ts';
import type { OperationName } from './operation-names.ts';
import * as permissionSets from './permission-set-operations.ts';
import * as statuses from './status-operations.ts';
import { validateInput } from './validate-input.ts';

export type PerformOperation = (call: Call<unknown>) => Output;

/** Throws `AwsError` for what AWS would refuse. */
export const OPERATIONS: Record<OperationName, PerformOperation> = {
  CreateAccountAssignment: checked(inputs.assignmentInput, assignments.createAccountAssignment),
  DeleteAccountAssignment: checked(inputs.assignmentInput, assignments.deleteAccountAssignment),
  DescribeAccountAssignmentCreationStatus: checked(
    inputs.creationStatusInput,
    statuses.describeCreationStatus,
  ),
  DescribeAccountAssignmentDeletionStatus: checked(
    inputs.deletionStatusInput,
    statuses.describeDeletionStatus,
  ),
  ListAccountAssignmentCreationStatus: checked(inputs.statusListInput, statuses.listCreationStatus),
  ListAccountAssignmentDeletionStatus: checked(inputs.statusListInput, statuses.listDeletionStatus),
  ListAccountAssignments: checked(inputs.assignmentListInput, assignments.listAccountAssignments),
  ListAccountAssignmentsForPrincipal: checked(
    inputs.principalListInput,
    assignments.listAccountAssignmentsForPrincipal,
  ),
  ListAccountsForProvisionedPermissionSet: checked(
    inputs.provisionedAccountsInput,
    assignments.listAccountsForProvisionedPermissionSet,
  ),
  ListPermissionSetsProvisionedToAccount: checked(
    inputs.provisionedSetsInput,
    assignments.listPermissionSetsProvisionedToAccount,
  ),
  ListPermissionSets: checked(inputs.permissionSetListInput, permissionSets.listPermissionSets),
  DescribePermissionSet: checked(inputs.permissionSetInput, permissionSets.describePermissionSet),
  ListTagsForResource: checked(inputs.tagListInput, permissionSets.listTagsForResource),
  TagResource: checked(inputs.tagInput, permissionSets.tagResource),
  ListInstances: checked(inputs.instanceListInput, permissionSets.listInstances),
  GetInlinePolicyForPermissionSet: checked(inputs.permissionSetInput, permissionSets.getInlinePolicy),
  PutInlinePolicyToPermissionSet: checked(inputs.inlinePolicyInput, permissionSets.putInlinePolicy),
  DeleteInlinePolicyFromPermissionSet: checked(inputs.permissionSetInput, permissionSets.deleteInlinePolicy),
  ProvisionPermissionSet: checked(inputs.provisionInput, permissionSets.provisionPermissionSet),
  DescribePermissionSetProvisioningStatus: checked(
    inputs.provisioningStatusInput,
    permissionSets.describeProvisioningStatus,
  ),
  GetUserId: checked(inputs.userIdInput, directory.getUserId),
  DescribeUser: checked(inputs.userInput, directory.describeUser),
  ListUsers: checked(inputs.userListInput, directory.listUsers),
};

function checked<S extends z.ZodObject>(
  schema: S,
  perform: (call: Call<z.output<S>>) => Output,
): PerformOperation {
  return (call) => perform({ ...call, input: validateInput(schema, call.input) });
}
