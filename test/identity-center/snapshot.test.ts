// The state as JSON and back: nothing acknowledged is lost, and what was in progress goes on.

import { expect, test } from 'vitest';
import { DEMO_USERS } from '../../local/identity-center/demo-organisation.ts';
import { createIdentityCenterModel } from '../../local/identity-center/model.ts';
import { seededRandom } from './seeded-random.ts';
import { assignmentOf, inputOf, setStage } from './stage.ts';

function restart(stage: ReturnType<typeof setStage>, settings = {}) {
  const snapshot: unknown = JSON.parse(JSON.stringify(stage.model.snapshot()));
  return createIdentityCenterModel({ random: seededRandom(2), snapshot, settings });
}

test('snapshot() carries operations in progress over a restart, and they end as they would have', () => {
  const stage = setStage({ asyncFailureShare: 0.5, conflictScope: 'none' });
  const requestIds = Object.values(DEMO_USERS).map(({ id }) => stage.create({ principalId: id }));
  const restarted = restart(stage, { asyncFailureShare: 0 });
  stage.pass(1_000);
  const verdict = (model: typeof restarted, AccountAssignmentCreationRequestId: string) =>
    model.call(
      {
        service: 'sso',
        operation: 'DescribeAccountAssignmentCreationStatus',
        input: { InstanceArn: inputOf(assignmentOf()).InstanceArn, AccountAssignmentCreationRequestId },
      },
      stage.nowMs(),
    ).outcome;
  expect(requestIds.map((id) => verdict(restarted, id))).toEqual(
    requestIds.map((id) => verdict(stage.model, id)),
  );
  expect(restarted.assignments(stage.nowMs())).toEqual(stage.model.assignments(stage.nowMs()));
});

test('snapshot() carries rows, users, policies, settings, faults and lag history over a restart', () => {
  const stage = setStage({ listLagMinMs: 5_000, listLagMaxMs: 5_000 });
  stage.model.addFault({ operation: '*', fault: { kind: 'html-503' }, times: 3 });
  stage.model.change({ kind: 'assign', assignment: assignmentOf() }, stage.nowMs());
  stage.model.change({ kind: 'delete-user', userId: DEMO_USERS.dora.id }, stage.nowMs());
  const restarted = restart(stage);
  expect(restarted.snapshot()).toEqual(stage.model.snapshot());
  expect(restarted.settings()).toEqual(stage.model.settings());
  expect(restarted.faults()).toMatchObject([{ times: 3 }]);
});

test('snapshot() is not changed by what happens afterwards', () => {
  const stage = setStage();
  const before = stage.model.snapshot();
  const text = JSON.stringify(before);
  stage.create();
  stage.pass(1_000);
  stage.isAssigned();
  expect(JSON.stringify(before)).toBe(text);
});

test('createIdentityCenterModel() lets the settings given win over those of the snapshot', () => {
  const stage = setStage({ operationMs: 1_000, listLagMaxMs: 700 });
  expect(restart(stage, { operationMs: 5 }).settings()).toMatchObject({ operationMs: 5, listLagMaxMs: 700 });
});

test.each([{}, { version: 2 }, 'nonsense', null])('worldFromSnapshot() refuses %j', (snapshot) => {
  expect(() => createIdentityCenterModel({ random: seededRandom(1), snapshot })).toThrow(/^snapshot/);
});

test('call() answers the same to the same seed', () => {
  const play = () => {
    const stage = setStage({ operationJitter: 0.5, asyncFailureShare: 0.3, conflictScope: 'none' });
    const ids = Object.values(DEMO_USERS).map(({ id }) => stage.create({ principalId: id }));
    stage.pass(1_300);
    return ids.map((id) => stage.creation(id));
  };
  expect(play()).toEqual(play());
});

test('call() says whether a restart must not forget it', () => {
  const { model, nowMs } = setStage();
  const input = inputOf(assignmentOf());
  const changed = (operation: string) => model.call({ service: 'sso', operation, input }, nowMs()).changed;
  expect(changed('ListPermissionSets')).toBe(false);
  expect(changed('CreateAccountAssignment')).toBe(true);
  expect(changed('ListPermissionSets')).toBe(false);
});
