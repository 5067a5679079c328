// What every strategy of a storm answers, so that they can stand in one table.

export type StormOutcome = {
  /** From the first request until the last assignment was gone or made in AWS, milliseconds of AWS's time. */
  readonly changedMs: number;
  /** Until the last one was also seen so, and said. */
  readonly provedMs: number;
  /** Endings that never happened within the time given. */
  readonly left: number;
  /** Those that had failed when everything had been tried once; what never fails for good has none. */
  readonly leftAtFirst: number;
  readonly calls: ReadonlyMap<string, number>;
};

/** Counts the calls that pass, by operation. */
export function countCalls() {
  const calls = new Map<string, number>();
  return {
    calls,
    count(command: object): void {
      const name = command.constructor.name.replace(/Command$/, '');
      calls.set(name, (calls.get(name) ?? 0) + 1);
    },
  };
}

export function sumCalls(calls: ReadonlyMap<string, number>): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}
