// What every part says to its log, and pino behind it. One JSON line an entry, the message constant and what varies in
// fields, so that lines can be counted and searched. It must never write a secret or a signature.

import { type DestinationStream, type Logger, pino } from 'pino';

export const LogLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LogLevels)[number];

/** What varies in an entry. An error goes under `error` and is written with its chain of causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The port. `info`: what happened. `warn`: somebody should look today. `error`: something was not done. */
export type Log = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every entry also carries these fields (a pass id, a request id). */
  child(fields: LogFields): Log;
};

/** Where lines go: one call a line, the line break included. Standard output, or an array in a test. */
export type LogDestination = DestinationStream;

const HIDDEN = '(hidden)';

// Compared without case, `-` and `_`, at any depth: a header record is logged whole soon enough by somebody.
const SECRET_NAMES = new Set([
  'secret',
  'secrets',
  'secretstring',
  'clientsecret',
  'password',
  'token',
  'signature',
  'xjitsignature',
  'xjitnonce',
  'authorization',
  'cookie',
  'setcookie',
  'signingkeys',
  'opskeys',
  'callbackkeys',
  'accesskeyid',
  'secretaccesskey',
  'sessiontoken',
  'awssecretaccesskey',
  'awssessiontoken',
]);

// Deep enough for a plan, and an end for what contains itself.
const MAX_DEPTH = 8;

/** A log that writes entries of `level` and above to `destination`. Times are epoch milliseconds of `clock`. */
export function createLog({
  level,
  destination,
  clock,
}: {
  readonly level: LogLevel;
  readonly destination: LogDestination;
  readonly clock: { nowMs(): number };
}): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(clock.nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return overPino(logger, {});
}

function overPino(logger: Logger, carried: LogFields): Log {
  const withCarried = (fields: LogFields | undefined) => writable({ ...carried, ...fields });
  return {
    info: (message, fields) => logger.info(withCarried(fields), message),
    warn: (message, fields) => logger.warn(withCarried(fields), message),
    error: (message, fields) => logger.error(withCarried(fields), message),
    child: (fields) => overPino(logger, { ...carried, ...fields }),
  };
}

// pino's own redaction names paths one by one; a secret at a path that nobody thought of is the one that leaks.
function writable(fields: LogFields): Record<string, unknown> {
  const { time, level, message, ...rest } = fields;
  const renamed = { ...rest, ...prefixed({ time, level, message }) };
  return entriesWithoutSecrets(renamed, 0);
}

// A field of one of pino's own names would give the line two values under one key, and readers see either.
function prefixed(reserved: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(reserved).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [`field_${name}`, value]));
}

function entriesWithoutSecrets(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecretName(name) ? HIDDEN : plain(value, depth + 1),
    ]),
  );
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '(too deep)';
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => plain(item, depth + 1));
  if (value instanceof Map) return entriesWithoutSecrets(Object.fromEntries(value), depth);
  return entriesWithoutSecrets(value, depth);
}

// An error of the AWS SDK carries the whole answer with its headers; what helps is its name, code and status.
function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code, $metadata: metadata, errors } = error as Error & Record<string, unknown>;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code: plain(code, depth + 1) }),
    ...(metadata === undefined ? {} : { metadata: plain(metadata, depth + 1) }),
    ...(Array.isArray(errors) ? { errors: plain(errors, depth + 1) } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) }),
  };
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}
