// How assignments begin and end: asynchronously, as sets, and not always as asked.

import { expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { createIdentityCenterModel } from '../../local/identity-center/model.ts';
import type { Settings } from '../../local/identity-center/settings.ts';
import { seededRandom } from './seeded-random.ts';
import { assignmentOf, CALM, inputOf, START_MS, setStage } from './stage.ts';

const UNKNOWN_USER = '99999999-9999-4999-8999-999999999999';

test('createAccountAssignment() answers IN_PROGRESS, and the row exists only when the operation ends', () => {
  const stage = setStage();
  const requestId = stage.create();
  expect(stage.creation(requestId)).toMatchObject({ Status: 'IN_PROGRESS', TargetId: DEMO_ACCOUNTS.dev });
  stage.pass(999);
  expect(stage.isAssigned()).toBe(false);
  stage.pass(1);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'SUCCEEDED' });
  expect(stage.isAssigned()).toBe(true);
});

test('createAccountAssignment() repeats a known row harmlessly: one row, SUCCEEDED', () => {
  const stage = setStage();
  stage.create();
  stage.pass(1_000);
  const again = stage.create();
  stage.pass(1_000);
  expect(stage.creation(again)).toMatchObject({ Status: 'SUCCEEDED' });
  expect(stage.listed()).toHaveLength(1);
});

test('createAccountAssignment() can fail a duplicate, by setting', () => {
  const stage = setStage({ duplicateCreate: 'fails' });
  stage.create();
  stage.pass(1_000);
  const again = stage.create();
  stage.pass(1_000);
  expect(stage.creation(again)).toMatchObject({ Status: 'FAILED' });
  expect(stage.isAssigned()).toBe(true);
});

const FAILING_CREATIONS: [string, Parameters<typeof assignmentOf>[0], RegExp][] = [
  ['an unknown user', { principalId: UNKNOWN_USER }, /^Received a 404 status error: the USER assignee/],
  ['an unknown group', { principalType: 'GROUP' }, /^Received a 404 status error: the GROUP assignee/],
  ['an unknown account', { accountId: '444444444444' }, /^Received a 404 status error: the account/],
];

test.each(FAILING_CREATIONS)('createAccountAssignment() accepts %s and fails later', (_, target, reason) => {
  const stage = setStage();
  const requestId = stage.create(target);
  stage.pass(1_000);
  expect(stage.creation(requestId)).toMatchObject({
    Status: 'FAILED',
    FailureReason: expect.stringMatching(reason),
  });
  expect(stage.isAssigned(target)).toBe(false);
});

test.each([
  ['succeeds', true],
  ['fails', false],
] as const)(
  'createAccountAssignment() for a disabled user %s, by setting',
  (disabledUserCreate, assigned) => {
    const stage = setStage({ disabledUserCreate });
    const user = { ...DEMO_USERS.ana, userName: DEMO_USERS.ana.email, displayName: 'Ana' };
    stage.model.change({ kind: 'put-user', user: { ...user, status: 'DISABLED' } }, stage.nowMs());
    stage.create();
    stage.pass(1_000);
    expect(stage.isAssigned()).toBe(assigned);
  },
);

test('createAccountAssignment() can answer SUCCEEDED at once', () => {
  const stage = setStage({ synchronousShare: 1 });
  const output = stage.reply('CreateAccountAssignment', inputOf(assignmentOf()));
  expect(output).toMatchObject({ AccountAssignmentCreationStatus: { Status: 'SUCCEEDED' } });
  expect(stage.isAssigned()).toBe(true);
});

test('createAccountAssignment() fails transiently in the configured share', () => {
  const stage = setStage({ asyncFailureShare: 1 });
  const requestId = stage.create();
  stage.pass(1_000);
  expect(stage.creation(requestId)).toMatchObject({
    Status: 'FAILED',
    FailureReason: 'An unexpected internal service exception was encountered',
  });
});

test('createAccountAssignment() takes a time between the jitter bounds, and the tail in its share', () => {
  const stage = setStage({ operationJitter: 0.5, conflictScope: 'none' });
  const durations = Array.from({ length: 15 }, (_, index) => {
    stage.create({ accountId: `${100_000_000_000 + index}` });
    return index;
  }).flatMap(() => stage.model.operationsInFlight(stage.nowMs()).map((o) => (o.finishMs ?? 0) - o.createdMs));
  expect(Math.min(...durations)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...durations)).toBeLessThanOrEqual(1_500);
  expect(new Set(durations).size).toBeGreaterThan(5);
  const slow = setStage({ operationTailShare: 1, operationTailMs: 77_000 });
  slow.create();
  expect(slow.model.operationsInFlight(slow.nowMs())[0]?.finishMs).toBe(slow.nowMs() + 77_000);
});

test('deleteAccountAssignment() removes the row when it ends', () => {
  const stage = setStage();
  stage.model.change({ kind: 'assign', assignment: assignmentOf() }, stage.nowMs());
  const requestId = stage.delete();
  expect(stage.isAssigned()).toBe(true);
  stage.pass(1_000);
  expect(stage.deletion(requestId)).toMatchObject({ Status: 'SUCCEEDED' });
  expect(stage.isAssigned()).toBe(false);
});

test("deleteAccountAssignment() of a missing row is accepted and fails with EntitlementItem doesn't exist", () => {
  const stage = setStage();
  const requestId = stage.delete();
  stage.pass(1_000);
  expect(stage.deletion(requestId)).toMatchObject({
    Status: 'FAILED',
    FailureReason: expect.stringMatching(/^Received a 404 status error: EntitlementItem doesn't exist/),
  });
});

test('deleteAccountAssignment() spares the other assignments of the same pair', () => {
  const stage = setStage();
  const ben = { principalId: DEMO_USERS.ben.id };
  stage.model.change({ kind: 'assign', assignment: assignmentOf() }, stage.nowMs());
  stage.model.change({ kind: 'assign', assignment: assignmentOf(ben) }, stage.nowMs());
  stage.delete();
  stage.pass(1_000);
  expect([stage.isAssigned(), stage.isAssigned(ben)]).toEqual([false, true]);
});

const DELETED_USERS: [Partial<Settings>, { listed: boolean; assigned: boolean; status: string }][] = [
  [{}, { listed: true, assigned: true, status: 'FAILED' }],
  [{ deletedPrincipalDelete: 'succeeds' }, { listed: true, assigned: false, status: 'SUCCEEDED' }],
  [{ deletedUserRows: 'vanish' }, { listed: false, assigned: false, status: 'FAILED' }],
];

test.each(DELETED_USERS)(
  "deleteAccountAssignment() of a deleted user's row under %j",
  (settings, expected) => {
    const stage = setStage(settings);
    stage.model.change({ kind: 'assign', assignment: assignmentOf() }, stage.nowMs());
    stage.model.change({ kind: 'delete-user', userId: DEMO_USERS.ana.id }, stage.nowMs());
    expect(stage.isAssigned()).toBe(expected.listed);
    const requestId = stage.delete();
    stage.pass(1_000);
    expect(stage.deletion(requestId)).toMatchObject({ Status: expected.status });
    expect(stage.isAssigned()).toBe(expected.assigned);
  },
);

test('createAccountAssignment() on a suspended account hangs for minutes, then takes longer than usual', () => {
  const stage = setStage({ suspendedConflictsForEver: false });
  const account = { id: DEMO_ACCOUNTS.dev, name: 'dev', suspended: true };
  stage.model.change({ kind: 'put-account', account }, stage.nowMs());
  const requestId = stage.create();
  stage.pass(299_999);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'IN_PROGRESS' });
  stage.pass(1);
  expect(stage.creation(requestId)).toMatchObject({
    Status: 'FAILED',
    FailureReason: expect.stringContaining('takes longer than usual'),
  });
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf()))).toBe('reply');
});

test('createAccountAssignment() on a suspended account conflicts for ever, until it is active again', () => {
  const stage = setStage();
  const account = { id: DEMO_ACCOUNTS.dev, name: 'dev' };
  stage.model.change({ kind: 'put-account', account: { ...account, suspended: true } }, stage.nowMs());
  stage.create();
  stage.pass(86_400_000);
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf()))).toMatch(/^ConflictException/);
  stage.model.change({ kind: 'put-account', account }, stage.nowMs());
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf()))).toBe('reply');
});

test('createAccountAssignment() refuses an unknown permission set and a wrong instance', () => {
  const stage = setStage();
  const unknownSet = { permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin.replace('aaaa', 'zzzz') };
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf(unknownSet)))).toMatch(
    /^ResourceNotFoundException: PermissionSet/,
  );
  const wrong = { ...inputOf(assignmentOf()), InstanceArn: 'arn:aws:sso:::instance/ssoins-9999222233334444' };
  expect(stage.refusal('CreateAccountAssignment', wrong)).toMatch(/^ResourceNotFoundException: Instance/);
  stage.model.changeSettings({ wrongInstance: 'AccessDeniedException' });
  expect(stage.refusal('CreateAccountAssignment', wrong)).toMatch(/^AccessDeniedException/);
});

test('createAccountAssignment() of a permission set deleted meanwhile fails', () => {
  const stage = setStage();
  const requestId = stage.create();
  const permissionSetArn = DEMO_PERMISSION_SETS.jitAdmin;
  stage.model.change({ kind: 'delete-permission-set', permissionSetArn }, stage.nowMs());
  stage.pass(1_000);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'FAILED' });
  expect(stage.isAssigned()).toBe(false);
});

test('createAccountAssignment() from a delegated administrator is refused for the management account', () => {
  const stage = setStage({ calledFrom: 'delegated-administrator' });
  const management = assignmentOf({ accountId: '999999999999' });
  expect(stage.refusal('CreateAccountAssignment', inputOf(management))).toMatch(/^AccessDeniedException/);
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf()))).toBe('reply');
  stage.pass(1_000);
  // A permission set that is assigned in the management account is out of reach everywhere.
  stage.model.change({ kind: 'assign', assignment: management }, stage.nowMs());
  expect(stage.refusal('DeleteAccountAssignment', inputOf(assignmentOf()))).toMatch(/^AccessDeniedException/);
});

test('createAccountAssignment() refuses more permission sets in an account than the quota', () => {
  const stage = setStage({ permissionSetsPerAccountMax: 1, conflictScope: 'none' });
  stage.create();
  stage.pass(1_000);
  const other = assignmentOf({ permissionSetArn: DEMO_PERMISSION_SETS.jitReadOnly });
  expect(stage.refusal('CreateAccountAssignment', inputOf(other))).toMatch(/^ServiceQuotaExceededException/);
  expect(stage.refusal('CreateAccountAssignment', inputOf(assignmentOf()))).toBe('reply');
});

test('createIdentityCenterModel() tells of every row that appears or disappears, whoever did it', () => {
  const changes: [string, boolean, number][] = [];
  const model = createIdentityCenterModel({
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: CALM,
    onAssignmentChange: ({ assignment, present, atMs }) =>
      changes.push([assignment.accountId, present, atMs - START_MS]),
  });
  const input = inputOf(assignmentOf());
  model.call({ service: 'sso', operation: 'CreateAccountAssignment', input }, START_MS);
  const byHand = { kind: 'assign', assignment: assignmentOf({ accountId: DEMO_ACCOUNTS.prod }) } as const;
  model.change(byHand, START_MS + 5_000);
  model.change(byHand, START_MS + 6_000);
  model.change({ ...byHand, kind: 'unassign' }, START_MS + 7_000);
  expect(changes).toEqual([
    // At the operation's own end, though nobody asked before.
    [DEMO_ACCOUNTS.dev, true, 1_000],
    [DEMO_ACCOUNTS.prod, true, 5_000],
    [DEMO_ACCOUNTS.prod, false, 7_000],
  ]);
});
