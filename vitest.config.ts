import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { createLeftOutReporter } from './test/left-out-reporter.ts';
import { LongestFirst } from './test/longest-first.ts';
import { Needs } from './test/needs.ts';
import { AT_LENGTH, PROCESSES, PURE_AND_AT_LENGTH } from './test/tiers.ts';

// The pinned SDK runs on Node 20; its warning of January 2027 is known. What runs the tests inherits it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const shared: TestProjectInlineConfiguration['test'] = {
  tags: Object.entries(Needs).map(([name, { is }]) => ({ name, description: `needs ${is}` })),
  // Test files share what they import: no test changes a module, and importing the SDK takes longer than most tests.
  isolate: false,
  // Virtual time makes much that is soon forgotten: a hundred histories alone took 9.2 s with more room for it, and 10.4 s without.
  execArgv: ['--max-semi-space-size=64'],
  setupFiles: ['test/end-with-runner.setup.ts'],
  // These only end what hangs, on a machine that is many times slower and busy too.
  testTimeout: 600_000,
  hookTimeout: 600_000,
};

/** Processes mostly wait for each other; what they leave of the cores is for the histories. */
const BESIDE_EACH_OTHER = 5;

export default defineConfig({
  test: {
    // Once for all projects.
    globalSetup: [
      'test/dynamodb-local.global-setup.ts',
      'test/least-privilege/least-privilege.global-setup.ts',
    ],
    reporters: ['default', createLeftOutReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'processes',
          include: [...PROCESSES],
          env: { PATIENCE: '2' },
          globalSetup: ['test/build.global-setup.ts'],
          maxWorkers: BESIDE_EACH_OTHER,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...PROCESSES, ...AT_LENGTH],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...shared,
          name: 'at length',
          include: [...AT_LENGTH, ...PURE_AND_AT_LENGTH],
          env: { PROPERTY_RUNS: '600' },
          // Each of its files hands its work to as many processes as there are cores, which give way to those above.
          maxWorkers: BESIDE_EACH_OTHER,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
