// Proves that a permission set no longer exists. It must never be led to that by a wrong or empty instance, by an error
// or by half a list: access would be taken for removed.

import { DescribePermissionSetCommand, ListPermissionSetsCommand } from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import type { MonotonicClock } from '../clock.ts';
import type { Priority } from '../priority.ts';
import type { CallBudget } from './call-budget.ts';
import { readPages, readPatiently } from './paced-read.ts';
import { readingAbout } from './reading-about.ts';
import { type Question, SharedQuestions } from './shared-questions.ts';
import { TimedCache } from './timed-cache.ts';

export type ProofCommand = DescribePermissionSetCommand | ListPermissionSetsCommand;

/** True only where it is proven; false says nothing. */
export type PermissionSetGone = (permissionSetArn: string, priority: Priority) => Promise<boolean>;

/**
 * A permission set that is gone never comes back under its ARN, and the proof costs up to 36 calls (3,500 permission
 * sets, 100 a page) that every pair of it would pay anew.
 */
const PROOF_CACHED_MS = 60_000;

export function createPermissionSetGone({
  send,
  instanceArn,
  budget,
  clock,
}: {
  readonly send: (command: ProofCommand) => Promise<unknown>;
  readonly instanceArn: string;
  readonly budget: Pick<CallBudget, 'read' | 'raise'>;
  readonly clock: MonotonicClock;
}): PermissionSetGone {
  const proven = new TimedCache<true>(clock, PROOF_CACHED_MS);
  const questions = new SharedQuestions<boolean>(budget);
  const prove = async (permissionSetArn: string, question: Question): Promise<boolean> => {
    if (!belongsTo(instanceArn, permissionSetArn)) return false;
    const asking = readingAbout(budget, permissionSetArn);
    const described = await readPatiently(asking, question, () =>
      send(
        new DescribePermissionSetCommand({ InstanceArn: instanceArn, PermissionSetArn: permissionSetArn }),
      ),
    );
    if (described.kind === 'reply' || !described.notFound) return false;
    const all = await readPages(
      asking,
      { priority: question.priority },
      (NextToken) =>
        send(new ListPermissionSetsCommand({ InstanceArn: instanceArn, NextToken, MaxResults: 100 })),
      PermissionSetRows,
    );
    return all.kind === 'complete' && all.rows.length > 0 && !all.rows.includes(permissionSetArn);
  };
  return async (permissionSetArn, priority) => {
    if (proven.get(permissionSetArn) === true) return true;
    return questions.ask(`gone#${permissionSetArn}`, priority, async (question) => {
      const isGone = await prove(permissionSetArn, question);
      if (isGone) proven.set(permissionSetArn, true);
      return isGone;
    });
  };
}

const PermissionSetRows = z
  .object({ PermissionSets: z.array(z.string().min(1)) })
  .transform((reply): readonly string[] => reply.PermissionSets);

/**
 * Another instance lists its own permission sets and knows nothing of ours. The ARN tells: `…:instance/<instance>` and
 * `…:permissionSet/<instance>/<permission set>` (service authorization reference, resource types).
 */
function belongsTo(instanceArn: string, permissionSetArn: string): boolean {
  return permissionSetArn.split('/')[1] === instanceArn.split('/')[1];
}
