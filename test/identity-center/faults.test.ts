// Faults aimed at chosen calls: what the caller is told, and what really happened.

import { expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { assignmentOf, inputOf, setStage } from './stage.ts';

const CREATE = inputOf(assignmentOf());

/** Fault, what the caller sees, whether the assignment exists in the end. */
const TOLD_AND_TRUE: [object, object, boolean][] = [
  [{ kind: 'connection-reset' }, { kind: 'connection-reset', committed: false }, false],
  [{ kind: 'connection-reset', committed: true }, { kind: 'connection-reset', committed: true }, true],
  [{ kind: 'html-503' }, { kind: 'html-503' }, false],
  [{ kind: 'html-503', committed: true }, { kind: 'html-503' }, true],
  [
    { kind: 'error', name: 'ThrottlingException' },
    { name: 'ThrottlingException', message: 'Rate exceeded' },
    false,
  ],
  [{ kind: 'error', name: 'ConflictException' }, { name: 'ConflictException', httpStatusCode: 400 }, false],
  [{ kind: 'error', name: 'AccessDeniedException', message: 'no' }, { message: 'no' }, false],
  [
    { kind: 'error', name: 'InternalServerException', committed: true },
    { name: 'InternalServerException', httpStatusCode: 500 },
    true,
  ],
  [{ kind: 'async-failure' }, { kind: 'reply' }, false],
  [{ kind: 'async-failure', reason: 'odd', committed: true }, { kind: 'reply' }, true],
  [{ kind: 'async-hang', durationMs: null }, { kind: 'reply' }, false],
  [{ kind: 'operation-duration', durationMs: 10 }, { kind: 'reply' }, true],
  [{ kind: 'slow-answer', delayMs: 30_000 }, { kind: 'reply' }, true],
];

test.each(TOLD_AND_TRUE)('takeFault() of %j tells %j; assigned: %s', (fault, told, assigned) => {
  const stage = setStage();
  stage.model.addFault({ operation: 'CreateAccountAssignment', fault });
  expect(stage.call('CreateAccountAssignment', CREATE)).toMatchObject(told);
  stage.pass(60_000);
  expect(stage.isAssigned()).toBe(assigned);
  // One hit only: the queue is empty again.
  expect(stage.model.faults()).toEqual([]);
});

test('takeFault() with async-failure reports the reason, even of what took effect', () => {
  const stage = setStage();
  const fault = { kind: 'async-failure', reason: 'odd', committed: true };
  stage.model.addFault({ operation: '*', fault });
  const requestId = stage.create();
  stage.pass(1_000);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'FAILED', FailureReason: 'odd' });
  expect(stage.isAssigned()).toBe(true);
});

test('takeFault() with async-hang ends with takes longer than usual', () => {
  const stage = setStage();
  stage.model.addFault({ operation: '*', fault: { kind: 'async-hang', durationMs: 5_000 } });
  const requestId = stage.create();
  stage.pass(4_999);
  expect(stage.creation(requestId)).toMatchObject({ Status: 'IN_PROGRESS' });
  stage.pass(1);
  expect(stage.creation(requestId)).toMatchObject({ FailureReason: expect.stringContaining('takes longer') });
});

test('takeFault() with late-arrival lets the call take effect long after it was sent', () => {
  const stage = setStage();
  stage.model.addFault({ operation: '*', fault: { kind: 'late-arrival', delayMs: 9_000 } });
  const call = { service: 'sso', operation: 'CreateAccountAssignment', input: CREATE } as const;
  const answer = stage.model.call(call, stage.nowMs());
  expect(answer).toMatchObject({ delayMs: 9_000, outcome: { kind: 'not-arrived' } });
  stage.pass(9_000);
  expect(stage.isAssigned()).toBe(false);
  expect(stage.model.callLate(call, stage.nowMs()).outcome.kind).toBe('reply');
  stage.pass(1_000);
  expect(stage.isAssigned()).toBe(true);
});

test('takeFault() hits the next calls as often as told, then no more', () => {
  const stage = setStage();
  const fault = { kind: 'error', name: 'ConflictException' };
  stage.model.addFault({ operation: 'ListPermissionSets', fault, times: 2 });
  const answers = [1, 2, 3].map(() => stage.refusal('ListPermissionSets').split(':')[0]);
  expect(answers).toEqual(['ConflictException', 'ConflictException', 'reply']);
  expect(stage.model.faults()).toEqual([]);
});

test('takeFault() hits only the account, permission set and principal it is aimed at', () => {
  const stage = setStage({ conflictScope: 'none' });
  stage.model.addFault({
    operation: 'CreateAccountAssignment',
    fault: { kind: 'html-503' },
    times: null,
    accountId: DEMO_ACCOUNTS.dev,
    permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
    principalId: DEMO_USERS.ana.id,
  });
  const answerTo = (differences: Parameters<typeof assignmentOf>[0]) =>
    stage.call('CreateAccountAssignment', inputOf(assignmentOf(differences))).kind;
  expect(answerTo({})).toBe('html-503');
  expect(answerTo({ accountId: DEMO_ACCOUNTS.staging })).toBe('reply');
  expect(answerTo({ permissionSetArn: DEMO_PERMISSION_SETS.jitReadOnly })).toBe('reply');
  expect(answerTo({ principalId: DEMO_USERS.ben.id })).toBe('reply');
});

test('takeFault() is not used up by a call beyond the rate, and a call that does not arrive costs nothing', () => {
  const stage = setStage({ ratePerSecond: 1, rateBurst: 1 });
  stage.model.addFault({ operation: '*', fault: { kind: 'connection-reset' } });
  stage.model.addFault({ operation: '*', fault: { kind: 'html-503' } });
  const ask = () => stage.refusal('ListPermissionSets').split(':')[0];
  expect([ask(), ask(), ask()]).toEqual(['connection-reset', 'html-503', 'ThrottlingException']);
  stage.model.addFault({ operation: '*', fault: { kind: 'connection-reset' } });
  expect(ask()).toBe('ThrottlingException');
  stage.pass(1_000);
  expect([ask(), ask()]).toEqual(['connection-reset', 'reply']);
});

test('takeFault() with a probability hits about that share, without end', () => {
  const stage = setStage();
  stage.model.addFault({ operation: '*', fault: { kind: 'html-503' }, probability: 0.3 });
  const hits = Array.from({ length: 1_000 }, () => stage.refusal('ListPermissionSets')).filter(
    (answer) => answer === 'html-503',
  );
  expect(hits.length).toBeGreaterThan(250);
  expect(hits.length).toBeLessThan(350);
  stage.model.clearFaults();
  expect(stage.refusal('ListPermissionSets')).toBe('reply');
});

test('takeFault() disturbs single lists: stale, short, empty', () => {
  const stage = setStage();
  stage.create();
  stage.pass(1_500);
  const operation = 'ListAccountAssignments';
  stage.model.addFault({ operation, fault: { kind: 'stale-list', lagMs: 1_000 } });
  stage.model.addFault({ operation, fault: { kind: 'empty-page' } });
  expect(stage.listed()).toEqual([]);
  expect(stage.listed()).toEqual([]);
  expect(stage.listed()).toHaveLength(1);
  stage.model.addFault({ operation: 'ListPermissionSets', fault: { kind: 'short-page', rows: 2 } });
  expect(stage.reply('ListPermissionSets')).toMatchObject({
    PermissionSets: [DEMO_PERMISSION_SETS.jitAdmin, DEMO_PERMISSION_SETS.jitReadOnly],
    NextToken: expect.any(String),
  });
});

const BAD_RULES: [object, RegExp][] = [
  [{ operation: 'Explode', fault: { kind: 'html-503' } }, /fault\.operation: .*got "Explode"/],
  [{ operation: '*', fault: { kind: 'fire' } }, /fault\.fault\.kind: /],
  [{ operation: '*', fault: { kind: 'html-503', delay: 1 } }, /fault\.fault\.delay: unknown field/],
  [{ operation: '*', fault: { kind: 'html-503' }, times: 0 }, /fault\.times: .*got 0/],
  [{ operation: '*', fault: { kind: 'html-503' }, probability: 2 }, /fault\.probability: .*got 2/],
  [
    { operation: 'ListUsers', fault: { kind: 'async-failure' } },
    /fault\.fault\.kind: expected a fault that fits/,
  ],
  [
    { operation: 'GetUserId', fault: { kind: 'empty-page' } },
    /fault\.fault\.kind: expected a fault that fits/,
  ],
];

test.each(BAD_RULES)('parseFaultRule() refuses %j and names the field', (rule, message) => {
  expect(() => setStage().model.addFault(rule)).toThrow(message);
});

const BAD_SETTINGS: [object, RegExp][] = [
  [{ operationMs: -1 }, /settings\.operationMs: .*got -1/],
  [{ operationsMs: 1 }, /settings\.operationsMs: unknown field/],
  [{ conflictScope: 'galaxy' }, /settings\.conflictScope: .*got "galaxy"/],
  [{ listLagMinMs: 5 }, /settings\.listLagMinMs: expected at most listLagMaxMs \(0\), got 5/],
  [{ emptyPageShare: 1 }, /settings\.emptyPageShare: .*got 1/],
];

test.each(BAD_SETTINGS)(
  'applySettings() refuses %j, names the field and changes nothing',
  (patch, message) => {
    const { model } = setStage();
    const before = model.settings();
    expect(() => model.changeSettings(patch)).toThrow(message);
    expect(model.settings()).toEqual(before);
  },
);
