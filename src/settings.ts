// Every environment variable that is read, what it may hold, and its default. A value outside its range is refused at
// start, because each range ends where some promise of this system would no longer be kept.

import { z } from 'zod';
import { AccountId, PermissionSetArn, PrincipalId } from './assignment.ts';
import { LogLevels } from './log.ts';
import { TableDefinitions } from './table-definitions.ts';

const TEXT = z.string();

function matching(pattern: RegExp, expected: string) {
  return z.string().regex(pattern, `expected ${expected}`).exactOptional();
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `expected one of ${values.join(', ')}`).exactOptional();
}

function number(kind: string, pattern: RegExp, [least, most]: readonly [number, number]) {
  const expected = `expected ${kind} from ${least} to ${most}`;
  return z
    .string()
    .regex(pattern, { message: expected, abort: true })
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected)
    .exactOptional();
}

// Number() would also take '1e3', '0x10' and ' 5 ', which are slips here.
const wholeNumber = (range: readonly [number, number], unit = 'a whole number') =>
  number(unit, /^\d{1,12}$/, range);
const milliseconds = (range: readonly [number, number]) => wholeNumber(range, 'whole milliseconds');
const fraction = (range: readonly [number, number]) => number('a number', /^\d{1,6}(\.\d{1,6})?$/, range);
const port = () => wholeNumber([0, 65_535], 'a port (0 takes a free one)');
const host = () => matching(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or an IP address');

/** Comma separated. An empty place is refused: an empty list and a missing one would mean opposite things. */
function list(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform((text) => [...new Set(text.split(',').map((entry) => entry.trim()))])
    .pipe(z.array(item))
    .exactOptional();
}

const tableName = () =>
  matching(/^[a-zA-Z0-9_.-]{3,255}$/, 'a table name of 3 to 255 letters, digits, ".", "_" or "-"');
const keysFile = () => matching(/^[^\0]+$/, 'the path of a file');
const secretArn = () =>
  matching(
    /^arn:aws(-[a-z]{1,5}){0,3}:secretsmanager:[a-z0-9-]+:\d{12}:secret:[!-~]+$/,
    'the ARN of a secret in AWS Secrets Manager',
  );

/** What every part reads. */
export const CommonSettings = z.object({
  AWS_REGION: matching(/^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/, 'a region, such as us-east-1'),
  TABLE_REQUESTS: tableName(),
  TABLE_AUDIT: tableName(),
  TABLE_CONFIG: tableName(),
  TABLE_NONCES: tableName(),
  TABLE_ASSIGNMENTS: tableName(),
  TABLE_OUTBOX: tableName(),
  TABLE_CONTROL: tableName(),
  SSO_INSTANCE_ARN: matching(
    /^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance\/(sso)?ins-[a-zA-Z0-9.-]{16}$/,
    'arn:aws:sso:::instance/ssoins-<16 characters>',
  ),
  IDENTITY_STORE_ID: matching(
    /^(d-[0-9a-f]{10}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})$/,
    'an identity store id, such as d-1234567890',
  ),
  PERMISSION_SET_ARN: PermissionSetArn.exactOptional(),
  MANAGED_PERMISSION_SET_ARNS: list(PermissionSetArn),
  MANAGED_ACCOUNT_IDS: list(AccountId),
  EXCLUDED_ACCOUNT_IDS: list(AccountId),
  PROTECTED_PRINCIPAL_IDS: list(PrincipalId),
  RECONCILE_MODE: oneOf(['observe', 'enforce']),
  MAX_REQUEST_HOURS: wholeNumber([1, 168]),
  PENDING_TTL_HOURS: wholeNumber([1, 720]),
  // Above the five minutes that signatures allow, clocks so far apart are a fault to repair, not to tolerate.
  CLOCK_SKEW_MS: milliseconds([0, 300_000]),
  IDENTITY_CENTER_RATE: fraction([0.1, 20]),
  ADMIN_HOST: host(),
  ADMIN_PORT: port(),
  LOG_LEVEL: oneOf(LogLevels),
  CLOUDWATCH_METRICS: oneOf(['on', 'off']),
  CLOUDWATCH_DEPLOYMENT: matching(/^[\w.-]{1,100}$/, 'a name of 1 to 100 letters, digits, ".", "_" or "-"'),
  STEP_FUNCTION_ARN: TEXT.exactOptional(),
});

/** What only the API reads. */
export const ApiSettings = z.object({
  SIGNING_KEYS: TEXT.exactOptional(),
  SIGNING_KEYS_FILE: keysFile(),
  SIGNING_SECRET_ARN: secretArn(),
  OPS_KEYS: TEXT.exactOptional(),
  OPS_KEYS_FILE: keysFile(),
  OPS_SECRET_ARN: secretArn(),
  API_HOST: host(),
  API_PORT: port(),
  API_BASE_PATH: matching(/^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/, 'a path such as /jit, without / at its end'),
  // The plugin gives up after 10 s: an answer that comes later is shown as an error, though the revoke was recorded.
  REVOKE_WAIT_MS: milliseconds([0, 9000]),
  RECONCILER_FUNCTION_NAME: matching(/^[\w:-]{1,170}$/, 'the name or ARN of a function'),
});

/** What only the reconciler reads. */
export const ReconcilerSettings = z.object({
  CALLBACK_KEYS: TEXT.exactOptional(),
  CALLBACK_KEYS_FILE: keysFile(),
  CALLBACK_SIGNING_SECRET_ARN: secretArn(),
  PLUGIN_WEBHOOK_URL: TEXT.exactOptional(),
  PLUGIN_WEBHOOK_KEY_ID: matching(/^[!-~]{1,128}$/, '1 to 128 printable characters without spaces'),
  PLUGIN_WEBHOOK_SIGNED_PATH: matching(/^\/[^?#\s]*$/, 'a path that starts with /, without a query'),
  TICK_INTERVAL_MS: milliseconds([100, 60_000]),
  SWEEP_INTERVAL_MS: milliseconds([1000, 86_400_000]),
  ORPHAN_GRACE_MS: milliseconds([1000, 86_400_000]),
  ORPHAN_BRAKE_COUNT: wholeNumber([0, 10_000]),
  ORPHAN_BRAKE_SHARE: fraction([0, 1]),
  // Two slots are kept for people, and AWS allows 15.
  IDENTITY_CENTER_OUTSTANDING_MAX: wholeNumber([3, 15]),
  SWEEP_RATE_SHARE: fraction([0.01, 0.9]),
  LEASE_DURATION_MS: milliseconds([1000, 300_000]),
  CANARY_ACCOUNT_ID: AccountId.exactOptional(),
  CANARY_PERMISSION_SET_ARN: PermissionSetArn.exactOptional(),
  CANARY_PRINCIPAL_ID: PrincipalId.exactOptional(),
  CANARY_INTERVAL_MINUTES: wholeNumber([5, 1440], 'whole minutes'),
});

/** All variables, for a process that holds every part. */
export const AllSettings = z.object({
  ...CommonSettings.shape,
  ...ApiSettings.shape,
  ...ReconcilerSettings.shape,
});
export type SettingName = keyof typeof AllSettings.shape;

/** What a variable that is unset means. Those not named here are required, or mean something by their absence. */
export const SettingDefaults = {
  TABLE_REQUESTS: TableDefinitions.requests.defaultName,
  TABLE_AUDIT: TableDefinitions.audit.defaultName,
  TABLE_CONFIG: TableDefinitions.config.defaultName,
  TABLE_NONCES: TableDefinitions.nonces.defaultName,
  TABLE_ASSIGNMENTS: TableDefinitions.assignments.defaultName,
  TABLE_OUTBOX: TableDefinitions.outbox.defaultName,
  TABLE_CONTROL: TableDefinitions.control.defaultName,
  MAX_REQUEST_HOURS: 12,
  PENDING_TTL_HOURS: 24,
  CLOCK_SKEW_MS: 30_000,
  IDENTITY_CENTER_RATE: 15,
  ADMIN_HOST: '127.0.0.1',
  ADMIN_PORT: 9090,
  LOG_LEVEL: 'info',
  CLOUDWATCH_METRICS: 'off',
  API_HOST: '127.0.0.1',
  API_PORT: 8080,
  REVOKE_WAIT_MS: 8000,
  PLUGIN_WEBHOOK_KEY_ID: 'backend',
  TICK_INTERVAL_MS: 5000,
  SWEEP_INTERVAL_MS: 60_000,
  ORPHAN_GRACE_MS: 60_000,
  ORPHAN_BRAKE_COUNT: 5,
  ORPHAN_BRAKE_SHARE: 0.1,
  IDENTITY_CENTER_OUTSTANDING_MAX: 10,
  SWEEP_RATE_SHARE: 0.3,
  LEASE_DURATION_MS: 15_000,
  CANARY_INTERVAL_MINUTES: 60,
} as const satisfies Partial<z.output<typeof AllSettings>>;

/** Never printed, neither in a problem nor in a description. A URL may carry a password. */
export const SecretSettings: readonly SettingName[] = [
  'SIGNING_KEYS',
  'OPS_KEYS',
  'CALLBACK_KEYS',
  // Not secret, but the place where a secret is pasted by mistake.
  'SIGNING_SECRET_ARN',
  'OPS_SECRET_ARN',
  'CALLBACK_SIGNING_SECRET_ARN',
];

export type ReadSettings<Schema extends z.ZodObject> = {
  /** What is set and well-formed. */
  readonly settings: z.output<Schema>;
  /** What is set and is not: it must not be reported again as missing. */
  readonly malformed: ReadonlySet<string>;
  /** One sentence for each malformed variable: its name, its value, and what was expected. */
  readonly problems: readonly string[];
};

/**
 * Step one: the variables that `schema` names, each parsed, all optional. An empty one counts as unset, since many tools
 * cannot unset; others are not looked at, so a bad setting of one part does not stop another.
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): ReadSettings<Schema> {
  const set = new Map(Object.keys(schema.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const problems = new Map<string, string>();
  for (const issue of schema.safeParse(Object.fromEntries(set)).error?.issues ?? []) {
    const name = String(issue.path[0]);
    problems.set(name, `${name} is ${shownValue(name, env[name])}: ${issue.message}`);
    set.delete(name);
  }
  const settings = schema.parse(Object.fromEntries(set));
  return { settings, malformed: new Set(problems.keys()), problems: [...problems.values()] };
}

/** A value as it may be printed. */
export function shownValue(name: string, value: string | undefined): string {
  if (SecretSettings.some((secret) => secret === name)) return '(hidden)';
  const text = JSON.stringify(value ?? '');
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
