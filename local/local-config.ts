// The configuration of local mode: pure, from the environment handed in. It takes nothing from `AWS_*`, and whatever
// could name a real organisation is set here to the demonstration's own, so that local mode can never reach one.

import { z } from 'zod';
import { type Config, type Environment, parseConfig } from '../src/config.ts';
import { AllSettings, readSettings, SettingDefaults, type SettingName } from '../src/settings.ts';
import {
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
} from './identity-center/demo-organisation.ts';
import { LocalKeys } from './local-keys.ts';
import { PLUGIN_PREFIX, WEBHOOK_PATH } from './webhook.ts';

export const LOCAL_REGION = 'us-east-1';

export type LocalConfig = {
  /** Of the API and the reconciler, as a deployment has it. */
  readonly app: Config;
  readonly dynamoDbPort: number;
  readonly identityCenterPort: number;
  /** Absent where a real Mattermost takes the notifications. */
  readonly webhookPort?: number;
  /** How long the stand-in's operations take. */
  readonly operationMs: number;
  /** Where data is kept between runs; nothing is kept without it. */
  readonly dataDir?: string;
};

/** Each problem is a sentence that begins with the variable. */
export type ParsedLocalConfig =
  | { readonly ok: true; readonly config: LocalConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

const OPERATION_MS_MAX = 600_000;

const port = z
  .string()
  .regex(/^\d{1,5}$/, { message: 'expected a port from 1 to 65535', abort: true })
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, 'expected a port from 1 to 65535')
  .exactOptional();
const operationMs = z
  .string()
  .regex(/^\d{1,6}$/, {
    message: `expected whole milliseconds from 0 to ${OPERATION_MS_MAX}`,
    abort: true,
  })
  .transform(Number)
  .refine((value) => value <= OPERATION_MS_MAX, `expected whole milliseconds from 0 to ${OPERATION_MS_MAX}`)
  .exactOptional();

const LocalSettings = z.object({
  LOCAL_DYNAMODB_PORT: port,
  LOCAL_IDENTITY_CENTER_PORT: port,
  LOCAL_WEBHOOK_PORT: port,
  LOCAL_OPERATION_MS: operationMs,
  LOCAL_DATA_DIR: z
    .string()
    .regex(/^[^\0]+$/, 'expected the path of a folder')
    .exactOptional(),
});

const LocalDefaults = {
  LOCAL_DYNAMODB_PORT: 8000,
  LOCAL_IDENTITY_CENTER_PORT: 8001,
  LOCAL_WEBHOOK_PORT: 8065,
  LOCAL_OPERATION_MS: 1000,
} as const;

// Everything else is the demonstration's, whatever the environment of whoever tries this says.
const TAKEN_FROM_ENVIRONMENT: readonly SettingName[] = [
  'RECONCILE_MODE',
  'MANAGED_PERMISSION_SET_ARNS',
  'MANAGED_ACCOUNT_IDS',
  'EXCLUDED_ACCOUNT_IDS',
  'PROTECTED_PRINCIPAL_IDS',
  'MAX_REQUEST_HOURS',
  'PENDING_TTL_HOURS',
  'CLOCK_SKEW_MS',
  'IDENTITY_CENTER_RATE',
  'IDENTITY_CENTER_OUTSTANDING_MAX',
  'SWEEP_RATE_SHARE',
  'TICK_INTERVAL_MS',
  'SWEEP_INTERVAL_MS',
  'ORPHAN_GRACE_MS',
  'ORPHAN_BRAKE_COUNT',
  'ORPHAN_BRAKE_SHARE',
  'LEASE_DURATION_MS',
  'CANARY_ACCOUNT_ID',
  'CANARY_PERMISSION_SET_ARN',
  'CANARY_PRINCIPAL_ID',
  'CANARY_INTERVAL_MINUTES',
  'REVOKE_WAIT_MS',
  'PLUGIN_WEBHOOK_URL',
  'PLUGIN_WEBHOOK_SIGNED_PATH',
  'API_HOST',
  'API_PORT',
  'ADMIN_HOST',
  'ADMIN_PORT',
  'LOG_LEVEL',
];
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost'];

/** The whole configuration, or everything that is wrong with it. */
export function parseLocalConfig(env: Environment): ParsedLocalConfig {
  const local = readSettings(LocalSettings, env);
  const settings = { ...LocalDefaults, ...local.settings };
  const appEnv = environmentOfApp(env, settings.LOCAL_WEBHOOK_PORT);
  const app = parseConfig(appEnv);
  const problems = [
    ...local.problems,
    ...(app.ok ? [] : app.problems),
    ...hostProblems(appEnv),
    ...sharedPortProblems(appEnv, settings),
  ];
  if (!app.ok || problems.length > 0) return { ok: false, problems };
  const config: LocalConfig = {
    app: app.config,
    dynamoDbPort: settings.LOCAL_DYNAMODB_PORT,
    identityCenterPort: settings.LOCAL_IDENTITY_CENTER_PORT,
    operationMs: settings.LOCAL_OPERATION_MS,
    ...(env.PLUGIN_WEBHOOK_URL ? {} : { webhookPort: settings.LOCAL_WEBHOOK_PORT }),
    ...(settings.LOCAL_DATA_DIR === undefined ? {} : { dataDir: settings.LOCAL_DATA_DIR }),
  };
  return { ok: true, config };
}

function environmentOfApp(env: Environment, webhookPort: number): Environment {
  const { plugin, ops, callback } = LocalKeys;
  const { jitAdmin, jitReadOnly } = DEMO_PERMISSION_SETS;
  const given = TAKEN_FROM_ENVIRONMENT.flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return {
    // Clocks of one machine do not differ, and what takes time in a deployment is to be seen here.
    CLOCK_SKEW_MS: '0',
    RECONCILE_MODE: 'enforce',
    // People who try this read the channel's messages; what goes wrong stands between them.
    LOG_LEVEL: 'warn',
    MANAGED_PERMISSION_SET_ARNS: `${jitAdmin},${jitReadOnly}`,
    PLUGIN_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}${PLUGIN_PREFIX}${WEBHOOK_PATH}`,
    ...Object.fromEntries(given),
    AWS_REGION: LOCAL_REGION,
    SSO_INSTANCE_ARN: DEMO_INSTANCE_ARN,
    IDENTITY_STORE_ID: DEMO_IDENTITY_STORE_ID,
    PERMISSION_SET_ARN: jitAdmin,
    SIGNING_KEYS: JSON.stringify({ [plugin.id]: plugin.secret }),
    OPS_KEYS: JSON.stringify({ [ops.id]: ops.secret }),
    CALLBACK_KEYS: JSON.stringify({ [callback.id]: callback.secret }),
  };
}

// The keys of local mode are public.
function hostProblems(env: Environment): string[] {
  return (['API_HOST', 'ADMIN_HOST'] as const).flatMap((name) => {
    const host = env[name];
    if (host === undefined || LOOPBACK_HOSTS.includes(host)) return [];
    return [`${name} is "${host}": expected ${LOOPBACK_HOSTS.join(' or ')}, local mode is for this machine`];
  });
}

function sharedPortProblems(env: Environment, local: typeof LocalDefaults | LocalPorts): string[] {
  const { API_PORT, ADMIN_PORT } = { ...SettingDefaults, ...readSettings(AllSettings, env).settings };
  const { LOCAL_DYNAMODB_PORT, LOCAL_IDENTITY_CENTER_PORT, LOCAL_WEBHOOK_PORT } = local;
  const ports = { API_PORT, ADMIN_PORT, LOCAL_DYNAMODB_PORT, LOCAL_IDENTITY_CENTER_PORT, LOCAL_WEBHOOK_PORT };
  const names = Object.entries(ports);
  return [...new Set(names.map(([, number]) => number))].flatMap((number) => {
    const sharing = names.filter((entry) => entry[1] === number).map(([name]) => name);
    // The API and the admin port are compared with the rest of the configuration.
    if (sharing.length < 2 || !sharing.some((name) => name.startsWith('LOCAL_'))) return [];
    return [`${sharing.join(' and ')} are both ${number}: expected a port each`];
  });
}

type LocalPorts = Readonly<Record<Extract<keyof typeof LocalDefaults, `${string}_PORT`>, number>>;

/** The ports that must be free, by the variable that moves each. */
export function portsOf(config: LocalConfig): Readonly<Record<string, number>> {
  return {
    API_PORT: config.app.api.port,
    ADMIN_PORT: config.app.admin.port,
    LOCAL_DYNAMODB_PORT: config.dynamoDbPort,
    LOCAL_IDENTITY_CENTER_PORT: config.identityCenterPort,
    ...(config.webhookPort === undefined ? {} : { LOCAL_WEBHOOK_PORT: config.webhookPort }),
  };
}
