// Permission sets: what they are, their tags and inline policy, and bringing a changed policy into accounts.
// A policy that is put takes effect in an account only once the permission set is provisioned there again.

import type { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { Call, Output } from './call.ts';
import type {
  inlinePolicyInput,
  instanceListInput,
  permissionSetInput,
  permissionSetListInput,
  provisionInput,
  provisioningStatusInput,
  tagInput,
  tagListInput,
} from './input-schemas.ts';
import { takePage } from './page.ts';
import { startOperation } from './start-operation.ts';
import { describeOperation, findOperation } from './status-operations.ts';
import {
  type PermissionSetState,
  requireAuthority,
  requireInstance,
  requirePermissionSet,
  type World,
} from './world.ts';

/** Limits page: at most 10,240 non-whitespace bytes of the 32,768. */
const POLICY_INK_MAX = 10_240;
const INSTANCE_CREATED_MS = Date.UTC(2024, 0, 1);

export function listInstances(call: Call<z.output<typeof instanceListInput>>): Output {
  const { instanceArn, identityStoreId, managementAccountId } = call.world;
  const instance = {
    seq: 1,
    InstanceArn: instanceArn,
    IdentityStoreId: identityStoreId,
    OwnerAccountId: managementAccountId,
    CreatedDate: new Date(INSTANCE_CREATED_MS),
    Status: 'ACTIVE',
  };
  const { rows, next } = takePage(call, [instance]);
  return { Instances: rows.map(({ seq: _, ...members }) => members), ...next };
}

export function listPermissionSets(call: Call<z.output<typeof permissionSetListInput>>): Output {
  requireInstance(call.world, call.input.InstanceArn);
  const { rows, next } = takePage(call, call.world.permissionSets.values());
  return { PermissionSets: rows.map(({ arn }) => arn), ...next };
}

export function describePermissionSet(call: Call<z.output<typeof permissionSetInput>>): Output {
  const { arn, name, description, createdMs, sessionDuration } = permissionSetOf(call);
  return {
    PermissionSet: {
      Name: name,
      PermissionSetArn: arn,
      ...(description !== undefined && { Description: description }),
      CreatedDate: new Date(createdMs),
      SessionDuration: sessionDuration,
    },
  };
}

function permissionSetOf({ world, input }: Call<z.output<typeof permissionSetInput>>): PermissionSetState {
  requireInstance(world, input.InstanceArn);
  return requirePermissionSet(world, input.PermissionSetArn);
}

/** Has no MaxResults. */
export function listTagsForResource(call: Call<z.output<typeof tagListInput>>): Output {
  const { tags } = taggable(call.world, call.input);
  const all = Object.entries(tags).map(([Key, Value], index) => ({ seq: index + 1, Key, Value }));
  const { rows, next } = takePage(call, all);
  return { Tags: rows.map(({ Key, Value }) => ({ Key, Value })), ...next };
}

export function tagResource({ world, input }: Call<z.output<typeof tagInput>>): Output {
  const { tags } = taggable(world, input);
  for (const { Key, Value } of input.Tags) tags[Key] = Value;
  world.changed = true;
  return {};
}

/** Only permission sets are tagged here; the instance itself has no tags to keep. */
function taggable(
  world: World,
  input: { InstanceArn?: string | undefined; ResourceArn: string },
): PermissionSetState {
  if (input.InstanceArn !== undefined) requireInstance(world, input.InstanceArn);
  return requirePermissionSet(world, input.ResourceArn);
}

export function getInlinePolicy(call: Call<z.output<typeof permissionSetInput>>): Output {
  return { InlinePolicy: permissionSetOf(call).inlinePolicy };
}

export function putInlinePolicy(call: Call<z.output<typeof inlinePolicyInput>>): Output {
  const { InlinePolicy } = call.input;
  const permissionSet = permissionSetOf(call);
  requireAuthority(call.world, permissionSet.arn);
  if (!isJson(InlinePolicy))
    throw new AwsError('ValidationException', 'The inline policy is not valid JSON.');
  if (InlinePolicy.replace(/\s/g, '').length > POLICY_INK_MAX) {
    throw new AwsError(
      'ServiceQuotaExceededException',
      `The inline policy exceeds ${POLICY_INK_MAX} characters.`,
    );
  }
  changePolicy(call.world, permissionSet, InlinePolicy);
  return {};
}

export function deleteInlinePolicy(call: Call<z.output<typeof permissionSetInput>>): Output {
  const permissionSet = permissionSetOf(call);
  requireAuthority(call.world, permissionSet.arn);
  changePolicy(call.world, permissionSet, '');
  return {};
}

function changePolicy(world: World, permissionSet: PermissionSetState, inlinePolicy: string): void {
  if (permissionSet.inlinePolicy === inlinePolicy) return;
  permissionSet.inlinePolicy = inlinePolicy;
  permissionSet.policyVersion += 1;
  world.changed = true;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Asynchronous, to one account or to all where the permission set is provisioned. */
export function provisionPermissionSet(call: Call<z.output<typeof provisionInput>>): Output {
  const { world, input } = call;
  requireInstance(world, input.InstanceArn);
  requirePermissionSet(world, input.PermissionSetArn);
  const accountId = provisionTarget(call);
  requireAuthority(world, input.PermissionSetArn, accountId ?? undefined);
  const operation = startOperation(call, {
    kind: 'PROVISION',
    permissionSetArn: input.PermissionSetArn,
    accountId,
  });
  return { PermissionSetProvisioningStatus: describeOperation(operation, call.nowMs) };
}

/** Null for all accounts. */
function provisionTarget({ world, input }: Call<z.output<typeof provisionInput>>): string | null {
  if (input.TargetType === 'ALL_PROVISIONED_ACCOUNTS') return null;
  if (input.TargetId === undefined) {
    throw new AwsError('ValidationException', 'TargetId is required when TargetType is AWS_ACCOUNT.');
  }
  if (world.provisioned.get(input.PermissionSetArn, input.TargetId) !== undefined) return input.TargetId;
  throw new AwsError(
    'ResourceNotFoundException',
    `PermissionSet ${input.PermissionSetArn} is not provisioned in account ${input.TargetId}.`,
  );
}

export function describeProvisioningStatus(call: Call<z.output<typeof provisioningStatusInput>>): Output {
  const operation = findOperation(call, 'PROVISION', call.input.ProvisionPermissionSetRequestId);
  return { PermissionSetProvisioningStatus: describeOperation(operation, call.nowMs) };
}
