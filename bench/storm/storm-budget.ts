// How much of AWS the controller may use, and the least time in which it could then be done.

export type StormBudget = { readonly ratePerSecond: number; readonly outstandingMax: number };

/** As configured by default: it leaves room for the organisation's other tools. */
export const DEFAULT_BUDGET: StormBudget = { ratePerSecond: 15, outstandingMax: 10 };

/**
 * Each operation is one call and each account-and-set pair must be listed once, at so many calls a second; and each
 * operation takes its time in one of so many places. Nobody can be faster than the slower of the two. Milliseconds.
 */
export function floorMs(
  work: { readonly operations: number; readonly pairs: number; readonly meanOperationMs: number },
  { ratePerSecond, outstandingMax }: StormBudget,
): number {
  const callsMs = ((work.operations + work.pairs) / ratePerSecond) * 1000;
  const placesMs = (work.operations * work.meanOperationMs) / outstandingMax;
  return Math.max(callsMs, placesMs);
}
