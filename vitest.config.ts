import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The pinned SDK runs on Node 20; its warning of January 2027 is known.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    globalSetup: [
      'test/dynamodb-local.global-setup.ts',
      'test/least-privilege/least-privilege.global-setup.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
