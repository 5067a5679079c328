// Reads IAM Identity Center: who holds what, and how operations ended. It cannot write, and it never takes silence for
// absence: what was not answered in full, or not in the expected shape, is `unreadable`.

import {
  DescribePermissionSetCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListAccountsForProvisionedPermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import { AccountId, PermissionSetArn, PrincipalId, pairId } from '../assignment.ts';
import type { MonotonicClock } from '../clock.ts';
import type { Priority } from '../priority.ts';
import type { CallBudget } from './call-budget.ts';
import {
  type DescribeOperationCommand,
  describeOperation,
  type OperationAnswer,
} from './describe-operation.ts';
import type { OperationFollower } from './operation-follower.ts';
import { type ReadFailure, readPages, readPatiently, unusable } from './paced-read.ts';
import { createPermissionSetGone, type PermissionSetGone, type ProofCommand } from './permission-set-gone.ts';
import { readingAbout } from './reading-about.ts';
import { parseSessionDurationMs } from './session-duration.ts';
import { type Question, SharedQuestions } from './shared-questions.ts';
import { TimedCache } from './timed-cache.ts';

export type ReadCommand =
  | DescribeOperationCommand
  | ListAccountAssignmentsCommand
  | ListAccountAssignmentsForPrincipalCommand
  | ListAccountsForProvisionedPermissionSetCommand
  | ProofCommand;

export type ReadLiveOptions = {
  /** Must not retry by itself: a repeated call would spend what was not counted. */
  readonly send: (command: ReadCommand) => Promise<unknown>;
  readonly instanceArn: string;
  readonly budget: Pick<CallBudget, 'read' | 'raise'>;
  readonly clock: MonotonicClock;
  /** What is known of operations without asking after each. */
  readonly follower?: Pick<OperationFollower, 'wordOn' | 'forget'>;
};

type Pair = { readonly accountId: string; readonly permissionSetArn: string };
type Principal = { readonly principalType: 'USER' | 'GROUP'; readonly principalId: string };
type Unreadable = { readonly kind: 'unreadable'; readonly why: string };

type PairAnswer = { readonly kind: 'listed'; readonly principals: readonly Principal[] } | Unreadable;
type AccountsAnswer =
  | { readonly kind: 'listed'; readonly accountIds: readonly string[]; readonly isGone?: boolean }
  | Unreadable;
type PairsAnswer = { readonly kind: 'listed'; readonly pairs: readonly Pair[] } | Unreadable;

/** All methods reject only with `CallBudgetClosedError`; whatever AWS says or fails to say is a value. */
export type ReadLive = {
  listPair(pair: Pair, priority: Priority): Promise<PairAnswer>;
  /**
   * At most one call, without another try: `unknown` says nothing, and the next look asks again. None where a list told
   * lately that it runs, or ever that it succeeded.
   */
  describeOperation(kind: 'CREATE' | 'DELETE', id: string, priority: Priority): Promise<OperationAnswer>;
  hasEnded(id: string): boolean;
  listAccounts(permissionSetArn: string, priority: Priority): Promise<AccountsAnswer>;
  listPairsOfPrincipal(principalId: string, priority: Priority): Promise<PairsAnswer>;
  sessionDurationMs(permissionSetArn: string, priority: Priority): Promise<number>;
};

/** AWS's maximum (user guide, permission set session duration): the promise that is true whatever is configured. */
const SESSION_MS_MAX = 12 * 3_600_000;

/** Session durations change rarely, and only tell people how long what is open may last. */
const SESSION_CACHED_MS = 600_000;

/** AWS's maximum. */
const ROWS_PER_PAGE = 100;

export function createReadLive({ send, instanceArn, budget, clock, follower }: ReadLiveOptions): ReadLive {
  const deps: Deps = {
    follower,
    send,
    instanceArn,
    budget,
    isGone: createPermissionSetGone({ send, instanceArn, budget, clock }),
  };
  /** Whoever waits for a question can see in the queue that it has not had its turn yet. */
  const about = (what: string): Deps => ({ ...deps, budget: readingAbout(budget, what) });
  const pairs = new SharedQuestions<PairAnswer>(budget);
  const sessions = new SharedQuestions<number>(budget);
  const sessionCache = new TimedCache<number>(clock, SESSION_CACHED_MS);
  return {
    listPair: (pair, priority) =>
      pairs.ask(pairId(pair), priority, (question) => listPair(about(pairId(pair)), pair, question)),
    describeOperation: (kind, id, priority) => askAfter(about(id), { kind, id, priority }),
    hasEnded: (id) => (follower?.wordOn(id) ?? 'running') !== 'running',
    listAccounts: (permissionSetArn, priority) =>
      listAccounts(about(permissionSetArn), permissionSetArn, { priority }),
    listPairsOfPrincipal: (principalId, priority) =>
      listPairsOfPrincipal(about(principalId), principalId, priority),
    async sessionDurationMs(permissionSetArn, priority) {
      const cached = sessionCache.get(permissionSetArn);
      if (cached !== undefined) return cached;
      return sessions.ask(`session#${permissionSetArn}`, priority, async (question) => {
        const durationMs = await readSessionDurationMs(about(permissionSetArn), permissionSetArn, question);
        if (durationMs !== undefined) sessionCache.set(permissionSetArn, durationMs);
        return durationMs ?? SESSION_MS_MAX;
      });
    },
  };
}

type Deps = Pick<ReadLiveOptions, 'send' | 'instanceArn'> & {
  readonly budget: Pick<CallBudget, 'read'>;
  readonly follower: ReadLiveOptions['follower'] | undefined;
  readonly isGone: PermissionSetGone;
};

async function askAfter(
  { follower, ...deps }: Deps,
  operation: { readonly kind: 'CREATE' | 'DELETE'; readonly id: string; readonly priority: Priority },
): Promise<OperationAnswer> {
  const word = follower?.wordOn(operation.id);
  if (word === 'running' || word === 'succeeded') return { kind: word };
  follower?.forget(operation.id);
  return describeOperation(deps, operation);
}

const PairRows = z
  .object({
    AccountAssignments: z.array(
      z.object({
        AccountId: z.string(),
        PermissionSetArn: z.string(),
        PrincipalType: z.enum(['USER', 'GROUP']),
        PrincipalId,
      }),
    ),
  })
  .transform((reply) => reply.AccountAssignments);

async function listPair(deps: Deps, pair: Pair, question: Question): Promise<PairAnswer> {
  const input = {
    InstanceArn: deps.instanceArn,
    AccountId: pair.accountId,
    PermissionSetArn: pair.permissionSetArn,
    MaxResults: ROWS_PER_PAGE,
  };
  const list = await readPages(
    deps.budget,
    question,
    (NextToken) => deps.send(new ListAccountAssignmentsCommand({ ...input, NextToken })),
    PairRows,
  );
  if (list.kind === 'complete') return principalsOf(pair, list.rows);
  if (!list.notFound) return unreadable(list);
  return explainPairNotFound(deps, pair, { failure: list, priority: question.priority });
}

/** A row of another pair, or of a type that we do not know, means that we do not understand this list at all. */
function principalsOf(pair: Pair, rows: Readonly<z.output<typeof PairRows>>): PairAnswer {
  const isOther = (row: (typeof rows)[number]) =>
    row.AccountId !== pair.accountId || row.PermissionSetArn !== pair.permissionSetArn;
  if (rows.some(isOther)) return unreadable(unusable('unexpected reply: a row of another pair'));
  const principals = rows.map((row) => ({ principalType: row.PrincipalType, principalId: row.PrincipalId }));
  return { kind: 'listed', principals: distinct(principals, principalKey) };
}

/**
 * A wrong instance and a lost account both say "not found". Nobody holds the pair only where the permission set is
 * proven gone, or where the complete list of the accounts that have it is without the account.
 */
async function explainPairNotFound(
  deps: Deps,
  pair: Pair,
  { failure, priority }: { failure: ReadFailure; priority: Priority },
): Promise<PairAnswer> {
  const accounts = await listAccounts(deps, pair.permissionSetArn, { priority });
  if (accounts.kind === 'listed' && !accounts.accountIds.includes(pair.accountId)) {
    return { kind: 'listed', principals: [] };
  }
  return unreadable(failure);
}

const AccountRows = z
  .object({ AccountIds: z.array(AccountId) })
  .transform((reply): readonly string[] => reply.AccountIds);

/** A permission set that is proven gone has no accounts. */
async function listAccounts(
  deps: Deps,
  permissionSetArn: string,
  { priority }: { priority: Priority },
): Promise<AccountsAnswer> {
  const input = {
    InstanceArn: deps.instanceArn,
    PermissionSetArn: permissionSetArn,
    MaxResults: ROWS_PER_PAGE,
  };
  const list = await readPages(
    deps.budget,
    { priority },
    (NextToken) => deps.send(new ListAccountsForProvisionedPermissionSetCommand({ ...input, NextToken })),
    AccountRows,
  );
  if (list.kind === 'complete') return { kind: 'listed', accountIds: [...new Set(list.rows)] };
  const isGone = list.notFound && (await deps.isGone(permissionSetArn, priority));
  return isGone ? { kind: 'listed', accountIds: [], isGone } : unreadable(list);
}

const PrincipalRows = z
  .object({
    AccountAssignments: z.array(
      z.object({ AccountId, PermissionSetArn, PrincipalType: z.string(), PrincipalId: z.string() }),
    ),
  })
  .transform((reply) => reply.AccountAssignments);

/** Whether AWS adds what a user holds through groups is unverified: such rows name the group, and are left out. */
async function listPairsOfPrincipal(
  deps: Deps,
  principalId: string,
  priority: Priority,
): Promise<PairsAnswer> {
  const input = {
    InstanceArn: deps.instanceArn,
    PrincipalId: principalId,
    PrincipalType: 'USER',
    MaxResults: ROWS_PER_PAGE,
  } as const;
  const list = await readPages(
    deps.budget,
    { priority },
    (NextToken) => deps.send(new ListAccountAssignmentsForPrincipalCommand({ ...input, NextToken })),
    PrincipalRows,
  );
  if (list.kind === 'failed') return unreadable(list);
  const pairs = list.rows
    .filter((row) => row.PrincipalType === 'USER' && row.PrincipalId === principalId)
    .map((row) => ({ accountId: row.AccountId, permissionSetArn: row.PermissionSetArn }));
  return { kind: 'listed', pairs: distinct(pairs, pairId) };
}

const SessionReply = z
  .object({ PermissionSet: z.object({ SessionDuration: z.string() }) })
  .transform((reply) => parseSessionDurationMs(reply.PermissionSet.SessionDuration));

async function readSessionDurationMs(
  { send, instanceArn, budget }: Deps,
  permissionSetArn: string,
  question: Question,
): Promise<number | undefined> {
  const reply = await readPatiently(budget, question, () =>
    send(new DescribePermissionSetCommand({ InstanceArn: instanceArn, PermissionSetArn: permissionSetArn })),
  );
  return reply.kind === 'reply' ? SessionReply.safeParse(reply.reply).data : undefined;
}

function principalKey({ principalType, principalId }: Principal): string {
  return `${principalType}#${principalId}`;
}

/** A row may come on two pages when the list changes in between. */
function distinct<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

function unreadable({ why }: ReadFailure): Unreadable {
  return { kind: 'unreadable', why };
}
