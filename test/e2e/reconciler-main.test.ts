import { execFile } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { built } from '../built.ts';
import { freePort } from '../free-port.ts';
import { needsTables, uniqueTableNames } from '../test-tables.ts';

type Ended = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

function start(env: Record<string, string>): Promise<Ended> {
  const argv = [built('reconciler/main.ts')];
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

test('the reconciler names every table that is missing and ends', needsTables(), async () => {
  const instance = 'ssoins-1111222233334444';
  const tables = uniqueTableNames();
  const names = Object.entries(tables).map(([table, name]) => [`TABLE_${table.toUpperCase()}`, name]);
  const ended = await start({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: inject('dynamoDbEndpoint'),
    SSO_INSTANCE_ARN: `arn:aws:sso:::instance/${instance}`,
    IDENTITY_STORE_ID: 'd-1234567890',
    PERMISSION_SET_ARN: `arn:aws:sso:::permissionSet/${instance}/ps-aaaa111122223333`,
    RECONCILE_MODE: 'observe',
    PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
    CALLBACK_KEYS_FILE: '/nowhere/callback',
    ADMIN_PORT: String(await freePort()),
    ...Object.fromEntries(names),
  });
  expect(ended.code).toBe(1);
  for (const name of Object.values(tables)) expect(ended.stdout).toContain(`Table ${name} does not exist.`);
});
