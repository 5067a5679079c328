// A guess, in whole seconds, of how long AWS will take to remove the access of some requests: whoever revokes a person
// in an emergency wants to know whether to wait or to act by other means. Pure.

/** What AWS usually takes for one removal, and what an account's removals take one after the other. */
const REMOVAL_SECONDS = 5;
/** Delete, two looks at the operation, and the list that proves it. */
const CALLS_PER_REMOVAL = 4;
const OUTSTANDING = 10;
/** Until the loop has picked the work up. */
const START_SECONDS = 1;

/**
 * The slowest of three limits: calls a second, operations that may be outstanding, and AWS doing one thing at a time in
 * one account. Other work that is under way is not known here, and comes on top.
 */
export function estimateRemovalSeconds(
  assignments: readonly { readonly accountId: string }[],
  callsPerSecond: number,
): number {
  if (assignments.length === 0) return 0;
  const perAccount = new Map<string, number>();
  for (const { accountId } of assignments) perAccount.set(accountId, (perAccount.get(accountId) ?? 0) + 1);
  const byRate = (assignments.length * CALLS_PER_REMOVAL) / callsPerSecond;
  const byOutstanding = Math.ceil(assignments.length / OUTSTANDING) * REMOVAL_SECONDS;
  const byAccount = Math.max(...perAccount.values()) * REMOVAL_SECONDS;
  return Math.ceil(START_SECONDS + Math.max(byRate, byOutstanding, byAccount));
}
