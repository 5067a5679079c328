// Reads keys from files and Secrets Manager, and reads them again while the process runs, so that a rotation needs no
// restart. It never logs what it read, and broken new content never takes the good keys away.

import { readFile } from 'node:fs/promises';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../clock.ts';
import type { KeySource } from '../key-sources.ts';
import { type KeySets, type Parsed, parseCallbackSecret, parseKeySets } from '../signing-keys.ts';

/** A file costs nothing to read, a secret a call: at most this often, and only when keys are used. */
export const FILE_MAX_AGE_MS = 5000;
export const SECRET_MAX_AGE_MS = 60_000;

// At start there is nothing to fall back on; afterwards a caller is waiting, and the last good keys are at hand.
const FIRST_READ_TIMEOUT_MS = 5000;
const READ_TIMEOUT_MS = 1000;

/** The keys as they are now. Never rejects: while new content cannot be had, it answers the last good keys. */
export type WatchedKeys<T> = () => Promise<T>;

export type WatchEffects = {
  readonly secrets: Pick<SecretsManagerClient, 'send'>;
  readonly clock: Clock;
  /** A sentence without any secret, once for each change of what is wrong. */
  readonly onProblem: (problem: string) => void;
};

/** Both sets of callers' keys. Rejects when the first read does not give valid keys. */
export function watchCallerKeys(
  sources: { readonly pluginKeys: KeySource; readonly opsKeys?: KeySource },
  effects: WatchEffects,
): Promise<WatchedKeys<KeySets>> {
  const { pluginKeys, opsKeys } = sources;
  return watchKeys({
    read: async (signal) => {
      const [plugin, ops] = await Promise.all([
        readKeyText(pluginKeys, effects.secrets, signal),
        opsKeys === undefined ? undefined : readKeyText(opsKeys, effects.secrets, signal),
      ]);
      return ops === undefined ? { plugin } : { plugin, ops };
    },
    parse: parseKeySets,
    maxAgeMs: maxAgeOf(opsKeys === undefined ? [pluginKeys] : [pluginKeys, opsKeys]),
    ...effects,
  });
}

/** The secret that notifications are signed with. Rejects when the first read does not give one. */
export function watchCallbackSecret(
  { callbackKeys, keyId }: { readonly callbackKeys: KeySource; readonly keyId: string },
  effects: WatchEffects,
): Promise<WatchedKeys<string>> {
  return watchKeys({
    read: (signal) => readKeyText(callbackKeys, effects.secrets, signal),
    parse: (text) => parseCallbackSecret(text, keyId),
    maxAgeMs: maxAgeOf([callbackKeys]),
    ...effects,
  });
}

export type WatchOptions<Text, T> = {
  readonly read: (signal: AbortSignal) => Promise<Text>;
  readonly parse: (text: Text) => Parsed<T>;
  /** Read again on use when the last attempt is older. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
};

/** Keys that are read again on use, by one reader at a time. Rejects when the first read does not give valid keys. */
export async function watchKeys<Text, T>(options: WatchOptions<Text, T>): Promise<WatchedKeys<T>> {
  const { maxAgeMs, clock, onProblem } = options;
  let keys = await readKeys(options, FIRST_READ_TIMEOUT_MS);
  let attempted = instants(clock);
  let reported: string | undefined;
  let refreshing: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      keys = await readKeys(options, READ_TIMEOUT_MS);
      reported = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'reading keys failed';
      if (problem !== reported) onProblem(problem);
      reported = problem;
    } finally {
      attempted = instants(clock);
      refreshing = undefined;
    }
  }

  return async () => {
    // The caller waits for the new keys: answered with the old ones, a key that was removed while nobody called would be
    // valid once more, hours later.
    if (refreshing === undefined && isOlder(attempted, instants(clock), maxAgeMs)) refreshing = refresh();
    await refreshing;
    return keys;
  };
}

/** The text of a source. Rejects with what was being read, never with any of it. */
export async function readKeyText(
  source: KeySource,
  secrets: Pick<SecretsManagerClient, 'send'>,
  signal: AbortSignal,
): Promise<string> {
  if (source.from === 'literal') return source.text;
  if (source.from === 'file') return readKeyFile(source.path, signal);
  return readSecret(source.arn, secrets, signal);
}

async function readKeyFile(path: string, signal: AbortSignal): Promise<string> {
  const text = await readFile(path, { encoding: 'utf8', signal }).catch((cause: unknown) => {
    throw new Error(`reading keys from file ${path}: ${reasonOf(cause)}`, { cause });
  });
  // Editors and `echo` end a file with a line break that nobody means to be part of a secret.
  return text.replace(/\r?\n$/, '');
}

async function readSecret(
  arn: string,
  secrets: Pick<SecretsManagerClient, 'send'>,
  abortSignal: AbortSignal,
): Promise<string> {
  const command = new GetSecretValueCommand({ SecretId: arn });
  const { SecretString: text } = await secrets.send(command, { abortSignal }).catch((cause: unknown) => {
    throw new Error(`reading keys from secret ${arn}: ${reasonOf(cause)}`, { cause });
  });
  if (text === undefined) throw new Error(`reading keys from secret ${arn}: it is binary, expected text`);
  return text;
}

async function readKeys<Text, T>(
  { read, parse, clock }: WatchOptions<Text, T>,
  timeoutMs: number,
): Promise<T> {
  const parsed = parse(await within(timeoutMs, clock, read));
  if (parsed.ok) return parsed.value;
  throw new Error(`keys are not usable: ${parsed.problems.join('; ')}`);
}

// A read that never answers would otherwise be the last one: nobody begins another while it runs.
async function within<T>(
  timeoutMs: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const timeout = clock.sleep(timeoutMs, done.signal).then(() => {
    late.abort();
    throw new Error(`reading keys took longer than ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work(late.signal), timeout]);
  } finally {
    done.abort();
  }
}

type Instants = { readonly wallMs: number; readonly monotonicMs: number };

function instants(clock: Clock): Instants {
  return { wallMs: clock.nowMs(), monotonicMs: clock.elapsedMs() };
}

// By either clock: the wall clock may be set back, and the monotonic one stands still while a function is frozen.
function isOlder(since: Instants, now: Instants, maxAgeMs: number): boolean {
  const wallAgeMs = now.wallMs - since.wallMs;
  return wallAgeMs >= maxAgeMs || wallAgeMs < 0 || now.monotonicMs - since.monotonicMs >= maxAgeMs;
}

// Sets are read together, because the same key must not stand in both: then at the pace of the slower source.
function maxAgeOf(sources: readonly KeySource[]): number {
  if (sources.some((source) => source.from === 'secret')) return SECRET_MAX_AGE_MS;
  return sources.some((source) => source.from === 'file') ? FILE_MAX_AGE_MS : Number.POSITIVE_INFINITY;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : 'unknown';
}
