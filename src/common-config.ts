// What every part must agree on: the organisation, the tables, and what is managed in it. A slip here could make this
// system delete access that is not its own, so the settings are checked against each other too.

import type { z } from 'zod';
import { type Draft, missingSettings } from './config-draft.ts';
import type { LogLevel } from './log.ts';
import type { ManagedScope } from './managed-scope.ts';
import { type CommonSettings, type ReadSettings, SettingDefaults } from './settings.ts';
import type { Table } from './store.ts';

export type Address = { readonly host: string; readonly port: number };

export type CommonConfig = {
  readonly awsRegion: string;
  readonly tables: Readonly<Record<Table, string>>;
  readonly instanceArn: string;
  readonly identityStoreId: string;
  /** The permission set of a binding that lists none. Always in the scope. */
  readonly defaultPermissionSetArn: string;
  readonly scope: ManagedScope;
  readonly reconcileMode: 'observe' | 'enforce';
  readonly maxRequestHours: number;
  readonly pendingTtlHours: number;
  readonly clockSkewMs: number;
  /** Calls to Identity Center a second, at most. */
  readonly identityCenterRate: number;
  /** Health and metrics. */
  readonly admin: Address;
  readonly logLevel: LogLevel;
  /** Absent where no metrics are sent there. */
  readonly cloudWatch?: { readonly deployment?: string };
};

type Settings = z.output<typeof CommonSettings>;

const REQUIRED = {
  AWS_REGION: 'the region of the tables and of Identity Center, such as us-east-1',
  SSO_INSTANCE_ARN: 'arn:aws:sso:::instance/ssoins-<16 characters>',
  IDENTITY_STORE_ID: 'an identity store id, such as d-1234567890',
  PERMISSION_SET_ARN: 'the ARN of the default permission set',
  RECONCILE_MODE: 'observe or enforce, chosen by a person because enforce takes access away',
} as const;

const TABLE_VARIABLES = {
  requests: 'TABLE_REQUESTS',
  audit: 'TABLE_AUDIT',
  config: 'TABLE_CONFIG',
  nonces: 'TABLE_NONCES',
  assignments: 'TABLE_ASSIGNMENTS',
  outbox: 'TABLE_OUTBOX',
  control: 'TABLE_CONTROL',
} as const satisfies Record<Table, keyof Settings>;

/** The common part, from the settings that are set. */
export function completeCommon(read: ReadSettings<typeof CommonSettings>): Draft<CommonConfig> {
  const { settings } = read;
  const problems = [
    ...missingSettings(REQUIRED, read),
    ...tableProblems(read),
    ...permissionSetProblems(settings),
    ...accountProblems(settings),
    ...cloudWatchProblems(settings),
  ];
  const {
    AWS_REGION: awsRegion,
    SSO_INSTANCE_ARN: instanceArn,
    IDENTITY_STORE_ID: identityStoreId,
    PERMISSION_SET_ARN: defaultPermissionSetArn,
    RECONCILE_MODE: reconcileMode,
  } = settings;
  if (!awsRegion || !instanceArn || !identityStoreId || !defaultPermissionSetArn || !reconcileMode) {
    return { problems };
  }
  const whole = { ...SettingDefaults, ...settings };
  const config: CommonConfig = {
    awsRegion,
    instanceArn,
    identityStoreId,
    defaultPermissionSetArn,
    reconcileMode,
    tables: {
      requests: whole.TABLE_REQUESTS,
      audit: whole.TABLE_AUDIT,
      config: whole.TABLE_CONFIG,
      nonces: whole.TABLE_NONCES,
      assignments: whole.TABLE_ASSIGNMENTS,
      outbox: whole.TABLE_OUTBOX,
      control: whole.TABLE_CONTROL,
    },
    scope: scopeOf(settings, defaultPermissionSetArn),
    maxRequestHours: whole.MAX_REQUEST_HOURS,
    pendingTtlHours: whole.PENDING_TTL_HOURS,
    clockSkewMs: whole.CLOCK_SKEW_MS,
    identityCenterRate: whole.IDENTITY_CENTER_RATE,
    admin: { host: whole.ADMIN_HOST, port: whole.ADMIN_PORT },
    logLevel: whole.LOG_LEVEL,
    ...(whole.CLOUDWATCH_METRICS === 'on' ? { cloudWatch: deploymentOf(settings) } : {}),
  };
  return { config, problems };
}

function deploymentOf({ CLOUDWATCH_DEPLOYMENT: deployment }: Settings): { readonly deployment?: string } {
  return deployment === undefined ? {} : { deployment };
}

function cloudWatchProblems({ CLOUDWATCH_METRICS, CLOUDWATCH_DEPLOYMENT: name }: Settings): string[] {
  if (name === undefined || CLOUDWATCH_METRICS === 'on') return [];
  return [`CLOUDWATCH_DEPLOYMENT is "${name}": expected CLOUDWATCH_METRICS to be on with it`];
}

function scopeOf(settings: Settings, defaultPermissionSetArn: string): ManagedScope {
  return {
    permissionSetArns: settings.MANAGED_PERMISSION_SET_ARNS ?? [defaultPermissionSetArn],
    ...(settings.MANAGED_ACCOUNT_IDS ? { accountIds: settings.MANAGED_ACCOUNT_IDS } : {}),
    excludedAccountIds: settings.EXCLUDED_ACCOUNT_IDS ?? [],
    protectedPrincipalIds: settings.PROTECTED_PRINCIPAL_IDS ?? [],
  };
}

// Deployments prefix their names. One name forgotten would mix two deployments: the live access of the one would be
// judged by the requests of the other.
function tableProblems({ settings, malformed }: ReadSettings<typeof CommonSettings>): string[] {
  const names = Object.values(TABLE_VARIABLES);
  const missing = names.filter((name) => settings[name] === undefined && !malformed.has(name));
  const values = names.flatMap((name) => settings[name] ?? []);
  const problems = [...new Set(values.filter((value, at) => values.indexOf(value) < at))].map((value) => {
    const sharing = names.filter((name) => settings[name] === value).join(' and ');
    return `${sharing} are both "${value}": expected a table each`;
  });
  if (missing.length > 0 && missing.length < names.length) {
    problems.push(`${missing.join(', ')} not set: expected all seven TABLE_ variables or none of them`);
  }
  return problems;
}

function permissionSetProblems(settings: Settings): string[] {
  const { PERMISSION_SET_ARN: byDefault, MANAGED_PERMISSION_SET_ARNS: managed, SSO_INSTANCE_ARN } = settings;
  const problems: string[] = [];
  if (byDefault && managed && !managed.includes(byDefault)) {
    problems.push(`PERMISSION_SET_ARN is "${byDefault}": expected one of MANAGED_PERMISSION_SET_ARNS`);
  }
  const instance = SSO_INSTANCE_ARN?.split('/')[1];
  const check = (name: string, arn: string) => {
    if (instance === undefined || arn.split('/')[1] === instance) return;
    problems.push(`${name} is "${arn}": expected a permission set of SSO_INSTANCE_ARN, ${instance}`);
  };
  if (byDefault) check('PERMISSION_SET_ARN', byDefault);
  for (const arn of managed ?? []) check('MANAGED_PERMISSION_SET_ARNS', arn);
  return problems;
}

function accountProblems(settings: Settings): string[] {
  const both =
    settings.EXCLUDED_ACCOUNT_IDS?.filter((id) => settings.MANAGED_ACCOUNT_IDS?.includes(id)) ?? [];
  if (both.length === 0) return [];
  return [`EXCLUDED_ACCOUNT_IDS has ${both.join(', ')}: expected none that MANAGED_ACCOUNT_IDS has too`];
}
