// The first page of the statuses of all operations of one kind: one call, whatever their number.

import {
  ListAccountAssignmentCreationStatusCommand,
  ListAccountAssignmentDeletionStatusCommand,
} from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import type { CallBudget } from './call-budget.ts';
import type { OperationKind, StatusPage } from './operation-words.ts';
import { readOnce } from './paced-read.ts';

export type StatusListCommand =
  | ListAccountAssignmentCreationStatusCommand
  | ListAccountAssignmentDeletionStatusCommand;

export type ListStatusesDeps = {
  /** Must not retry by itself: a repeated call would spend what was not counted. */
  readonly send: (command: StatusListCommand) => Promise<unknown>;
  readonly instanceArn: string;
  readonly budget: Pick<CallBudget, 'read'>;
};

/** AWS's maximum. */
const ROWS_PER_PAGE = 100;

const Rows = z.array(
  z.object({ Status: z.enum(['IN_PROGRESS', 'SUCCEEDED', 'FAILED']), RequestId: z.string() }),
);
const Token = { NextToken: z.string().nullish() };
const Page = z.union([
  z.object({ AccountAssignmentsCreationStatus: Rows, ...Token }).transform(toPage('Creation')),
  z.object({ AccountAssignmentsDeletionStatus: Rows, ...Token }).transform(toPage('Deletion')),
]);

/**
 * One call without another try; undefined where it failed or cannot be understood. Rejects with `CallBudgetClosedError`
 * only. What ends frees a slot and an account, also for a person who waits: so it goes before all that waits.
 */
export async function listStatuses(
  deps: ListStatusesDeps,
  { kind, filtered }: { readonly kind: OperationKind; readonly filtered: boolean },
): Promise<StatusPage | undefined> {
  const input = {
    InstanceArn: deps.instanceArn,
    MaxResults: ROWS_PER_PAGE,
    ...(filtered ? { Filter: { Status: 'IN_PROGRESS' as const } } : {}),
  };
  const command =
    kind === 'CREATE'
      ? new ListAccountAssignmentCreationStatusCommand(input)
      : new ListAccountAssignmentDeletionStatusCommand(input);
  const reply = await readOnce(deps.budget, { priority: 'person', ahead: true }, () => deps.send(command));
  const page = reply.kind === 'reply' ? Page.safeParse(reply.reply).data : undefined;
  return page === undefined ? undefined : { ...page, filtered };
}

function toPage(kind: 'Creation' | 'Deletion') {
  return (reply: Readonly<Record<string, unknown>>) => {
    const rows = reply[`AccountAssignments${kind}Status`] as z.output<typeof Rows>;
    return {
      statuses: new Map(rows.map((row) => [row.RequestId, row.Status])),
      isWhole: !reply.NextToken,
    };
  };
}
