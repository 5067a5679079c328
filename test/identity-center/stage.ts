// The model with the demonstration organisation and a clock of its own, and the few things tests say to it.

import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { createIdentityCenterModel, type Outcome } from '../../local/identity-center/model.ts';
import { serviceOf } from '../../local/identity-center/operation-names.ts';
import type { Assignment, Organisation } from '../../local/identity-center/organisation.ts';
import type { Settings } from '../../local/identity-center/settings.ts';
import { seededRandom } from './seeded-random.ts';

export const START_MS = Date.UTC(2026, 0, 15, 12);

/** Every operation takes exactly a second, and no budget is in the way. */
export const CALM: Partial<Settings> = {
  operationMs: 1_000,
  operationJitter: 0,
  rateBurst: 10_000,
  ratePerSecond: 10_000,
};

export type Stage = ReturnType<typeof setStage>;

/** Ana on JIT-Admin in dev, but for what the test says. */
export function assignmentOf(differences: Partial<Assignment> = {}): Assignment {
  return {
    accountId: DEMO_ACCOUNTS.dev,
    permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
    principalType: 'USER',
    principalId: DEMO_USERS.ana.id,
    ...differences,
  };
}

export function inputOf(assignment: Assignment) {
  return {
    InstanceArn: DEMO_INSTANCE_ARN,
    TargetId: assignment.accountId,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: assignment.permissionSetArn,
    PrincipalType: assignment.principalType,
    PrincipalId: assignment.principalId,
  };
}

export function setStage(settings: Partial<Settings> = {}, organisation: Organisation = DEMO_ORGANISATION) {
  const model = createIdentityCenterModel({
    random: seededRandom(1),
    organisation,
    settings: { ...CALM, ...settings },
  });
  let nowMs = START_MS;
  const call = (operation: string, input: object): Outcome =>
    model.call({ service: serviceOf(operation) ?? 'sso', operation, input }, nowMs).outcome;
  const reply = (operation: string, input: object = {}) => {
    const outcome = call(operation, { InstanceArn: DEMO_INSTANCE_ARN, ...input });
    if (outcome.kind === 'reply') return outcome.output;
    throw new Error(`${operation} was answered ${JSON.stringify(outcome)}`);
  };
  return {
    model,
    pass(durationMs: number) {
      nowMs += durationMs;
    },
    nowMs: () => nowMs,
    call,
    reply,
    /** The name and message of the refusal. */
    refusal(operation: string, input: object = {}): string {
      const outcome = call(operation, { InstanceArn: DEMO_INSTANCE_ARN, ...input });
      return outcome.kind === 'error' ? `${outcome.name}: ${outcome.message}` : outcome.kind;
    },
    /** Begins a creation and gives its request id. */
    create: (differences: Partial<Assignment> = {}) =>
      requestIdOf(reply('CreateAccountAssignment', inputOf(assignmentOf(differences)))),
    delete: (differences: Partial<Assignment> = {}) =>
      requestIdOf(reply('DeleteAccountAssignment', inputOf(assignmentOf(differences)))),
    creation: (requestId: string) =>
      reply('DescribeAccountAssignmentCreationStatus', { AccountAssignmentCreationRequestId: requestId })
        .AccountAssignmentCreationStatus,
    deletion: (requestId: string) =>
      reply('DescribeAccountAssignmentDeletionStatus', { AccountAssignmentDeletionRequestId: requestId })
        .AccountAssignmentDeletionStatus,
    isAssigned: (differences: Partial<Assignment> = {}) => model.isAssigned(assignmentOf(differences), nowMs),
    /** The principals listed in the pair. */
    listed(accountId: string = DEMO_ACCOUNTS.dev, permissionSetArn: string = DEMO_PERMISSION_SETS.jitAdmin) {
      const input = { AccountId: accountId, PermissionSetArn: permissionSetArn };
      return reply('ListAccountAssignments', input).AccountAssignments;
    },
  };
}

function requestIdOf(output: Record<string, unknown>): string {
  for (const status of Object.values(output)) {
    if (typeof status === 'object' && status !== null && 'RequestId' in status)
      return String(status.RequestId);
  }
  throw new Error(`expected a status with a RequestId, got ${JSON.stringify(output)}`);
}
