// The inputs of the operations that the stand-in knows, member by member as in AWS's service models.

import { z } from 'zod';
import { PATTERNS } from './patterns.ts';

const instanceArn = z.string().min(10).max(1224).regex(PATTERNS.instanceArn);
const permissionSetArn = z.string().min(10).max(1224).regex(PATTERNS.permissionSetArn);
const accountId = z.string().min(12).max(12).regex(PATTERNS.accountId);
const principalId = z.string().min(1).max(47).regex(PATTERNS.principalId);
const principalType = z.enum(['USER', 'GROUP']);
const requestId = z.string().min(36).max(36).regex(PATTERNS.requestId);
const resourceArn = z.string().min(10).max(2048).regex(PATTERNS.taggableResourceArn);
const provisioningStatus = z.enum([
  'LATEST_PERMISSION_SET_PROVISIONED',
  'LATEST_PERMISSION_SET_NOT_PROVISIONED',
]);
const statusFilter = z.object({ Status: z.enum(['IN_PROGRESS', 'FAILED', 'SUCCEEDED']).optional() });
const nextToken = z.string().max(2048).regex(PATTERNS.nextToken).optional();
const paging = { MaxResults: z.number().int().min(1).max(100).optional(), NextToken: nextToken };

const instance = z.object({ InstanceArn: instanceArn });
const permissionSet = instance.extend({ PermissionSetArn: permissionSetArn });

export const assignmentInput = permissionSet.extend({
  TargetId: accountId,
  TargetType: z.enum(['AWS_ACCOUNT']),
  PrincipalType: principalType,
  PrincipalId: principalId,
});
export const creationStatusInput = instance.extend({ AccountAssignmentCreationRequestId: requestId });
export const deletionStatusInput = instance.extend({ AccountAssignmentDeletionRequestId: requestId });
export const statusListInput = instance.extend({ ...paging, Filter: statusFilter.optional() });
export const assignmentListInput = permissionSet.extend({ ...paging, AccountId: accountId });
export const principalListInput = instance.extend({
  ...paging,
  PrincipalId: principalId,
  PrincipalType: principalType,
  Filter: z.object({ AccountId: accountId.optional() }).optional(),
});
export const provisionedAccountsInput = permissionSet.extend({
  ...paging,
  ProvisioningStatus: provisioningStatus.optional(),
});
export const provisionedSetsInput = instance.extend({
  ...paging,
  AccountId: accountId,
  ProvisioningStatus: provisioningStatus.optional(),
});
export const permissionSetListInput = instance.extend(paging);
export const permissionSetInput = permissionSet;
export const instanceListInput = z.object(paging);

export const tagListInput = z.object({
  InstanceArn: instanceArn.optional(),
  ResourceArn: resourceArn,
  NextToken: nextToken,
});
export const tagInput = z.object({
  InstanceArn: instanceArn.optional(),
  ResourceArn: resourceArn,
  Tags: z
    .array(
      z.object({
        Key: z.string().min(1).max(128).regex(PATTERNS.tagText),
        Value: z.string().max(256).regex(PATTERNS.tagText),
      }),
    )
    .max(75),
});

export const inlinePolicyInput = permissionSet.extend({
  InlinePolicy: z.string().min(1).max(32_768).regex(PATTERNS.policyDocument),
});
export const provisionInput = permissionSet.extend({
  TargetId: accountId.optional(),
  TargetType: z.enum(['AWS_ACCOUNT', 'ALL_PROVISIONED_ACCOUNTS']),
});
export const provisioningStatusInput = instance.extend({ ProvisionPermissionSetRequestId: requestId });

const store = z.object({ IdentityStoreId: z.string().min(1).max(36).regex(PATTERNS.identityStoreId) });
const attributePath = z.string().min(1).max(255).regex(PATTERNS.attributePath);

export const userIdInput = store.extend({
  AlternateIdentifier: z.object({
    ExternalId: z.object({ Issuer: z.string().min(1).max(256), Id: z.string().min(1).max(256) }).optional(),
    UniqueAttribute: z.object({ AttributePath: attributePath, AttributeValue: z.unknown() }).optional(),
  }),
});
export const userInput = store.extend({ UserId: principalId });
export const userListInput = store.extend({
  MaxResults: paging.MaxResults,
  NextToken: z.string().min(1).max(65_535).regex(PATTERNS.identityStoreNextToken).optional(),
  Filters: z
    .array(z.object({ AttributePath: attributePath, AttributeValue: z.string().min(1).max(1024) }))
    .max(1)
    .optional(),
});
