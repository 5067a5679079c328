// Every operation, through both doors: what the in-process clients answer is what the real SDK understands.

import { DescribeUserCommand, GetUserIdCommand, ListUsersCommand } from '@aws-sdk/client-identitystore';
import * as sso from '@aws-sdk/client-sso-admin';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_MANAGEMENT_ACCOUNT_ID,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { DOORS, type Door } from './doors.ts';
import { assignmentOf, START_MS } from './stage.ts';

const InstanceArn = DEMO_INSTANCE_ARN;
const PermissionSetArn = DEMO_PERMISSION_SETS.jitAdmin;
const ASSIGNMENT = {
  InstanceArn,
  PermissionSetArn,
  TargetId: DEMO_ACCOUNTS.dev,
  TargetType: 'AWS_ACCOUNT',
  PrincipalType: 'USER',
  PrincipalId: DEMO_USERS.ana.id,
} as const;
const PAIR = { InstanceArn, PermissionSetArn, AccountId: DEMO_ACCOUNTS.dev };
const STORE = { IdentityStoreId: DEMO_IDENTITY_STORE_ID };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What the SDK knows of the answer itself, less what differs between sockets and memory. */
function membersOf(reply: unknown): Record<string, unknown> {
  if (typeof reply !== 'object' || reply === null) throw new Error(`expected an object, got ${reply}`);
  const { $metadata, ...members } = { $metadata: undefined, ...reply };
  expect($metadata).toMatchObject({
    httpStatusCode: 200,
    requestId: expect.stringMatching(UUID),
    attempts: 1,
  });
  return members;
}

async function refusalOf(sent: Promise<unknown>): Promise<unknown> {
  try {
    return { unexpectedReply: await sent };
  } catch (error) {
    return error;
  }
}

describe.each(DOORS)('through the %s door', (_, open) => {
  let door: Door;
  const reopen = async (settings: Parameters<typeof open>[0]) => {
    await door.close();
    door = await open(settings);
  };
  const ask = async (command: { readonly input: unknown }) => membersOf(await door.ssoAdmin.send(command));
  const askStore = async (command: { readonly input: unknown }) =>
    membersOf(await door.identityStore.send(command));
  const isAssigned = () => door.model.isAssigned(assignmentOf(), door.clock.nowMs());

  beforeEach(async () => {
    door = await open({});
  });
  afterEach(() => door.close());

  test('CreateAccountAssignment begins, is described with Dates, and makes the row', async () => {
    const { AccountAssignmentCreationStatus: status } = await ask(
      new sso.CreateAccountAssignmentCommand(ASSIGNMENT),
    );
    const { InstanceArn: _instance, ...target } = ASSIGNMENT;
    const expected = { ...target, RequestId: expect.stringMatching(UUID), CreatedDate: new Date(START_MS) };
    expect(status).toEqual({ Status: 'IN_PROGRESS', ...expected });
    door.clock.advance(1_000);
    const id = Reflect.get(Object(status), 'RequestId');
    const describeIt = new sso.DescribeAccountAssignmentCreationStatusCommand({
      InstanceArn,
      AccountAssignmentCreationRequestId: String(id),
    });
    expect(await ask(describeIt)).toEqual({
      AccountAssignmentCreationStatus: { Status: 'SUCCEEDED', ...expected, RequestId: id },
    });
    expect(isAssigned()).toBe(true);
  });

  test('DeleteAccountAssignment of a missing row fails later, with its reason', async () => {
    const { AccountAssignmentDeletionStatus: status } = await ask(
      new sso.DeleteAccountAssignmentCommand(ASSIGNMENT),
    );
    door.clock.advance(1_000);
    const describeIt = new sso.DescribeAccountAssignmentDeletionStatusCommand({
      InstanceArn,
      AccountAssignmentDeletionRequestId: String(Reflect.get(Object(status), 'RequestId')),
    });
    expect(await ask(describeIt)).toMatchObject({
      AccountAssignmentDeletionStatus: {
        Status: 'FAILED',
        FailureReason: expect.stringMatching(/^Received a 404 status error: EntitlementItem doesn't exist/),
      },
    });
  });

  test('the status lists give status, id and date', async () => {
    await ask(new sso.CreateAccountAssignmentCommand(ASSIGNMENT));
    const Filter = { Status: 'IN_PROGRESS' } as const;
    const entry = {
      Status: 'IN_PROGRESS',
      RequestId: expect.stringMatching(UUID),
      CreatedDate: new Date(START_MS),
    };
    expect(await ask(new sso.ListAccountAssignmentCreationStatusCommand({ InstanceArn, Filter }))).toEqual({
      AccountAssignmentsCreationStatus: [entry],
    });
    expect(await ask(new sso.ListAccountAssignmentDeletionStatusCommand({ InstanceArn }))).toEqual({
      AccountAssignmentsDeletionStatus: [],
    });
  });

  test('ListAccountAssignments pages, and omits the token on the last page', async () => {
    for (const { id } of Object.values(DEMO_USERS)) {
      door.model.change({ kind: 'assign', assignment: assignmentOf({ principalId: id }) }, START_MS);
    }
    const first = await ask(new sso.ListAccountAssignmentsCommand({ ...PAIR, MaxResults: 3 }));
    expect(first).toMatchObject({ AccountAssignments: { length: 3 }, NextToken: expect.any(String) });
    const NextToken = String(first.NextToken);
    const second = await ask(new sso.ListAccountAssignmentsCommand({ ...PAIR, MaxResults: 3, NextToken }));
    expect(second).toEqual({
      AccountAssignments: [
        {
          AccountId: DEMO_ACCOUNTS.dev,
          PermissionSetArn,
          PrincipalType: 'USER',
          PrincipalId: DEMO_USERS.dora.id,
        },
      ],
    });
  });

  test('the other lists of assignments and provisioning agree with the world', async () => {
    door.model.change({ kind: 'assign', assignment: assignmentOf() }, START_MS);
    const principal = { InstanceArn, PrincipalType: 'USER', PrincipalId: DEMO_USERS.ana.id } as const;
    expect(await ask(new sso.ListAccountAssignmentsForPrincipalCommand(principal))).toMatchObject({
      AccountAssignments: [{ AccountId: DEMO_ACCOUNTS.prod }, { AccountId: DEMO_ACCOUNTS.dev }],
    });
    expect(
      await ask(new sso.ListAccountsForProvisionedPermissionSetCommand({ InstanceArn, PermissionSetArn })),
    ).toEqual({ AccountIds: [DEMO_ACCOUNTS.dev] });
    expect(
      await ask(
        new sso.ListPermissionSetsProvisionedToAccountCommand({ InstanceArn, AccountId: DEMO_ACCOUNTS.dev }),
      ),
    ).toEqual({ PermissionSets: [PermissionSetArn] });
  });

  test('instances and permission sets are the demonstration ones', async () => {
    expect(await ask(new sso.ListInstancesCommand({}))).toEqual({
      Instances: [
        {
          InstanceArn,
          IdentityStoreId: DEMO_IDENTITY_STORE_ID,
          OwnerAccountId: DEMO_MANAGEMENT_ACCOUNT_ID,
          CreatedDate: expect.any(Date),
          Status: 'ACTIVE',
        },
      ],
    });
    expect(await ask(new sso.ListPermissionSetsCommand({ InstanceArn }))).toEqual({
      PermissionSets: Object.values(DEMO_PERMISSION_SETS),
    });
    expect(await ask(new sso.DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))).toEqual({
      PermissionSet: {
        Name: 'JIT-Admin',
        PermissionSetArn,
        SessionDuration: 'PT1H',
        CreatedDate: expect.any(Date),
      },
    });
  });

  test('tags are put and listed', async () => {
    const Tags = [{ Key: 'managed-by', Value: 'jit' }];
    const resource = { InstanceArn, ResourceArn: PermissionSetArn };
    expect(await ask(new sso.ListTagsForResourceCommand(resource))).toEqual({ Tags: [] });
    expect(await ask(new sso.TagResourceCommand({ ...resource, Tags }))).toEqual({});
    expect(await ask(new sso.ListTagsForResourceCommand(resource))).toEqual({ Tags });
  });

  test('inline policies are put, read, provisioned and deleted', async () => {
    const set = { InstanceArn, PermissionSetArn };
    const InlinePolicy = '{"Version":"2012-10-17","Statement":[]}';
    expect(await ask(new sso.PutInlinePolicyToPermissionSetCommand({ ...set, InlinePolicy }))).toEqual({});
    expect(await ask(new sso.GetInlinePolicyForPermissionSetCommand(set))).toEqual({ InlinePolicy });
    const provision = new sso.ProvisionPermissionSetCommand({
      ...set,
      TargetType: 'ALL_PROVISIONED_ACCOUNTS',
    });
    const { PermissionSetProvisioningStatus: status } = await ask(provision);
    expect(status).toMatchObject({ Status: 'IN_PROGRESS', PermissionSetArn });
    door.clock.advance(1_000);
    const describeIt = new sso.DescribePermissionSetProvisioningStatusCommand({
      InstanceArn,
      ProvisionPermissionSetRequestId: String(Reflect.get(Object(status), 'RequestId')),
    });
    expect(await ask(describeIt)).toMatchObject({ PermissionSetProvisioningStatus: { Status: 'SUCCEEDED' } });
    expect(await ask(new sso.DeleteInlinePolicyFromPermissionSetCommand(set))).toEqual({});
    expect(await ask(new sso.GetInlinePolicyForPermissionSetCommand(set))).toEqual({ InlinePolicy: '' });
  });

  test('users are found, described and listed in pages', async () => {
    const UniqueAttribute = { AttributePath: 'userName', AttributeValue: 'ana@example.com' };
    expect(
      await askStore(new GetUserIdCommand({ ...STORE, AlternateIdentifier: { UniqueAttribute } })),
    ).toEqual({ ...STORE, UserId: DEMO_USERS.ana.id });
    const ana = {
      ...STORE,
      UserId: DEMO_USERS.ana.id,
      UserName: 'ana@example.com',
      DisplayName: 'Ana',
      Emails: [{ Value: 'ana@example.com', Type: 'work', Primary: true }],
      UserStatus: 'ENABLED',
    };
    expect(await askStore(new DescribeUserCommand({ ...STORE, UserId: DEMO_USERS.ana.id }))).toEqual(ana);
    const page = await askStore(new ListUsersCommand({ ...STORE, MaxResults: 1 }));
    expect(page).toEqual({ Users: [ana], NextToken: expect.any(String) });
  });

  const REFUSALS = [
    ['ValidationException', new sso.ListPermissionSetsCommand({ InstanceArn: 'nonsense-arn' })],
    [
      'ResourceNotFoundException',
      new sso.ListPermissionSetsCommand({ InstanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000' }),
    ],
    ['ValidationException', new sso.ListAccountAssignmentsCommand({ ...PAIR, NextToken: 'bad' })],
  ] as const;

  test.each(REFUSALS)('%s reads as the SDK reads it', async (name, command) => {
    const error = await refusalOf(door.ssoAdmin.send(command));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name,
      message: expect.stringMatching(/\w/),
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(UUID), attempts: 1 },
    });
  });

  test('the exceptions are instances of the SDK classes', async () => {
    await reopen({ rateBurst: 1 });
    await ask(new sso.CreateAccountAssignmentCommand(ASSIGNMENT));
    const throttled = await refusalOf(door.ssoAdmin.send(new sso.ListInstancesCommand({})));
    door.clock.advance(500);
    const conflicting = await refusalOf(
      door.ssoAdmin.send(new sso.DeleteAccountAssignmentCommand(ASSIGNMENT)),
    );
    expect(throttled).toBeInstanceOf(sso.ThrottlingException);
    expect(throttled).toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    expect(conflicting).toBeInstanceOf(sso.ConflictException);
    expect(conflicting).toMatchObject({ message: 'There is a conflicting operation in process.' });
  });

  test('a user who is not found is a ResourceNotFoundException of type USER', async () => {
    const UniqueAttribute = { AttributePath: 'emails.value', AttributeValue: 'nobody@example.com' };
    const command = new GetUserIdCommand({ ...STORE, AlternateIdentifier: { UniqueAttribute } });
    expect(await refusalOf(door.identityStore.send(command))).toMatchObject({
      name: 'ResourceNotFoundException',
      ResourceType: 'USER',
      $fault: 'client',
    });
  });

  test('an internal error is the server’s fault', async () => {
    door.model.addFault({ operation: '*', fault: { kind: 'error', name: 'InternalServerException' } });
    expect(await refusalOf(door.ssoAdmin.send(new sso.ListInstancesCommand({})))).toMatchObject({
      name: 'InternalServerException',
      $fault: 'server',
      $metadata: { httpStatusCode: 500 },
    });
  });

  test('a refusal by the encryption key carries its Reason', async () => {
    const fault = { kind: 'error', name: 'AccessDeniedException', reason: 'KMS_AccessDeniedException' };
    door.model.addFault({ operation: '*', fault });
    expect(await refusalOf(door.ssoAdmin.send(new sso.ListInstancesCommand({})))).toMatchObject({
      name: 'AccessDeniedException',
      Reason: 'KMS_AccessDeniedException',
    });
  });

  test('a lost response looks like a broken connection, and the call took effect', async () => {
    const fault = { kind: 'connection-reset', committed: true };
    door.model.addFault({ operation: '*', fault });
    const error = await refusalOf(door.ssoAdmin.send(new sso.CreateAccountAssignmentCommand(ASSIGNMENT)));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET', $metadata: { attempts: 1 } });
    expect(error).not.toHaveProperty('$fault');
    door.clock.advance(1_000);
    expect(isAssigned()).toBe(true);
  });

  test('a connection that breaks before the call leaves no trace', async () => {
    door.model.addFault({ operation: '*', fault: { kind: 'connection-reset' } });
    const error = await refusalOf(door.ssoAdmin.send(new sso.CreateAccountAssignmentCommand(ASSIGNMENT)));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    door.clock.advance(1_000);
    expect(isAssigned()).toBe(false);
  });

  test('an HTML 503 is a SyntaxError', async () => {
    door.model.addFault({ operation: '*', fault: { kind: 'html-503' } });
    const error = await refusalOf(door.ssoAdmin.send(new sso.ListInstancesCommand({})));
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error).toMatchObject({ name: 'SyntaxError', $metadata: { httpStatusCode: 503 } });
  });

  test('a slow answer takes its time after the effect, a late arrival before it', async () => {
    door.model.addFault({ operation: '*', fault: { kind: 'slow-answer', delayMs: 10_000 } });
    await ask(new sso.CreateAccountAssignmentCommand(ASSIGNMENT));
    expect(door.clock.elapsedMs()).toBe(10_000);
    expect(isAssigned()).toBe(true);
    door.model.addFault({ operation: '*', fault: { kind: 'late-arrival', delayMs: 20_000 } });
    const { AccountAssignmentDeletionStatus } = await ask(new sso.DeleteAccountAssignmentCommand(ASSIGNMENT));
    expect(door.clock.elapsedMs()).toBe(30_000);
    expect(AccountAssignmentDeletionStatus).toMatchObject({ CreatedDate: new Date(START_MS + 30_000) });
  });
});
