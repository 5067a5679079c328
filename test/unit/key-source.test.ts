import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  FILE_MAX_AGE_MS,
  readKeyText,
  SECRET_MAX_AGE_MS,
  watchCallbackSecret,
  watchCallerKeys,
  watchKeys,
} from '../../src/aws/key-source.ts';
import { findKey, type Parsed } from '../../src/signing-keys.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:jit/keys-AbCdEf';
const OTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:jit/ops-AbCdEf';

const secrets = new SecretsManagerClient({ region: 'us-east-1' });
const aws = mockClient(secrets);
let folder: string;
let file: string;

beforeEach(async () => {
  aws.reset();
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true }));

function effects() {
  const clock = createVirtualClock();
  const problems: string[] = [];
  return { clock, problems, secrets, onProblem: (problem: string) => problems.push(problem) };
}

describe('watchKeys()', () => {
  const parse = (text: string): Parsed<string> =>
    text.startsWith('bad') ? { ok: false, problems: [`refused ${text.length}`] } : { ok: true, value: text };

  function watched(read: () => Promise<string>) {
    const { clock, problems, onProblem } = effects();
    return { clock, problems, keys: watchKeys({ read, parse, maxAgeMs: 1000, clock, onProblem }) };
  }

  test('reads again on use, and not before the keys are old enough', async () => {
    let reads = 0;
    const { clock, keys } = watched(async () => `text ${++reads}`);
    const current = await keys;
    await clock.advance(999);
    expect(await current()).toBe('text 1');
    await clock.advance(1);
    expect(reads).toBe(1);
    expect(await current()).toBe('text 2');
    expect(await current()).toBe('text 2');
  });

  test('reads once for callers that come together', async () => {
    let reads = 0;
    const { clock, keys } = watched(async () => `text ${++reads}`);
    const current = await keys;
    await clock.advance(5000);
    expect(await Promise.all([current(), current(), current()])).toEqual(['text 2', 'text 2', 'text 2']);
    expect(reads).toBe(2);
  });

  test('keeps the last good keys and reports broken content once, until it changes', async () => {
    let text = 'good';
    const { clock, problems, keys } = watched(async () => text);
    const current = await keys;
    const next = async (changed: string) => {
      text = changed;
      await clock.advance(1000);
      return current();
    };
    expect(await next('bad')).toBe('good');
    expect(await next('bad')).toBe('good');
    expect(await next('badly')).toBe('good');
    expect(await next('better')).toBe('better');
    expect(await next('bad')).toBe('better');
    const problem = (length: number) => `keys are not usable: refused ${length}`;
    expect(problems).toEqual([problem(3), problem(5), problem(3)]);
  });

  test('does not try again at every use while reading fails', async () => {
    let reads = 0;
    const { clock, keys } = watched(async () => {
      reads += 1;
      if (reads > 1) throw new Error('reading keys: gone');
      return 'good';
    });
    const current = await keys;
    await clock.advance(1000);
    await current();
    await current();
    expect(reads).toBe(2);
  });

  test('gives up a read that does not answer, and tries again later', async () => {
    let answer: () => Promise<string> = async () => 'good';
    const { clock, problems, keys } = watched(() => answer());
    const current = await keys;
    await clock.advance(1000);
    answer = () => new Promise(() => undefined);
    expect(await clock.run(current())).toBe('good');
    expect(problems).toEqual(['reading keys took longer than 1000 ms']);
    answer = async () => 'new';
    await clock.advance(1000);
    expect(await current()).toBe('new');
  });

  test('reads again when the wall clock alone has moved, either way', async () => {
    let reads = 0;
    let wallMs = 1_000_000;
    const frozen = {
      nowMs: () => wallMs,
      elapsedMs: () => 0,
      sleep: () => new Promise<void>(() => undefined),
      alarm: () => () => undefined,
    };
    const current = await watchKeys({
      read: async () => `text ${++reads}`,
      parse,
      maxAgeMs: 1000,
      clock: frozen,
      onProblem: () => undefined,
    });
    wallMs += 3_600_000;
    expect(await current()).toBe('text 2');
    wallMs -= 7_200_000;
    expect(await current()).toBe('text 3');
  });

  test('rejects when the first read is broken, fails, or never answers', async () => {
    await expect(watched(async () => 'bad').keys).rejects.toThrow('keys are not usable: refused 3');
    await expect(watched(() => Promise.reject(new Error('gone'))).keys).rejects.toThrow('gone');
    const silent = watched(() => new Promise(() => undefined));
    await expect(silent.clock.run(silent.keys)).rejects.toThrow('longer than 5000 ms');
  });
});

describe('watchCallerKeys()', () => {
  test('picks up a changed file, and keeps the good keys when it breaks or goes away', async () => {
    const { clock, problems, ...others } = effects();
    await writeFile(file, '{"one": "hunter1"}\n');
    const keys = await watchCallerKeys({ pluginKeys: { from: 'file', path: file } }, { clock, ...others });
    const found = async (id: string) => {
      await clock.advance(FILE_MAX_AGE_MS);
      return findKey(await keys(), id)?.secret;
    };
    await writeFile(file, '{"one": "hunter1", "two": "hunter2"}');
    expect(await found('two')).toBe('hunter2');
    await writeFile(file, '{"two": "hunter2"}');
    expect(await found('one')).toBeUndefined();
    await writeFile(file, '{"two": "hunter2", ');
    expect(await found('two')).toBe('hunter2');
    await rm(file);
    expect(await found('two')).toBe('hunter2');
    expect(problems).toEqual([
      expect.stringMatching(/^keys are not usable: plugin keys: not valid JSON/),
      expect.stringMatching(/^reading keys from file .*keys\.json: .*ENOENT/),
    ]);
    expect(problems.join()).not.toContain('hunter');
  });

  test('picks up a changed secret, at the pace of secrets also for the file beside it', async () => {
    const { clock, ...others } = effects();
    aws.on(GetSecretValueCommand, { SecretId: ARN }).resolves({ SecretString: 'hunter1' });
    await writeFile(file, '{"ops": "hunter2"}');
    const sources = {
      pluginKeys: { from: 'secret', arn: ARN },
      opsKeys: { from: 'file', path: file },
    } as const;
    const keys = await watchCallerKeys(sources, { clock, ...others });
    expect(findKey(await keys(), 'any')?.secret).toBe('hunter1');
    expect(findKey(await keys(), 'ops')?.set).toBe('ops');
    aws.on(GetSecretValueCommand, { SecretId: ARN }).resolves({ SecretString: '{"new": "hunter3"}' });
    await clock.advance(SECRET_MAX_AGE_MS - 1);
    await keys();
    expect(aws.calls()).toHaveLength(1);
    await clock.advance(1);
    expect(findKey(await keys(), 'new')?.secret).toBe('hunter3');
  });

  test('refuses a key that the other set has too, when it appears later', async () => {
    const { clock, problems, ...others } = effects();
    const opsOf = (text: string) =>
      aws.on(GetSecretValueCommand, { SecretId: OTHER_ARN }).resolves({ SecretString: text });
    opsOf('{"ops": "hunter2"}');
    const sources = {
      pluginKeys: { from: 'literal', text: '{"plugin": "hunter1"}' },
      opsKeys: { from: 'secret', arn: OTHER_ARN },
    } as const;
    const keys = await watchCallerKeys(sources, { clock, ...others });
    opsOf('{"ops": "hunter1"}');
    await clock.advance(SECRET_MAX_AGE_MS);
    expect(findKey(await keys(), 'ops')?.secret).toBe('hunter2');
    expect(problems).toEqual(['keys are not usable: keys "plugin" and "ops" have the same secret']);
  });

  test('never reads literals again', async () => {
    const { clock, ...others } = effects();
    const pluginKeys = { from: 'literal', text: 'hunter1' } as const;
    const keys = await watchCallerKeys({ pluginKeys }, { clock, ...others });
    const first = await keys();
    await clock.advance(24 * 3_600_000);
    expect(await keys()).toBe(first);
  });

  test.each([
    [
      'a file that is not there',
      { from: 'file', path: '/nowhere/keys.json' } as const,
      /file \/nowhere\/keys\.json: .*ENOENT/,
    ],
    [
      'a secret that is refused',
      { from: 'secret', arn: ARN } as const,
      /secret arn:.*AccessDenied: not yours/,
    ],
  ])('rejects at start for %s, naming it', async (_what, pluginKeys, message) => {
    aws.on(GetSecretValueCommand).rejects(Object.assign(new Error('not yours'), { name: 'AccessDenied' }));
    await expect(watchCallerKeys({ pluginKeys }, effects())).rejects.toThrow(message);
  });
});

describe('watchCallbackSecret()', () => {
  test('chooses the entry by its id, again after a change', async () => {
    const { clock, problems, ...others } = effects();
    await writeFile(file, '{"backend": "hunter1", "next": "hunter2"}');
    const source = { callbackKeys: { from: 'file', path: file }, keyId: 'backend' } as const;
    const secret = await watchCallbackSecret(source, { clock, ...others });
    expect(await secret()).toBe('hunter1');
    await writeFile(file, '{"a": "hunter3", "b": "hunter4"}');
    await clock.advance(FILE_MAX_AGE_MS);
    expect(await secret()).toBe('hunter1');
    expect(problems).toEqual([expect.stringContaining('none is named "backend"')]);
    await writeFile(file, '{"backend": "hunter5"}');
    await clock.advance(FILE_MAX_AGE_MS);
    expect(await secret()).toBe('hunter5');
  });
});

describe('readKeyText()', () => {
  const signal = new AbortController().signal;

  test.each([
    ['hunter1\n', 'hunter1'],
    ['hunter1\r\n', 'hunter1'],
    ['hunter1\n\n', 'hunter1\n'],
    [' hunter1 ', ' hunter1 '],
  ])('takes one line break off the end of a file: %j', async (content, text) => {
    await writeFile(file, content);
    expect(await readKeyText({ from: 'file', path: file }, secrets, signal)).toBe(text);
  });

  test('leaves a secret as it is', async () => {
    aws.on(GetSecretValueCommand).resolves({ SecretString: 'hunter1\n' });
    expect(await readKeyText({ from: 'secret', arn: ARN }, secrets, signal)).toBe('hunter1\n');
  });

  test('rejects a binary secret', async () => {
    aws.on(GetSecretValueCommand).resolves({ SecretBinary: new Uint8Array(3) });
    await expect(readKeyText({ from: 'secret', arn: ARN }, secrets, signal)).rejects.toThrow('it is binary');
  });
});
