import {
  ConflictException,
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  SSOAdminClient,
  ThrottlingException,
} from '@aws-sdk/client-sso-admin';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { sendThrough } from '../../src/aws/identity-center-client.ts';
import { createWriteLive } from '../../src/aws/write-live.ts';

const client = new SSOAdminClient({ region: 'eu-central-1' });
const aws = mockClient(client);
const INSTANCE_ARN = 'arn:aws:sso:::instance/ssoins-1111111111111111';
const ASSIGNMENT = {
  accountId: '111111111111',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111',
  principalId: '11111111-2222-3333-4444-555555555555',
};
const INPUT = {
  InstanceArn: INSTANCE_ARN,
  TargetType: 'AWS_ACCOUNT',
  TargetId: ASSIGNMENT.accountId,
  PermissionSetArn: ASSIGNMENT.permissionSetArn,
  PrincipalType: 'USER',
  PrincipalId: ASSIGNMENT.principalId,
};

const writer = createWriteLive({
  send: sendThrough(client),
  instanceArn: INSTANCE_ARN,
});

beforeEach(() => aws.reset());

describe.each([
  ['createAssignment', CreateAccountAssignmentCommand, 'AccountAssignmentCreationStatus'],
  ['deleteAssignment', DeleteAccountAssignmentCommand, 'AccountAssignmentDeletionStatus'],
] as const)('%s()', (method, command, member) => {
  test.each(['IN_PROGRESS', 'SUCCEEDED', 'FAILED'] as const)(
    'answers the id of an operation that is %s',
    async (status) => {
      aws.on(command, INPUT as never).resolves({ [member]: { Status: status, RequestId: 'id-1' } });
      expect(await writer[method](ASSIGNMENT)).toEqual({ kind: 'accepted', id: 'id-1' });
      expect(aws.calls()).toHaveLength(1);
    },
  );

  test.each([
    ['nothing', undefined],
    ['an empty reply', {}],
    ['a reply without an id', { [member]: { Status: 'IN_PROGRESS' } }],
    ['an empty id', { [member]: { Status: 'IN_PROGRESS', RequestId: '' } }],
    ['the other member', { AccountAssignmentStatus: { RequestId: 'id-1' } }],
  ])('takes %s for lost: AWS may have acted', async (_, reply) => {
    aws.on(command).resolves(reply as never);
    expect(await writer[method](ASSIGNMENT)).toEqual({
      kind: 'failed',
      failure: { kind: 'lost', message: 'AWS answered without a RequestId' },
    });
  });

  test('never takes a conflict for a success', async () => {
    const message = 'There is a conflicting operation in process.';
    aws.on(command).rejects(new ConflictException({ message, $metadata: {} }));
    expect(await writer[method](ASSIGNMENT)).toEqual({
      kind: 'failed',
      failure: { kind: 'conflict', message: `ConflictException: ${message}` },
    });
  });

  test.each([
    ['Rate exceeded', 'rate'],
    ['There are too many requests processing. Please try again later.', 'outstanding'],
  ])('says what was throttled by %j', async (message, throttled) => {
    aws.on(command).rejects(new ThrottlingException({ message, $metadata: {} }));
    expect(await writer[method](ASSIGNMENT)).toEqual({
      kind: 'failed',
      failure: { kind: 'later', message: `ThrottlingException: ${message}` },
      throttled,
    });
  });

  test('takes an HTML page for lost, and does not call again', async () => {
    aws.on(command).rejects(new SyntaxError('Unexpected token <'));
    expect(await writer[method](ASSIGNMENT)).toMatchObject({ kind: 'failed', failure: { kind: 'lost' } });
    expect(aws.calls()).toHaveLength(1);
  });
});
