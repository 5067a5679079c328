// The alerts, end to end: apart from the other tests, because they take minutes and want the machine for themselves.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/alerts/**/*.story.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    globalSetup: ['test/dynamodb-local.global-setup.ts', 'test/build.global-setup.ts'],
    setupFiles: ['test/end-with-runner.setup.ts'],
    hookTimeout: 120_000,
    // Mostly they wait.
    maxWorkers: 2,
  },
});
