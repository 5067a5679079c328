// Which tests belong to which run. `npm test` runs the project 'quick': all that is in neither list below. `npm run
// test:full` runs all three.

/** Real processes and tools, and what measures real time. */
export const PROCESSES: readonly string[] = [
  'test/e2e/!(runbook).test.ts',
  'test/identity-center/aws-command.test.ts',
  'test/deploy/{dashboard-queries,promtool,simulated-alerts,terraform}.test.ts',
];

/** Thousands of histories. Each of these files would use all cores by itself. */
export const AT_LENGTH: readonly string[] = ['test/simulation/{exhaustive,histories-at-length}.test.ts'];

/** Run by `npm test` in few cases, and here again in many. */
export const PURE_AND_AT_LENGTH: readonly string[] = ['test/unit/plan-properties.test.ts'];
