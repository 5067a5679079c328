import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

type Ended = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

function start(env: Record<string, string>): Promise<Ended> {
  const argv = ['--import', 'tsx', 'reconciler/main.ts'];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

test('the reconciler says all that is wrong with its configuration at once and ends', async () => {
  const ended = await start({
    AWS_REGION: 'us-east-1',
    RECONCILE_MODE: 'sometimes',
    TABLE_REQUESTS: 'x_requests',
    TICK_INTERVAL_MS: 'soon',
    PLUGIN_WEBHOOK_URL: 'http://chat.example.com/webhook?token=hush',
  });
  expect(ended.code).toBe(1);
  for (const name of ['RECONCILE_MODE', 'SSO_INSTANCE_ARN', 'IDENTITY_STORE_ID', 'PERMISSION_SET_ARN'])
    expect(ended.stderr).toContain(name);
  for (const name of ['TABLE_AUDIT', 'TICK_INTERVAL_MS', 'PLUGIN_WEBHOOK_URL', 'CALLBACK_KEYS_FILE'])
    expect(ended.stderr).toContain(name);
  expect(ended.stderr).not.toContain('hush');
  expect(ended.stdout).toBe('');
});
