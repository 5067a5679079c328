// What lists and descriptions show: pages, lag, moments of not-found, retention, and the directory.

import { expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_GROUP,
  DEMO_IDENTITY_STORE_ID,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { assignmentOf, inputOf, type Stage, setStage } from './stage.ts';

const PAIR = { AccountId: DEMO_ACCOUNTS.dev, PermissionSetArn: DEMO_PERMISSION_SETS.jitAdmin };

function userIdOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

function assignMany(stage: Stage, number: number): void {
  for (let index = 0; index < number; index += 1) {
    const assignment = assignmentOf({ principalId: userIdOf(index) });
    stage.model.change({ kind: 'assign', assignment }, stage.nowMs());
  }
}

function walk(stage: Stage, operation: string, member: string, input: object): unknown[][] {
  const pages: unknown[][] = [];
  for (let token: unknown; pages.length === 0 || token; ) {
    const output = stage.reply(operation, { ...input, ...(token !== undefined && { NextToken: token }) });
    pages.push(output[member] as unknown[]);
    token = output.NextToken;
  }
  return pages;
}

test('takePage() gives every row once over pages of MaxResults, and no token on the last', () => {
  const stage = setStage();
  assignMany(stage, 25);
  const pages = walk(stage, 'ListAccountAssignments', 'AccountAssignments', { ...PAIR, MaxResults: 10 });
  expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
  expect(new Set(pages.flat().map((row) => JSON.stringify(row))).size).toBe(25);
  expect(Object.keys(stage.reply('ListAccountAssignments', PAIR))).toEqual(['AccountAssignments']);
});

test('takePage() can end with an empty token', () => {
  const stage = setStage({ lastPageToken: 'empty' });
  expect(stage.reply('ListAccountAssignments', PAIR)).toEqual({ AccountAssignments: [], NextToken: '' });
});

test('takePage() gives short and empty pages that still lead to every row', () => {
  const stage = setStage({ shortPageShare: 0.5, emptyPageShare: 0.5, pageRowsMax: 4 });
  assignMany(stage, 30);
  const pages = walk(stage, 'ListAccountAssignments', 'AccountAssignments', PAIR);
  expect(pages.some((page) => page.length === 0)).toBe(true);
  expect(pages.flat()).toHaveLength(30);
});

test('a list that shows nothing is whole, and only the lists that it is about', () => {
  const stage = setStage({ emptyLists: { accountId: DEMO_ACCOUNTS.staging } });
  assignMany(stage, 3);
  const rows = () => stage.reply('ListAccountAssignments', PAIR).AccountAssignments;
  expect(rows()).toHaveLength(3);
  stage.model.changeSettings({ emptyLists: { permissionSetArn: PAIR.PermissionSetArn } });
  expect(stage.reply('ListAccountAssignments', PAIR)).toEqual({ AccountAssignments: [] });
  stage.model.changeSettings({ emptyLists: {} });
  expect(rows()).toEqual([]);
  stage.model.changeSettings({ emptyLists: null });
  expect(rows()).toHaveLength(3);
});

test.each(['bad', 'MTIuMzQ', '===='])('takePage() refuses the token %s', (NextToken) => {
  const stage = setStage();
  expect(stage.refusal('ListAccountAssignments', { ...PAIR, NextToken })).toMatch(/^ValidationException/);
});

test('takePage() refuses a token of another list, and takes its own after MaxResults changed', () => {
  const stage = setStage();
  assignMany(stage, 3);
  const { NextToken } = stage.reply('ListAccountAssignments', { ...PAIR, MaxResults: 1 });
  expect(NextToken).toMatch(/^[-a-zA-Z0-9+=/_]+$/);
  const other = { ...PAIR, AccountId: DEMO_ACCOUNTS.staging, NextToken };
  expect(stage.refusal('ListAccountAssignments', other)).toMatch(/^ValidationException/);
  const rest = stage.reply('ListAccountAssignments', { ...PAIR, MaxResults: 50, NextToken });
  expect(rest.AccountAssignments).toHaveLength(2);
});

test('listAccountAssignments() lags behind creations and deletions alike', () => {
  const stage = setStage({ listLagMinMs: 3_000, listLagMaxMs: 3_000 });
  stage.create();
  stage.pass(3_999);
  expect(stage.isAssigned()).toBe(true);
  expect(stage.listed()).toEqual([]);
  stage.pass(1);
  expect(stage.listed()).toHaveLength(1);
  stage.delete();
  stage.pass(3_999);
  expect(stage.isAssigned()).toBe(false);
  expect(stage.listed()).toHaveLength(1);
  stage.pass(1);
  expect(stage.listed()).toEqual([]);
});

test('listAccountAssignments() shows from the start what was always there, whatever the lag', () => {
  const stage = setStage({ listLagMinMs: 60_000, listLagMaxMs: 60_000 });
  expect(stage.listed(DEMO_ACCOUNTS.staging, DEMO_PERMISSION_SETS.jitReadOnly)).toEqual([
    {
      AccountId: DEMO_ACCOUNTS.staging,
      PermissionSetArn: DEMO_PERMISSION_SETS.jitReadOnly,
      PrincipalType: 'GROUP',
      PrincipalId: DEMO_GROUP.id,
    },
  ]);
});

test.each([
  ['empty', 'reply'],
  ['not-found', 'ResourceNotFoundException'],
] as const)(
  'listAccountAssignments() where the set is not provisioned is %s',
  (unprovisionedList, answer) => {
    const stage = setStage({ unprovisionedList });
    expect(stage.refusal('ListAccountAssignments', PAIR)).toContain(answer);
  },
);

test.each([
  ['stays', [DEMO_ACCOUNTS.dev]],
  ['leaves', []],
] as const)(
  'listAccountsForProvisionedPermissionSet() after the last deletion: the account %s',
  (provisionedAfterLastDelete, accounts) => {
    const stage = setStage({ provisionedAfterLastDelete });
    const list = () => stage.reply('ListAccountsForProvisionedPermissionSet', PAIR).AccountIds;
    stage.create();
    stage.pass(1_000);
    expect(list()).toEqual([DEMO_ACCOUNTS.dev]);
    stage.delete();
    stage.pass(1_000);
    expect(list()).toEqual(accounts);
  },
);

test('listAccountAssignmentsForPrincipal() gives own rows, filters by account, and adds group rows by setting', () => {
  const stage = setStage({ forPrincipalIncludesGroupRows: true });
  const principal = { PrincipalId: DEMO_USERS.dora.id, PrincipalType: 'USER' };
  const list = (filter: object = {}) =>
    stage.reply('ListAccountAssignmentsForPrincipal', { ...principal, ...filter }).AccountAssignments;
  expect(list()).toMatchObject([{ PrincipalType: 'GROUP', PrincipalId: DEMO_GROUP.id }]);
  stage.model.changeSettings({ forPrincipalIncludesGroupRows: false });
  expect(list()).toEqual([]);
  const own = assignmentOf({ principalId: DEMO_USERS.dora.id });
  stage.model.change({ kind: 'assign', assignment: own }, stage.nowMs());
  expect(list()).toHaveLength(1);
  expect(list({ Filter: { AccountId: DEMO_ACCOUNTS.prod } })).toEqual([]);
});

test('listAccountAssignmentsForPrincipal() is for the management account only', () => {
  const stage = setStage({ calledFrom: 'delegated-administrator' });
  const principal = { PrincipalId: DEMO_USERS.dora.id, PrincipalType: 'USER' };
  expect(stage.refusal('ListAccountAssignmentsForPrincipal', principal)).toMatch(/^AccessDeniedException/);
});

test('describeCreationStatus() says not found in the first moments and after the retention', () => {
  const stage = setStage({ describeNotFoundForMs: 400, statusRetentionMs: 60_000 });
  const requestId = stage.create();
  const describe = () =>
    stage.refusal('DescribeAccountAssignmentCreationStatus', {
      AccountAssignmentCreationRequestId: requestId,
    });
  expect(describe()).toMatch(/^ResourceNotFoundException/);
  stage.pass(400);
  expect(describe()).toBe('reply');
  stage.pass(59_600);
  expect(describe()).toBe('reply');
  stage.pass(1);
  expect(describe()).toMatch(/^ResourceNotFoundException/);
});

test('forget() drops what is past the retention, and keeps what still hangs', () => {
  const stage = setStage({ statusRetentionMs: 60_000, conflictScope: 'none' });
  stage.model.addFault({ operation: '*', fault: { kind: 'async-hang', durationMs: null } });
  const hanging = stage.create();
  stage.create();
  stage.pass(61_000);
  const last = stage.create();
  const kept = stage.model.snapshot().operations.map(({ requestId }) => requestId);
  expect(kept).toEqual([hanging, last]);
});

test('describeDeletionStatus() does not know a creation', () => {
  const stage = setStage();
  const AccountAssignmentDeletionRequestId = stage.create();
  expect(
    stage.refusal('DescribeAccountAssignmentDeletionStatus', { AccountAssignmentDeletionRequestId }),
  ).toMatch(/^ResourceNotFoundException/);
});

test('listCreationStatus() lists status, id and date only, and filters by status', () => {
  const stage = setStage({ conflictScope: 'none' });
  const ended = stage.create();
  stage.pass(1_000);
  const running = stage.create({ principalId: DEMO_USERS.ben.id });
  const list = (Status?: string) =>
    stage.reply('ListAccountAssignmentCreationStatus', Status === undefined ? {} : { Filter: { Status } })
      .AccountAssignmentsCreationStatus;
  expect(list('IN_PROGRESS')).toEqual([
    { Status: 'IN_PROGRESS', RequestId: running, CreatedDate: expect.any(Date) },
  ]);
  expect(list('SUCCEEDED')).toMatchObject([{ RequestId: ended }]);
  expect(list()).toHaveLength(2);
  expect(list('FAILED')).toEqual([]);
});

test('listDeletionStatus() lags like every list', () => {
  const stage = setStage({ listLagMinMs: 5_000, listLagMaxMs: 5_000 });
  const RequestId = stage.delete();
  const list = () => stage.reply('ListAccountAssignmentDeletionStatus').AccountAssignmentsDeletionStatus;
  stage.pass(4_999);
  expect(list()).toEqual([]);
  stage.pass(1);
  expect(list()).toMatchObject([{ RequestId, Status: 'IN_PROGRESS' }]);
});

test('listPermissionSets() no longer gives a deleted set, and everything about it is not found', () => {
  const stage = setStage();
  const permissionSetArn = DEMO_PERMISSION_SETS.jitAdmin;
  stage.create();
  stage.pass(1_000);
  stage.model.change({ kind: 'delete-permission-set', permissionSetArn }, stage.nowMs());
  expect(stage.reply('ListPermissionSets').PermissionSets).not.toContain(permissionSetArn);
  expect(stage.isAssigned()).toBe(false);
  for (const operation of [
    'DescribePermissionSet',
    'ListAccountAssignments',
    'GetInlinePolicyForPermissionSet',
  ]) {
    expect(stage.refusal(operation, PAIR)).toMatch(/^ResourceNotFoundException/);
  }
});

test('provisionPermissionSet() brings a changed policy into accounts, asynchronously', () => {
  const stage = setStage();
  stage.create();
  stage.pass(1_000);
  const stale = () =>
    stage.reply('ListAccountsForProvisionedPermissionSet', {
      ...PAIR,
      ProvisioningStatus: 'LATEST_PERMISSION_SET_NOT_PROVISIONED',
    }).AccountIds;
  stage.reply('PutInlinePolicyToPermissionSet', { ...PAIR, InlinePolicy: '{"Version":"2012-10-17"}' });
  expect(stale()).toEqual([DEMO_ACCOUNTS.dev]);
  stage.reply('ProvisionPermissionSet', { ...PAIR, TargetType: 'AWS_ACCOUNT', TargetId: DEMO_ACCOUNTS.dev });
  stage.pass(999);
  expect(stale()).toEqual([DEMO_ACCOUNTS.dev]);
  stage.pass(1);
  expect(stale()).toEqual([]);
});

test('putInlinePolicy() takes 32,768 bytes, and of those 10,240 that are not whitespace', () => {
  const stage = setStage();
  const put = (InlinePolicy: string) =>
    stage.refusal('PutInlinePolicyToPermissionSet', { ...PAIR, InlinePolicy });
  expect(put(`{}${' '.repeat(32_766)}`)).toBe('reply');
  expect(put(`{}${' '.repeat(32_767)}`)).toMatch(/^ValidationException.*inlinePolicy.*32768/);
  expect(put(`"${'x'.repeat(10_239)}"`)).toMatch(/^ServiceQuotaExceededException/);
  expect(put('{')).toMatch(/^ValidationException/);
});

const STORE = { IdentityStoreId: DEMO_IDENTITY_STORE_ID };

function lookUp(stage: Stage, AttributePath: string, AttributeValue: unknown) {
  const AlternateIdentifier = { UniqueAttribute: { AttributePath, AttributeValue } };
  return stage.call('GetUserId', { ...STORE, AlternateIdentifier });
}

test('getUserId() finds by userName and emails.value, and by no other path', () => {
  const stage = setStage();
  const found = { kind: 'reply', output: { UserId: DEMO_USERS.ana.id } };
  expect(lookUp(stage, 'userName', 'ana@example.com')).toMatchObject(found);
  expect(lookUp(stage, 'emails.value', 'ana@example.com')).toMatchObject(found);
  expect(lookUp(stage, 'displayName', 'Ana')).toMatchObject({ name: 'ValidationException' });
  expect(lookUp(stage, 'userName', 5)).toMatchObject({ name: 'ValidationException' });
});

test('getUserId() says ResourceNotFoundException with ResourceType USER', () => {
  const stage = setStage();
  const notFound = { name: 'ResourceNotFoundException', members: { ResourceType: 'USER' } };
  expect(lookUp(stage, 'userName', 'nobody@example.com')).toMatchObject(notFound);
  stage.model.change({ kind: 'delete-user', userId: DEMO_USERS.ana.id }, stage.nowMs());
  expect(lookUp(stage, 'userName', 'ana@example.com')).toMatchObject(notFound);
});

test('getUserId() heeds case, or does not, by setting', () => {
  const stage = setStage();
  expect(lookUp(stage, 'userName', 'ANA@example.com')).toMatchObject({ kind: 'error' });
  stage.model.changeSettings({ directoryLookup: 'case-insensitive' });
  expect(lookUp(stage, 'userName', 'ANA@example.com')).toMatchObject({ kind: 'reply' });
});

test('describeUser() gives the UserStatus, and not found for unknown users and stores', () => {
  const stage = setStage();
  const UserId = DEMO_USERS.ben.id;
  expect(stage.call('DescribeUser', { ...STORE, UserId })).toMatchObject({
    output: { UserStatus: 'ENABLED' },
  });
  expect(stage.call('DescribeUser', { ...STORE, UserId: userIdOf(7) })).toMatchObject({
    members: { ResourceType: 'USER' },
  });
  expect(stage.call('DescribeUser', { IdentityStoreId: 'd-0000000000', UserId })).toMatchObject({
    members: { ResourceType: 'IDENTITY_STORE' },
  });
});

test('listUsers() pages, and filters by UserName', () => {
  const stage = setStage();
  const pages = walk(stage, 'ListUsers', 'Users', { ...STORE, MaxResults: 3 });
  expect(pages.map((page) => page.length)).toEqual([3, 1]);
  const Filters = [{ AttributePath: 'UserName', AttributeValue: 'cleo@example.com' }];
  expect(stage.reply('ListUsers', { ...STORE, Filters }).Users).toMatchObject([
    { UserId: DEMO_USERS.cleo.id },
  ]);
});

test('tagResource() adds tags that listTagsForResource() pages through', () => {
  const stage = setStage({ pageRowsMax: 2 });
  const ResourceArn = DEMO_PERMISSION_SETS.jitAdmin;
  const Tags = ['a', 'b', 'c'].map((Key) => ({ Key, Value: 'x' }));
  expect(stage.reply('TagResource', { ResourceArn, Tags })).toEqual({});
  const pages = walk(stage, 'ListTagsForResource', 'Tags', { ResourceArn });
  expect(pages).toEqual([Tags.slice(0, 2), Tags.slice(2)]);
});

test('settle() never lets time run backwards, whatever the caller says', () => {
  const stage = setStage();
  const requestId = stage.create();
  stage.pass(1_000);
  expect(stage.isAssigned()).toBe(true);
  stage.pass(-500_000);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'SUCCEEDED' });
  expect(stage.refusal('DeleteAccountAssignment', inputOf(assignmentOf()))).toBe('reply');
});
