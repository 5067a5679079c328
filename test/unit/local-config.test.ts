import { describe, expect, test } from 'vitest';
import { isolateFromAws } from '../../local/isolate-from-aws.ts';
import { type LocalConfig, parseLocalConfig, portsOf } from '../../local/local-config.ts';
import { openLocalAws } from '../../local/open-local-aws.ts';

function configOf(env: Record<string, string>): LocalConfig {
  const parsed = parseLocalConfig(env);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.config;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  const parsed = parseLocalConfig(env);
  return parsed.ok ? [] : parsed.problems;
}

describe('parseLocalConfig()', () => {
  test('needs nothing, and enforces at its usual ports without skew', () => {
    const config = configOf({});
    expect(config).toMatchObject({ dynamoDbPort: 8000, identityCenterPort: 8001, webhookPort: 8065 });
    expect(config).toMatchObject({ operationMs: 1000 });
    expect(config.dataDir).toBeUndefined();
    expect(config.app).toMatchObject({
      reconcileMode: 'enforce',
      clockSkewMs: 0,
      logLevel: 'warn',
      awsRegion: 'us-east-1',
      instanceArn: 'arn:aws:sso:::instance/ssoins-1111222233334444',
      identityStoreId: 'd-1234567890',
      api: { host: '127.0.0.1', port: 8080 },
      admin: { host: '127.0.0.1', port: 9090 },
    });
    expect(config.app.scope.permissionSetArns).toHaveLength(2);
    expect(config.app.webhook).toMatchObject({
      url: 'http://127.0.0.1:8065/plugins/com.dgwhited.jit-access/webhook',
      signedPath: '/webhook',
      keyId: 'backend',
    });
  });

  test('takes nothing that names a real organisation from the environment', () => {
    const real = {
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_DYNAMODB: 'https://dynamodb.eu-west-1.amazonaws.com',
      SSO_INSTANCE_ARN: 'arn:aws:sso:::instance/ssoins-9999888877776666',
      IDENTITY_STORE_ID: 'd-9999999999',
      PERMISSION_SET_ARN: 'arn:aws:sso:::permissionSet/ssoins-9999888877776666/ps-9999111122223333',
      TABLE_REQUESTS: 'prod_requests',
      SIGNING_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:999999999999:secret:x',
      RECONCILER_FUNCTION_NAME: 'jit-reconciler',
    };
    expect(configOf(real)).toEqual(configOf({}));
  });

  test('takes the numbers, the mode and the ports that are set', () => {
    const config = configOf({
      RECONCILE_MODE: 'observe',
      REVOKE_WAIT_MS: '0',
      CLOCK_SKEW_MS: '5',
      LOG_LEVEL: 'info',
      LOCAL_OPERATION_MS: '0',
      LOCAL_DATA_DIR: 'kept',
      LOCAL_WEBHOOK_PORT: '9065',
    });
    expect(config).toMatchObject({ operationMs: 0, dataDir: 'kept', webhookPort: 9065 });
    expect(config.app).toMatchObject({
      reconcileMode: 'observe',
      revokeWaitMs: 0,
      clockSkewMs: 5,
      logLevel: 'info',
    });
    expect(config.app.webhook.url).toContain(':9065/');
  });

  test('plays no webhook where a real one is named', () => {
    const config = configOf({
      PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
    });
    expect(config.webhookPort).toBeUndefined();
    expect(config.app.webhook).toMatchObject({ signedPath: '/webhook' });
    expect(portsOf(config)).not.toHaveProperty('LOCAL_WEBHOOK_PORT');
  });

  test('says everything that is wrong at once, each with its variable', () => {
    const problems = problemsOf({
      LOCAL_DYNAMODB_PORT: '0',
      LOCAL_IDENTITY_CENTER_PORT: '99999',
      LOCAL_OPERATION_MS: 'slow',
      API_HOST: '0.0.0.0',
      TICK_INTERVAL_MS: '1',
      PLUGIN_WEBHOOK_URL: 'http://chat.example.com/webhook',
    });
    const variables = problems.map((problem) => problem.split(' ')[0]);
    expect(variables).toEqual([
      'LOCAL_DYNAMODB_PORT',
      'LOCAL_IDENTITY_CENTER_PORT',
      'LOCAL_OPERATION_MS',
      'TICK_INTERVAL_MS',
      'PLUGIN_WEBHOOK_URL',
      'API_HOST',
    ]);
  });

  test.each([
    [{ LOCAL_DYNAMODB_PORT: '8080' }, 'API_PORT and LOCAL_DYNAMODB_PORT are both 8080: expected a port each'],
    [
      { LOCAL_WEBHOOK_PORT: '8001' },
      'LOCAL_IDENTITY_CENTER_PORT and LOCAL_WEBHOOK_PORT are both 8001: expected a port each',
    ],
    [{ API_PORT: '9090' }, 'API_PORT and ADMIN_PORT are both 9090: expected a port each'],
  ])('refuses one port for two parts: %j', (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });
});

test('isolateFromAws() takes AWS_* away and leaves the rest', () => {
  const env: NodeJS.ProcessEnv = { AWS_PROFILE: 'prod', AWS_USE_FIPS_ENDPOINT: 'true', API_PORT: '8080' };
  isolateFromAws(env);
  expect(env).toMatchObject({
    API_PORT: '8080',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  expect(env).not.toHaveProperty('AWS_PROFILE');
  expect(env).not.toHaveProperty('AWS_USE_FIPS_ENDPOINT');
});

test.each([
  'https://sso.us-east-1.amazonaws.com',
  'http://127.0.0.1.example.com',
  'http://10.0.0.1:8001',
  'x',
])('openLocalAws() refuses %s', (elsewhere) => {
  const here = 'http://127.0.0.1:8000';
  expect(() => openLocalAws({ dynamoDb: here, identityCenter: elsewhere })).toThrow('loopback only');
  expect(() => openLocalAws({ dynamoDb: elsewhere, identityCenter: here })).toThrow('loopback only');
});
