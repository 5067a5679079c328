// The only file that changes access in IAM Identity Center. It decides nothing and waits for nothing: the caller has
// claimed the change and holds a slot of the call budget.

import { CreateAccountAssignmentCommand, DeleteAccountAssignmentCommand } from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import type { Assignment } from '../assignment.ts';
import { type ClassifiedError, classifyError } from './classify-error.ts';

export type WriteCommand = CreateAccountAssignmentCommand | DeleteAccountAssignmentCommand;

/** `accepted` proves nothing yet: the operation runs on under `id`, and Describe tells how it ends. */
export type WriteOutcome =
  | { readonly kind: 'accepted'; readonly id: string }
  | {
      readonly kind: 'failed';
      readonly failure: Pick<ClassifiedError, 'kind' | 'message'>;
      readonly throttled?: NonNullable<ClassifiedError['throttled']>;
    };

export type WriteLive = {
  createAssignment(assignment: Assignment): Promise<WriteOutcome>;
  deleteAssignment(assignment: Assignment): Promise<WriteOutcome>;
};

// A synchronous SUCCEEDED or FAILED has an id as well: it is accepted like the others, so that there is one way to a
// verdict.
const Operation = z.object({ RequestId: z.string().min(1) });
const Created = z.object({ AccountAssignmentCreationStatus: Operation });
const Deleted = z.object({ AccountAssignmentDeletionStatus: Operation });

/** Writes through `send`, which must not retry by itself: a repeated call would spend what was not counted. */
export function createWriteLive({
  send,
  instanceArn,
}: {
  readonly send: (command: WriteCommand) => Promise<unknown>;
  readonly instanceArn: string;
}): WriteLive {
  return {
    createAssignment: (assignment) =>
      write(async () => {
        const reply = await send(new CreateAccountAssignmentCommand(toInput(instanceArn, assignment)));
        return Created.safeParse(reply).data?.AccountAssignmentCreationStatus.RequestId;
      }),
    deleteAssignment: (assignment) =>
      write(async () => {
        const reply = await send(new DeleteAccountAssignmentCommand(toInput(instanceArn, assignment)));
        return Deleted.safeParse(reply).data?.AccountAssignmentDeletionStatus.RequestId;
      }),
  };
}

/** `call` answers the operation's id, or undefined where the reply has none: then nobody can follow it. */
async function write(call: () => Promise<string | undefined>): Promise<WriteOutcome> {
  try {
    const id = await call();
    if (id !== undefined) return { kind: 'accepted', id };
    return { kind: 'failed', failure: { kind: 'lost', message: 'AWS answered without a RequestId' } };
  } catch (error) {
    const { throttled, ...failure } = classifyError(error);
    return { kind: 'failed', failure, ...(throttled === undefined ? {} : { throttled }) };
  }
}

function toInput(instanceArn: string, { accountId, permissionSetArn, principalId }: Assignment) {
  return {
    InstanceArn: instanceArn,
    TargetType: 'AWS_ACCOUNT',
    TargetId: accountId,
    PermissionSetArn: permissionSetArn,
    PrincipalType: 'USER',
    PrincipalId: principalId,
  } as const;
}
