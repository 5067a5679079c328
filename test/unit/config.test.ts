import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Config,
  describeConfig,
  type ParsedConfig,
  parseApiConfig,
  parseConfig,
  parseReconcilerConfig,
} from '../../src/config.ts';
import { AllSettings } from '../../src/settings.ts';

const INSTANCE = 'ssoins-1111222233334444';
const ADMIN = `arn:aws:sso:::permissionSet/${INSTANCE}/ps-aaaa111122223333`;
const READ_ONLY = `arn:aws:sso:::permissionSet/${INSTANCE}/ps-bbbb111122223333`;
const ELSEWHERE = 'arn:aws:sso:::permissionSet/ssoins-9999888877776666/ps-aaaa111122223333';
const ANA = '11111111-1111-4111-8111-111111111111';

const common = {
  AWS_REGION: 'eu-central-1',
  SSO_INSTANCE_ARN: `arn:aws:sso:::instance/${INSTANCE}`,
  IDENTITY_STORE_ID: 'd-1234567890',
  PERMISSION_SET_ARN: ADMIN,
  RECONCILE_MODE: 'enforce',
};
const api = { SIGNING_KEYS: '{"plugin": "hunter2"}' };
const reconciler = {
  CALLBACK_KEYS: '{"backend": "hunter3"}',
  PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
};
const canary = {
  MANAGED_PERMISSION_SET_ARNS: `${ADMIN},${READ_ONLY}`,
  CANARY_ACCOUNT_ID: '111111111111',
  CANARY_PERMISSION_SET_ARN: READ_ONLY,
  CANARY_PRINCIPAL_ID: ANA,
};
const whole = { ...common, ...api, ...reconciler };

function configOf<C>(parsed: ParsedConfig<C>): C {
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.config;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  const parsed = parseConfig({ ...whole, ...env });
  return parsed.ok ? [] : parsed.problems;
}

test('parseConfig() fills in every default', () => {
  expect(configOf(parseConfig(whole))).toEqual({
    awsRegion: 'eu-central-1',
    tables: {
      requests: 'jit_requests',
      audit: 'jit_audit',
      config: 'jit_config',
      nonces: 'jit_nonces',
      assignments: 'jit_assignments',
      outbox: 'jit_outbox',
      control: 'jit_control',
    },
    instanceArn: common.SSO_INSTANCE_ARN,
    identityStoreId: 'd-1234567890',
    defaultPermissionSetArn: ADMIN,
    scope: { permissionSetArns: [ADMIN], excludedAccountIds: [], protectedPrincipalIds: [] },
    reconcileMode: 'enforce',
    maxRequestHours: 12,
    pendingTtlHours: 24,
    clockSkewMs: 30_000,
    identityCenterRate: 15,
    admin: { host: '127.0.0.1', port: 9090 },
    logLevel: 'info',
    pluginKeys: { from: 'literal', text: api.SIGNING_KEYS },
    api: { host: '127.0.0.1', port: 8080 },
    apiBasePath: '',
    revokeWaitMs: 8000,
    callbackKeys: { from: 'literal', text: reconciler.CALLBACK_KEYS },
    webhook: { url: reconciler.PLUGIN_WEBHOOK_URL, keyId: 'backend', signedPath: '/webhook' },
    tickIntervalMs: 5000,
    sweepIntervalMs: 60_000,
    orphanGraceMs: 60_000,
    orphanBrakeCount: 5,
    orphanBrakeShare: 0.1,
    identityCenterOutstandingMax: 10,
    sweepRateShare: 0.3,
    leaseDurationMs: 15_000,
  } satisfies Config);
});

test('parseConfig() takes empty variables for unset, and ignores unknown ones and STEP_FUNCTION_ARN', () => {
  const empty = Object.fromEntries(Object.keys(AllSettings.shape).map((name) => [name, '']));
  const noise = { HOME: '/root', TABLE_OTHER: 'x', STEP_FUNCTION_ARN: 'anything', API_PROT: 'x' };
  expect(parseConfig({ ...empty, ...whole, ...noise })).toEqual(parseConfig(whole));
});

test('parseConfig() reports every problem at once, each variable once', () => {
  const parsed = parseConfig({
    RECONCILE_MODE: 'yes',
    TICK_INTERVAL_MS: 'often',
    TABLE_AUDIT: 'a_audit',
    PLUGIN_WEBHOOK_URL: 'http://chat.example.com/webhook',
    API_PORT: '9090',
    OPS_KEYS: 'hunter2',
  });
  expect(parsed.ok ? [] : parsed.problems).toEqual([
    'RECONCILE_MODE is "yes": expected one of observe, enforce',
    'TICK_INTERVAL_MS is "often": expected whole milliseconds from 100 to 60000',
    expect.stringMatching(/^AWS_REGION is not set: expected /),
    expect.stringMatching(/^SSO_INSTANCE_ARN is not set: expected /),
    expect.stringMatching(/^IDENTITY_STORE_ID is not set: expected /),
    expect.stringMatching(/^PERMISSION_SET_ARN is not set: expected /),
    expect.stringMatching(/^TABLE_REQUESTS, TABLE_CONFIG, .* not set: expected all seven/),
    'none of SIGNING_KEYS, SIGNING_KEYS_FILE, SIGNING_SECRET_ARN is set: expected one of them',
    'OPS_KEYS is (hidden): expected a JSON object {"id": "secret"}',
    'API_PORT and ADMIN_PORT are both 9090: expected a port each',
    'PLUGIN_WEBHOOK_URL is http://chat.example.com/webhook: expected https, except on loopback',
    'none of CALLBACK_KEYS, CALLBACK_KEYS_FILE, CALLBACK_SIGNING_SECRET_ARN is set: expected one of them',
  ]);
});

test('parseConfig() requires RECONCILE_MODE and has no default for it', () => {
  const { RECONCILE_MODE: _, ...without } = whole;
  expect(parseConfig(without)).toMatchObject({
    ok: false,
    problems: [expect.stringMatching(/^RECONCILE_MODE is not set: expected observe or enforce/)],
  });
});

describe('parseConfig() refuses', () => {
  test.each([
    ['AWS_REGION', 'Frankfurt'],
    ['SSO_INSTANCE_ARN', 'arn:aws:sso:::instance/ssoins-1'],
    ['IDENTITY_STORE_ID', '1234567890'],
    ['PERMISSION_SET_ARN', 'ps-aaaa111122223333'],
    ['MANAGED_PERMISSION_SET_ARNS', `${ADMIN};${READ_ONLY}`],
    ['MANAGED_PERMISSION_SET_ARNS', ','],
    ['MANAGED_ACCOUNT_IDS', '111111111111,'],
    ['MANAGED_ACCOUNT_IDS', '11111111111'],
    ['EXCLUDED_ACCOUNT_IDS', ' '],
    ['PROTECTED_PRINCIPAL_IDS', 'ana@example.com'],
    ['RECONCILE_MODE', 'Enforce'],
    ['LOG_LEVEL', 'verbose'],
    ['MAX_REQUEST_HOURS', '0'],
    ['MAX_REQUEST_HOURS', '169'],
    ['MAX_REQUEST_HOURS', '1.5'],
    ['PENDING_TTL_HOURS', '-1'],
    ['CLOCK_SKEW_MS', '300001'],
    ['CLOCK_SKEW_MS', '1e3'],
    ['CLOCK_SKEW_MS', '0x10'],
    ['CLOCK_SKEW_MS', ' 5'],
    ['IDENTITY_CENTER_RATE', '0'],
    ['IDENTITY_CENTER_RATE', '21'],
    ['IDENTITY_CENTER_RATE', 'NaN'],
    ['IDENTITY_CENTER_OUTSTANDING_MAX', '2'],
    ['IDENTITY_CENTER_OUTSTANDING_MAX', '16'],
    ['SWEEP_RATE_SHARE', '0'],
    ['SWEEP_RATE_SHARE', '1'],
    ['ORPHAN_BRAKE_SHARE', '1.01'],
    ['ORPHAN_BRAKE_SHARE', '10%'],
    ['ORPHAN_BRAKE_SHARE', '.1'],
    ['ORPHAN_BRAKE_COUNT', '-1'],
    ['ORPHAN_GRACE_MS', '0'],
    ['REVOKE_WAIT_MS', '9001'],
    ['API_PORT', '65536'],
    ['API_PORT', 'http'],
    ['API_HOST', 'http://localhost'],
    ['API_BASE_PATH', '/'],
    ['API_BASE_PATH', 'jit'],
    ['API_BASE_PATH', '/jit/'],
    ['API_BASE_PATH', '/a/../b'],
    ['API_BASE_PATH', '/a?b'],
    ['RECONCILER_FUNCTION_NAME', 'a b'],
    ['PLUGIN_WEBHOOK_KEY_ID', 'two words'],
    ['PLUGIN_WEBHOOK_SIGNED_PATH', 'webhook'],
    ['PLUGIN_WEBHOOK_SIGNED_PATH', '/webhook?a'],
  ])('%s=%j, naming it, its value and what was expected', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^\w+ is ".*": expected .+/);
    expect(problems[0]).toContain(`${name} is ${JSON.stringify(value)}`);
  });

  test.each([
    [
      'a default set that is not managed',
      { MANAGED_PERMISSION_SET_ARNS: READ_ONLY },
      /MANAGED_PERMISSION_SET_ARNS$/,
    ],
    [
      'a default set of another instance',
      { PERMISSION_SET_ARN: ELSEWHERE },
      /^PERMISSION_SET_ARN .*SSO_INSTANCE_ARN/,
    ],
    [
      'a managed set of another instance',
      { MANAGED_PERMISSION_SET_ARNS: `${ADMIN},${ELSEWHERE}` },
      /^MANAGED_PERMISSION_SET_ARNS .*SSO_INSTANCE_ARN/,
    ],
    [
      'an account both managed and excluded',
      { MANAGED_ACCOUNT_IDS: '111111111111,222222222222', EXCLUDED_ACCOUNT_IDS: '222222222222' },
      /^EXCLUDED_ACCOUNT_IDS has 222222222222/,
    ],
    [
      'a lease shorter than three ticks',
      { LEASE_DURATION_MS: '14999' },
      /^LEASE_DURATION_MS is 14999: .*15000/,
    ],
    ['a tick that the lease cannot bear', { TICK_INTERVAL_MS: '5001' }, /^LEASE_DURATION_MS/],
    [
      'a sweep shorter than a tick',
      { SWEEP_INTERVAL_MS: '2000' },
      /^SWEEP_INTERVAL_MS is 2000: expected at least TICK_INTERVAL_MS, 5000/,
    ],
    [
      'a canary without its user',
      { CANARY_ACCOUNT_ID: '111111111111', CANARY_PERMISSION_SET_ARN: READ_ONLY },
      /^CANARY_PRINCIPAL_ID is not set: expected the Identity Store id of a user/,
    ],
    [
      'a canary with what people ask for',
      { ...canary, CANARY_PERMISSION_SET_ARN: ADMIN },
      /^CANARY_PERMISSION_SET_ARN is ".*ps-aaaa111122223333", which is PERMISSION_SET_ARN: expected one that gives no rights/,
    ],
    [
      'a canary out of scope',
      { ...canary, MANAGED_PERMISSION_SET_ARNS: ADMIN },
      /^CANARY_ settings name .* but the permission set is not managed: expected what this system manages/,
    ],
    [
      'a canary whose user is protected',
      { ...canary, PROTECTED_PRINCIPAL_IDS: ANA },
      /^CANARY_ settings name .* but the user is protected/,
    ],
    [
      'one table name of seven',
      { TABLE_CONTROL: 'a_control' },
      /TABLE_REQUESTS, .* not set: expected all seven/,
    ],
  ])('%s', (_what, env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('parseConfig() with a canary', () => {
  test('reads it whole, with an hour between runs', () => {
    expect(configOf(parseReconcilerConfig({ ...whole, ...canary })).canary).toEqual({
      assignment: { accountId: '111111111111', permissionSetArn: READ_ONLY, principalId: ANA },
      intervalMs: 3_600_000,
    });
  });

  test('has none where nothing is set', () => {
    expect(configOf(parseReconcilerConfig(whole)).canary).toBeUndefined();
  });

  test('refuses an interval alone, naming what is missing', () => {
    expect(problemsOf({ CANARY_INTERVAL_MINUTES: '30' })).toEqual([
      expect.stringMatching(/^CANARY_ACCOUNT_ID/),
      expect.stringMatching(/^CANARY_PERMISSION_SET_ARN/),
      expect.stringMatching(/^CANARY_PRINCIPAL_ID/),
    ]);
  });
});

describe('parseConfig() with table names', () => {
  const seven = {
    TABLE_REQUESTS: 'a_requests',
    TABLE_AUDIT: 'a_audit',
    TABLE_CONFIG: 'a_config',
    TABLE_NONCES: 'a_nonces',
    TABLE_ASSIGNMENTS: 'a_assignments',
    TABLE_OUTBOX: 'a_outbox',
    TABLE_CONTROL: 'a_control',
  };

  test('takes all seven', () => {
    const { tables } = configOf(parseConfig({ ...whole, ...seven }));
    expect(tables).toMatchObject({ requests: 'a_requests', control: 'a_control' });
  });

  test.each(Object.keys(seven))('refuses six, without %s', (name) => {
    expect(problemsOf({ ...seven, [name]: '' })).toEqual([expect.stringContaining(name)]);
  });

  test('refuses one name for two tables', () => {
    expect(problemsOf({ ...seven, TABLE_AUDIT: 'a_requests' })).toEqual([
      'TABLE_REQUESTS and TABLE_AUDIT are both "a_requests": expected a table each',
    ]);
  });
});

test('parseConfig() reads lists with spaces, each entry once', () => {
  const config = configOf(
    parseConfig({
      ...whole,
      MANAGED_PERMISSION_SET_ARNS: `${ADMIN}, ${READ_ONLY},${ADMIN}`,
      MANAGED_ACCOUNT_IDS: '111111111111',
      EXCLUDED_ACCOUNT_IDS: ' 333333333333 ',
      PROTECTED_PRINCIPAL_IDS: ANA,
    }),
  );
  expect(config.scope).toEqual({
    permissionSetArns: [ADMIN, READ_ONLY],
    accountIds: ['111111111111'],
    excludedAccountIds: ['333333333333'],
    protectedPrincipalIds: [ANA],
  });
});

describe('the parts', () => {
  test('parseApiConfig() needs nothing of the reconciler and does not look at it', () => {
    const config = configOf(
      parseApiConfig({ ...common, ...api, TICK_INTERVAL_MS: 'bad', CALLBACK_KEYS: 'x' }),
    );
    expect(config).not.toHaveProperty('webhook');
    expect(config).not.toHaveProperty('callbackKeys');
  });

  test('parseReconcilerConfig() needs nothing of the API and does not look at it', () => {
    const config = configOf(
      parseReconcilerConfig({ ...common, ...reconciler, API_PORT: 'bad', OPS_KEYS: 'x' }),
    );
    expect(config).not.toHaveProperty('pluginKeys');
    expect(config).not.toHaveProperty('api');
  });

  test('both refuse what the common part refuses', () => {
    expect(parseApiConfig({ ...common, ...api, RECONCILE_MODE: '' }).ok).toBe(false);
    expect(parseReconcilerConfig({ ...common, ...reconciler, RECONCILE_MODE: '' }).ok).toBe(false);
  });
});

describe('parseConfig() with sources of keys', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:jit/keys-AbCdEf';
  const without = (name: string) => ({ [name]: '' });

  test.each([
    [
      'SIGNING_KEYS',
      'SIGNING_KEYS_FILE',
      '/run/keys.json',
      'pluginKeys',
      { from: 'file', path: '/run/keys.json' },
    ],
    ['SIGNING_KEYS', 'SIGNING_SECRET_ARN', arn, 'pluginKeys', { from: 'secret', arn }],
    ['CALLBACK_KEYS', 'CALLBACK_KEYS_FILE', 'keys', 'callbackKeys', { from: 'file', path: 'keys' }],
    ['CALLBACK_KEYS', 'CALLBACK_SIGNING_SECRET_ARN', arn, 'callbackKeys', { from: 'secret', arn }],
    ['OPS_KEYS', 'OPS_KEYS_FILE', 'keys', 'opsKeys', { from: 'file', path: 'keys' }],
    ['OPS_KEYS', 'OPS_SECRET_ARN', arn, 'opsKeys', { from: 'secret', arn }],
  ] as const)('instead of %s takes %s', (literal, name, value, field, source) => {
    const config = configOf(parseConfig({ ...whole, ...without(literal), [name]: value }));
    expect(config[field]).toEqual(source);
  });

  test.each([
    [{ SIGNING_KEYS_FILE: 'keys' }, 'SIGNING_KEYS and SIGNING_KEYS_FILE are set: expected only one of them'],
    [{ SIGNING_SECRET_ARN: arn }, 'SIGNING_KEYS and SIGNING_SECRET_ARN are set: expected only one of them'],
    [
      { OPS_KEYS_FILE: 'keys', OPS_SECRET_ARN: arn },
      'OPS_KEYS_FILE and OPS_SECRET_ARN are set: expected only one of them',
    ],
    [
      { CALLBACK_KEYS_FILE: 'keys' },
      'CALLBACK_KEYS and CALLBACK_KEYS_FILE are set: expected only one of them',
    ],
  ])('refuses two at once: %j', (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  test.each([
    ['SIGNING_KEYS', '{"hunter2"', 'not valid JSON'],
    ['SIGNING_KEYS', '{"a": "hunter2", "b": "hunter2"}', 'the same secret'],
    ['OPS_KEYS', 'hunter2', 'expected a JSON object'],
    ['CALLBACK_KEYS', '{"a": "hunter2", "b": "hunter3"}', 'none is named "backend"'],
  ])('refuses a broken literal in %s without showing it', (name, value, problem) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toMatch(new RegExp(`^${name} is \\(hidden\\): `));
    expect(problems[0]).not.toContain('hunter');
  });

  test('chooses the callback entry by PLUGIN_WEBHOOK_KEY_ID', () => {
    const keys = { CALLBACK_KEYS: '{"a": "x", "b": "y"}', PLUGIN_WEBHOOK_KEY_ID: 'b' };
    expect(problemsOf(keys)).toEqual([]);
  });

  test('refuses a malformed ARN once, without asking for a source again', () => {
    expect(problemsOf({ SIGNING_KEYS: '', SIGNING_SECRET_ARN: 'jit/keys' })).toEqual([
      expect.stringMatching(/^SIGNING_SECRET_ARN is .?\(hidden\).?: expected the ARN/),
    ]);
  });
});

describe('describeConfig()', () => {
  test('shows everything but secrets', () => {
    const described = describeConfig(
      configOf(
        parseConfig({
          ...whole,
          OPS_KEYS_FILE: '/run/ops.json',
          PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/x/webhook?token=hunter4',
        }),
      ),
    );
    expect(JSON.stringify(described)).not.toContain('hunter');
    expect(described).toMatchObject({
      pluginKeys: '(hidden)',
      opsKeys: 'file /run/ops.json',
      callbackKeys: '(hidden)',
      webhook: { url: 'https://chat.example.com/plugins/x/webhook' },
      tickIntervalMs: 5000,
    });
  });

  test('shows the parts alone', () => {
    expect(describeConfig(configOf(parseApiConfig({ ...common, ...api })))).toMatchObject({
      pluginKeys: '(hidden)',
    });
    expect(describeConfig(configOf(parseReconcilerConfig({ ...common, ...reconciler })))).toMatchObject({
      callbackKeys: '(hidden)',
    });
  });
});

test('parseConfig() gives sentences that begin with a variable for any environment at all, and no secret', () => {
  const names = fc.constantFrom(...Object.keys(AllSettings.shape));
  const secret = 'hunter2hunter2';
  fc.assert(
    fc.property(fc.dictionary(names, fc.string()), (env) => {
      const keys = { SIGNING_KEYS: secret, OPS_KEYS: secret, CALLBACK_KEYS: `{"a": "${secret}"` };
      const parsed = parseConfig({ ...whole, ...env, ...keys });
      const problems = parsed.ok ? [] : parsed.problems;
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) {
        expect(problem).toMatch(/^(none of )?[A-Z][A-Z_]+/);
        expect(problem).not.toContain(secret);
      }
    }),
  );
});
