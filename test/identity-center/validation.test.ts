// Every pattern, length, range and enumeration of the service models, refused in AWS's words.

import { expect, test } from 'vitest';
import {
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { assignmentOf, inputOf, setStage } from './stage.ts';

const REQUEST_ID = '0d3a2bd4-a117-4fcb-8eeb-ad2560c9c1fe';
const LIST = { AccountId: '111111111111', PermissionSetArn: DEMO_PERMISSION_SETS.jitAdmin };
const STORE = { IdentityStoreId: DEMO_IDENTITY_STORE_ID };
const PATTERN = 'Member must satisfy regular expression pattern: ';

/** Operation, what differs from a good input, the member named, the constraint stated. */
const REFUSALS: [string, object, string, string][] = [
  [
    'CreateAccountAssignment',
    { InstanceArn: 'nonsense-arn' },
    'instanceArn',
    `${PATTERN}arn:aws(-[a-z]{1,5})`,
  ],
  ['CreateAccountAssignment', { InstanceArn: `${DEMO_INSTANCE_ARN}x` }, 'instanceArn', PATTERN],
  ['CreateAccountAssignment', { PermissionSetArn: DEMO_INSTANCE_ARN }, 'permissionSetArn', PATTERN],
  ['CreateAccountAssignment', { TargetId: '11111111111a' }, 'targetId', `${PATTERN}\\d{12}`],
  ['CreateAccountAssignment', { TargetId: '111' }, 'targetId', 'length greater than or equal to 12'],
  ['CreateAccountAssignment', { TargetId: '1'.repeat(13) }, 'targetId', 'length less than or equal to 12'],
  ['CreateAccountAssignment', { TargetType: 'OU' }, 'targetType', 'enum value set: [AWS_ACCOUNT]'],
  ['CreateAccountAssignment', { PrincipalType: 'ROLE' }, 'principalType', 'enum value set: [USER, GROUP]'],
  ['CreateAccountAssignment', { PrincipalId: 'ana@example.com' }, 'principalId', PATTERN],
  ['CreateAccountAssignment', { PrincipalId: `123456789-${DEMO_USERS.ana.id}` }, 'principalId', PATTERN],
  ['CreateAccountAssignment', { PrincipalId: undefined }, 'principalId', 'Member must not be null'],
  ['CreateAccountAssignment', { PrincipalId: null }, 'principalId', 'Member must not be null'],
  ['DeleteAccountAssignment', { TargetId: '' }, 'targetId', PATTERN],
  ['DescribeAccountAssignmentCreationStatus', {}, 'accountAssignmentCreationRequestId', 'not be null'],
  [
    'DescribeAccountAssignmentDeletionStatus',
    { AccountAssignmentDeletionRequestId: REQUEST_ID.toUpperCase() },
    'accountAssignmentDeletionRequestId',
    PATTERN,
  ],
  ['ListAccountAssignments', { ...LIST, MaxResults: 0 }, 'maxResults', 'value greater than or equal to 1'],
  ['ListAccountAssignments', { ...LIST, MaxResults: 101 }, 'maxResults', 'value less than or equal to 100'],
  ['ListAccountAssignments', { ...LIST, NextToken: 'no spaces' }, 'nextToken', `${PATTERN}[-a-zA-Z0-9+=/_]*`],
  ['ListAccountAssignments', { ...LIST, NextToken: 'x'.repeat(2049) }, 'nextToken', 'equal to 2048'],
  ['ListAccountAssignmentCreationStatus', { Filter: { Status: 'DONE' } }, 'filter.status', 'enum value set'],
  [
    'ListAccountAssignmentsForPrincipal',
    { PrincipalId: DEMO_USERS.ana.id, PrincipalType: 'USER', Filter: { AccountId: 'x' } },
    'filter.accountId',
    PATTERN,
  ],
  [
    'ListAccountsForProvisionedPermissionSet',
    { ...LIST, ProvisioningStatus: 'NEVER' },
    'provisioningStatus',
    'enum value set',
  ],
  ['ListPermissionSetsProvisionedToAccount', { AccountId: '1' }, 'accountId', PATTERN],
  ['ListTagsForResource', { ResourceArn: 'arn:aws:iam::1:role' }, 'resourceArn', PATTERN],
  ['TagResource', { ResourceArn: LIST.PermissionSetArn, Tags: [{ Key: '', Value: '' }] }, 'tags.0.key', '1'],
  ['ProvisionPermissionSet', { ...LIST, TargetType: 'ACCOUNT' }, 'targetType', 'ALL_PROVISIONED_ACCOUNTS'],
  ['PutInlinePolicyToPermissionSet', { ...LIST, InlinePolicy: '{"a":"\u0000"}' }, 'inlinePolicy', PATTERN],
  ['GetUserId', { IdentityStoreId: 'd-123' }, 'identityStoreId', PATTERN],
  ['DescribeUser', { ...STORE, UserId: 'ana' }, 'userId', PATTERN],
  ['ListUsers', { ...STORE, MaxResults: 500 }, 'maxResults', 'value less than or equal to 100'],
];

test.each(REFUSALS)('validateInput() refuses %s with %j', (operation, differences, member, constraint) => {
  const good = operation.endsWith('AccountAssignment') ? inputOf(assignmentOf()) : {};
  const refusal = setStage().refusal(operation, { ...good, ...differences });
  expect(refusal).toMatch(/^ValidationException: \d+ validation errors? detected: Value '/);
  expect(refusal).toContain(`at '${member}' failed to satisfy constraint: `);
  expect(refusal).toContain(constraint);
});

test('validateInput() reports all violations at once', () => {
  const input = { ...inputOf(assignmentOf()), TargetType: 'OU', PrincipalType: 'ROLE' };
  expect(setStage().refusal('CreateAccountAssignment', input)).toMatch(
    /^ValidationException: 2 validation errors detected: .*targetType.*; .*principalType/,
  );
});

test.each([{ PrincipalId: 5 }, { TargetId: ['111111111111'] }])(
  'validateInput() calls a value of the wrong type a SerializationException: %j',
  (differences) => {
    const input = { ...inputOf(assignmentOf()), ...differences };
    expect(setStage().refusal('CreateAccountAssignment', input)).toMatch(/^SerializationException/);
  },
);

test('validateInput() takes the ids of both generations of identity stores, and unknown members', () => {
  const stage = setStage();
  const prefixed = {
    ...inputOf(assignmentOf()),
    PrincipalId: `1234567890-${DEMO_USERS.ana.id}`,
    Colour: 'red',
  };
  expect(stage.refusal('CreateAccountAssignment', prefixed)).toBe('reply');
});
