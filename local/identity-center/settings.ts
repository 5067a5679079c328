// How AWS behaves today: every fact about Identity Center that is configurable, or that nobody has shown, is a
// setting with both answers. Settings hold no state; faults aimed at single calls are in `fault-rule.ts`.

import { z } from 'zod';
import { InvalidInputError, parseOrExplain } from './parse-or-explain.ts';

/** A list never lags further than this, so that older history can be dropped. */
export const LIST_LAG_MAX_MS = 600_000;

const durationMs = z.number().min(0).max(31_536_000_000);
const lagMs = z.number().min(0).max(LIST_LAG_MAX_MS);
const perSecond = z.number().positive().max(1_000_000);
const share = z.number().min(0).max(1);
const count = z.number().int().min(0).max(1_000_000);

/** One key for each thing that can differ. The comments say what AWS documents and what is unverified. */
export const settingsSchema = z.strictObject({
  /** Calls a second of all `sso-admin` APIs together (quota page, IAM Identity Center user guide: 20). */
  ratePerSecond: perSecond,
  /** Identity Store has a budget of its own (quota page: 20). */
  identityStoreRatePerSecond: perSecond,
  /** Calls that may come at once before the rate applies. */
  rateBurst: z.number().min(1).max(1_000_000),
  /** What Terraform, the console and others take of the shared budget, calls a second. */
  otherToolsRatePerSecond: z.number().min(0).max(1_000_000),
  /** Outstanding async calls (quota page: 15; older copies: 10). */
  outstandingMax: z.number().int().min(1).max(1_000_000),
  /** Unverified: whether Delete counts as outstanding. */
  outstandingCountsDelete: z.boolean(),
  /** Unverified: whether ProvisionPermissionSet counts as outstanding. */
  outstandingCountsProvision: z.boolean(),
  /** Operations other tools keep in flight; they count as outstanding. */
  otherToolsOutstanding: count,

  /** How long an async operation takes, ± `operationJitter` of it. */
  operationMs: durationMs,
  operationJitter: share,
  /** Share of operations that take `operationTailMs` instead. */
  operationTailShare: share,
  operationTailMs: durationMs,
  /** Share of operations answered SUCCEEDED at once. */
  synchronousShare: share,
  /** Share of operations that end with "An unexpected internal service exception was encountered". */
  asyncFailureShare: share,

  /** Unverified: what an operation in flight conflicts with. */
  conflictScope: z.enum(['tuple', 'permission-set-in-account', 'account', 'none']),
  /** A finished operation goes on conflicting this long. */
  conflictLingersMs: durationMs,
  /** An operation on a suspended account hangs this long, then fails with "takes longer than usual". */
  suspendedOperationMs: durationMs,
  /** Whether a suspended account conflicts for ever after its first operation. */
  suspendedConflictsForEver: z.boolean(),

  /** Unverified: how a second Create of the same assignment ends. */
  duplicateCreate: z.enum(['succeeds', 'fails']),
  /** Whether Delete of a deleted user's assignment fails or removes the row. */
  deletedPrincipalDelete: z.enum(['fails', 'succeeds']),
  /** Whether the rows of a deleted user stay in the lists. */
  deletedUserRows: z.enum(['linger', 'vanish']),
  /** Unverified: how Create for a DISABLED user ends. */
  disabledUserCreate: z.enum(['succeeds', 'fails']),

  /** Lists lag behind writes by a random time between these two. */
  listLagMinMs: lagMs,
  listLagMaxMs: lagMs,
  /** Unverified: Describe…Status says not found this long after the call. */
  describeNotFoundForMs: durationMs,
  /** Unverified: in which order the lists of statuses come. */
  statusListOrder: z.enum(['oldest-first', 'newest-first']),
  /** Unverified: how long a status can be read; null is for ever. */
  statusRetentionMs: durationMs.nullable(),
  /** Rows of a page at most, whatever MaxResults says (documented: 1–100). */
  pageRowsMax: z.number().int().min(1).max(100),
  /** Share of pages that hold fewer rows than they could. */
  shortPageShare: share,
  /** Share of pages that hold none, and a NextToken. Below 1, or no list would end. */
  emptyPageShare: z.number().min(0).max(0.9),
  /**
   * Lists of who holds what that are answered with 200, whole, and without a row, whatever is there: those of this
   * account, of this permission set, of both together, or of all; null for none.
   */
  emptyLists: z
    .strictObject({ accountId: z.string().optional(), permissionSetArn: z.string().optional() })
    .nullable(),
  /** Whether the last page omits NextToken or carries an empty one. */
  lastPageToken: z.enum(['absent', 'empty']),
  /** Unverified: whether ListAccountAssignmentsForPrincipal adds the rows of the user's groups. */
  forPrincipalIncludesGroupRows: z.boolean(),
  /** Unverified: ListAccountAssignments of an account where the permission set is not provisioned. */
  unprovisionedList: z.enum(['empty', 'not-found']),
  /** Unverified: whether an account stays listed as provisioned after its last assignment went. */
  provisionedAfterLastDelete: z.enum(['stays', 'leaves']),

  /** Delegated administrators are refused in the management account, and for permission sets assigned there. */
  calledFrom: z.enum(['management-account', 'delegated-administrator']),
  /** Unverified: how a call with an unknown instance is refused. */
  wrongInstance: z.enum(['ResourceNotFoundException', 'AccessDeniedException']),
  /** Unverified: whether user names and e-mails are looked up by exact case. */
  directoryLookup: z.enum(['exact', 'case-insensitive']),
  /** Permission sets provisioned in one account (limits page: 500). */
  permissionSetsPerAccountMax: count,

  /** Every answer takes a random time between these two to arrive. */
  answerMinMs: durationMs,
  answerMaxMs: durationMs,
});

export type Settings = z.infer<typeof settingsSchema>;

/** The documented numbers, and for what is unverified the answer that is harder on a client. */
export const DEFAULT_SETTINGS: Settings = {
  ratePerSecond: 20,
  identityStoreRatePerSecond: 20,
  rateBurst: 20,
  otherToolsRatePerSecond: 0,
  outstandingMax: 15,
  outstandingCountsDelete: true,
  outstandingCountsProvision: false,
  otherToolsOutstanding: 0,
  operationMs: 2_000,
  operationJitter: 0.5,
  operationTailShare: 0,
  operationTailMs: 30_000,
  synchronousShare: 0,
  asyncFailureShare: 0,
  conflictScope: 'account',
  conflictLingersMs: 0,
  suspendedOperationMs: 300_000,
  suspendedConflictsForEver: true,
  duplicateCreate: 'succeeds',
  deletedPrincipalDelete: 'fails',
  deletedUserRows: 'linger',
  disabledUserCreate: 'succeeds',
  listLagMinMs: 0,
  listLagMaxMs: 0,
  describeNotFoundForMs: 0,
  statusListOrder: 'oldest-first',
  statusRetentionMs: 86_400_000,
  pageRowsMax: 100,
  shortPageShare: 0,
  emptyPageShare: 0,
  emptyLists: null,
  lastPageToken: 'absent',
  forPrincipalIncludesGroupRows: true,
  unprovisionedList: 'empty',
  provisionedAfterLastDelete: 'stays',
  calledFrom: 'management-account',
  wrongInstance: 'ResourceNotFoundException',
  directoryLookup: 'exact',
  permissionSetsPerAccountMax: 500,
  answerMinMs: 0,
  answerMaxMs: 0,
};

const patchSchema = settingsSchema.partial();

/** `current` with the fields of `patch`; throws `InvalidInputError` naming each bad field. */
export function applySettings(current: Settings, patch: unknown): Settings {
  const changes = parseOrExplain(patchSchema, patch, 'settings');
  const merged = settingsSchema.parse({ ...current, ...changes });
  assertOrdered('listLagMinMs', merged.listLagMinMs, 'listLagMaxMs', merged.listLagMaxMs);
  assertOrdered('answerMinMs', merged.answerMinMs, 'answerMaxMs', merged.answerMaxMs);
  return merged;
}

function assertOrdered(lowName: string, low: number, highName: string, high: number): void {
  if (low <= high) return;
  throw new InvalidInputError(`settings.${lowName}: expected at most ${highName} (${high}), got ${low}`);
}
