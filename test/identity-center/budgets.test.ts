// What AWS refuses to do at once: calls a second, outstanding operations, and work that collides.

import { expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import type { Assignment } from '../../local/identity-center/organisation.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../local/identity-center/settings.ts';
import { assignmentOf, inputOf, setStage } from './stage.ts';

const DOCUMENTED = {
  ratePerSecond: DEFAULT_SETTINGS.ratePerSecond,
  rateBurst: DEFAULT_SETTINGS.rateBurst,
};

function countReplies(attempts: number, attempt: () => string): number {
  return Array.from({ length: attempts }, attempt).filter((answer) => answer === 'reply').length;
}

test('call() lets 20 sso calls a second through and says Rate exceeded to the rest', () => {
  const stage = setStage(DOCUMENTED);
  const list = () => stage.refusal('ListPermissionSets');
  expect(countReplies(30, list)).toBe(20);
  expect(list()).toBe('ThrottlingException: Rate exceeded');
  stage.pass(500);
  expect(countReplies(30, list)).toBe(10);
  stage.pass(60_000);
  expect(countReplies(30, list)).toBe(20);
});

test('call() keeps a budget of its own for the identity store', () => {
  const stage = setStage(DOCUMENTED);
  countReplies(30, () => stage.refusal('ListPermissionSets'));
  const users = () => stage.call('ListUsers', { IdentityStoreId: DEMO_IDENTITY_STORE_ID }).kind;
  expect(countReplies(30, users)).toBe(20);
});

test('call() leaves only the rest of the budget that other tools use', () => {
  const stage = setStage({ ...DOCUMENTED, otherToolsRatePerSecond: 15 });
  countReplies(30, () => stage.refusal('ListPermissionSets'));
  stage.pass(1_000);
  expect(countReplies(30, () => stage.refusal('ListPermissionSets'))).toBe(5);
});

/** Creations in as many accounts of their own, so that nothing conflicts. */
function beginMany(stage: ReturnType<typeof setStage>, operation: string, number: number): string[] {
  return Array.from({ length: number }, (_, index) =>
    stage.refusal(operation, inputOf(assignmentOf({ accountId: `${100_000_000_000 + index}` }))),
  );
}

test('startOperation() refuses the sixteenth outstanding operation', () => {
  const stage = setStage();
  const answers = beginMany(stage, 'CreateAccountAssignment', 16);
  expect(answers.slice(0, 15).every((answer) => answer === 'reply')).toBe(true);
  expect(answers[15]).toBe(
    'ThrottlingException: There are too many requests processing. Please try again later.',
  );
  stage.pass(1_000);
  expect(beginMany(stage, 'CreateAccountAssignment', 1)).toEqual(['reply']);
});

test.each([
  [true, 'ThrottlingException'],
  [false, 'reply'],
])('startOperation() counts deletions as outstanding: %s', (outstandingCountsDelete, answer) => {
  const stage = setStage({ outstandingCountsDelete, outstandingMax: 2 });
  expect(beginMany(stage, 'DeleteAccountAssignment', 3)[2]).toContain(answer);
});

test('startOperation() counts what other tools keep in flight', () => {
  const stage = setStage({ otherToolsOutstanding: 15 });
  expect(beginMany(stage, 'CreateAccountAssignment', 1)[0]).toContain('too many requests processing');
});

const SAME = assignmentOf();
const OTHER_USER = assignmentOf({ principalId: DEMO_USERS.ben.id });
const OTHER_SET = assignmentOf({ permissionSetArn: DEMO_PERMISSION_SETS.jitReadOnly });
const OTHER_ACCOUNT = assignmentOf({ accountId: DEMO_ACCOUNTS.staging });

const CONFLICTS: [Settings['conflictScope'], Assignment[], Assignment[]][] = [
  ['tuple', [SAME], [OTHER_USER, OTHER_SET, OTHER_ACCOUNT]],
  ['permission-set-in-account', [SAME, OTHER_USER], [OTHER_SET, OTHER_ACCOUNT]],
  ['account', [SAME, OTHER_USER, OTHER_SET], [OTHER_ACCOUNT]],
  ['none', [], [SAME, OTHER_USER, OTHER_SET, OTHER_ACCOUNT]],
];

test.each(CONFLICTS)('startOperation() with conflict scope %s', (conflictScope, refused, accepted) => {
  const answersTo = (assignment: Assignment) => {
    const stage = setStage({ conflictScope });
    stage.create();
    return stage.refusal('DeleteAccountAssignment', inputOf(assignment));
  };
  const conflict = 'ConflictException: There is a conflicting operation in process.';
  expect(refused.map(answersTo)).toEqual(refused.map(() => conflict));
  expect(accepted.map(answersTo)).toEqual(accepted.map(() => 'reply'));
});

test('startOperation() conflicts until the operation has ended, and as long as conflicts linger', () => {
  const stage = setStage({ conflictLingersMs: 500 });
  stage.create();
  const remove = () => stage.refusal('DeleteAccountAssignment', inputOf(SAME));
  stage.pass(999);
  expect(remove()).toMatch(/^ConflictException/);
  stage.pass(500);
  expect(remove()).toMatch(/^ConflictException/);
  stage.pass(1);
  expect(remove()).toBe('reply');
});

test('startOperation() lets provisioning everywhere conflict with work in the accounts concerned', () => {
  const stage = setStage();
  stage.model.change({ kind: 'assign', assignment: SAME }, stage.nowMs());
  stage.reply('ProvisionPermissionSet', {
    PermissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
    TargetType: 'ALL_PROVISIONED_ACCOUNTS',
  });
  expect(stage.refusal('CreateAccountAssignment', inputOf(SAME))).toMatch(/^ConflictException/);
  expect(stage.refusal('CreateAccountAssignment', inputOf(OTHER_ACCOUNT))).toBe('reply');
});

test('call() refuses an operation of the other service, and one that nobody knows', () => {
  const { model, nowMs } = setStage();
  const outcomes = ['ListUsers', 'EndTheWorld'].map(
    (operation) =>
      model.call({ service: 'sso', operation, input: { InstanceArn: DEMO_INSTANCE_ARN } }, nowMs()).outcome,
  );
  expect(outcomes).toMatchObject([
    { kind: 'error', name: 'UnknownOperationException', httpStatusCode: 400 },
    { kind: 'error', name: 'UnknownOperationException', httpStatusCode: 400 },
  ]);
});
