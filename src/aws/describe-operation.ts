// Asks how an operation ended, and says what its reason means. It never takes "not found" for an ending.

import {
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
} from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import type { Priority } from '../priority.ts';
import type { CallBudget } from './call-budget.ts';
import { classifyFailureReason } from './classify-error.ts';
import { explainReply, readOnce } from './paced-read.ts';

export type DescribeOperationCommand =
  | DescribeAccountAssignmentCreationStatusCommand
  | DescribeAccountAssignmentDeletionStatusCommand;

export type OperationAnswer =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly as: 'absent' | 'later' | 'refused'; readonly message: string }
  | { readonly kind: 'not found' }
  /** The question itself failed. */
  | { readonly kind: 'unknown'; readonly why: string };

const Status = z.object({
  Status: z.enum(['IN_PROGRESS', 'SUCCEEDED', 'FAILED']),
  RequestId: z.string(),
  FailureReason: z.string().nullish(),
});
const CreationReply = z
  .object({ AccountAssignmentCreationStatus: Status })
  .transform((reply) => reply.AccountAssignmentCreationStatus);
const DeletionReply = z
  .object({ AccountAssignmentDeletionStatus: Status })
  .transform((reply) => reply.AccountAssignmentDeletionStatus);

/**
 * One call, without another try: `unknown` says nothing, and the next look asks again. "Not found" is said of an
 * operation's first moments too, and after AWS has forgotten it.
 */
export async function describeOperation(
  {
    send,
    instanceArn,
    budget,
  }: {
    readonly send: (command: DescribeOperationCommand) => Promise<unknown>;
    readonly instanceArn: string;
    readonly budget: Pick<CallBudget, 'read'>;
  },
  {
    kind,
    id,
    priority,
  }: { readonly kind: 'CREATE' | 'DELETE'; readonly id: string; readonly priority: Priority },
): Promise<OperationAnswer> {
  const command =
    kind === 'CREATE'
      ? new DescribeAccountAssignmentCreationStatusCommand({
          InstanceArn: instanceArn,
          AccountAssignmentCreationRequestId: id,
        })
      : new DescribeAccountAssignmentDeletionStatusCommand({
          InstanceArn: instanceArn,
          AccountAssignmentDeletionRequestId: id,
        });
  const reply = await readOnce(budget, { priority, ahead: true }, () => send(command));
  if (reply.kind === 'failed') {
    return reply.notFound ? { kind: 'not found' } : { kind: 'unknown', why: reply.why };
  }
  const parsed = (kind === 'CREATE' ? CreationReply : DeletionReply).safeParse(reply.reply);
  if (!parsed.success) return { kind: 'unknown', why: explainReply(parsed.error) };
  return toVerdict(kind, id, parsed.data);
}

function toVerdict(kind: 'CREATE' | 'DELETE', id: string, status: z.output<typeof Status>): OperationAnswer {
  if (status.RequestId !== id) return { kind: 'unknown', why: 'AWS answered with another operation' };
  if (status.Status === 'IN_PROGRESS') return { kind: 'running' };
  if (status.Status === 'SUCCEEDED') return { kind: 'succeeded' };
  return { kind: 'failed', ...classifyFailureReason(kind, status.FailureReason ?? undefined) };
}
