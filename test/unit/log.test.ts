import { expect, test } from 'vitest';
import { createLog, type LogLevel } from '../../src/log.ts';
import { projectFiles } from '../source-file.ts';

function logInto(level: LogLevel = 'info') {
  const lines: string[] = [];
  const clock = { nowMs: () => Date.UTC(2026, 0, 15, 12) };
  const log = createLog({ level, destination: { write: (line) => lines.push(line) }, clock });
  return { log, lines, entry: () => JSON.parse(lines.at(-1) ?? 'null') };
}

test('createLog() writes one JSON line with the level, the time of the clock, the message and the fields', () => {
  const { log, lines, entry } = logInto();
  log.info('pass finished', { passId: 'p-1', changes: 3 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(entry()).toEqual({
    level: 'info',
    time: '2026-01-15T12:00:00.000Z',
    passId: 'p-1',
    changes: 3,
    message: 'pass finished',
  });
});

test('createLog() leaves out what is below the level', () => {
  const { log, lines } = logInto('warn');
  log.info('quiet');
  log.warn('heard');
  log.error('heard');
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
});

test('child() carries its fields into every entry, and its own children', () => {
  const { log, entry } = logInto();
  log.child({ part: 'api' }).child({ requestId: 'r-1' }).warn('slow', { seconds: 2 });
  expect(entry()).toMatchObject({ part: 'api', requestId: 'r-1', seconds: 2 });
});

test('child() writes a field once, the innermost value', () => {
  const { log, lines, entry } = logInto();
  log.child({ part: 'api' }).info('x', { part: 'loop' });
  expect(entry().part).toBe('loop');
  expect(lines[0]?.match(/"part"/g)).toHaveLength(1);
});

test.each([
  'secret',
  'X-JIT-Signature',
  'x-jit-nonce',
  'Authorization',
  'Set-Cookie',
  'SIGNING_KEYS',
  'sessionToken',
])('createLog() hides the field %s at any depth, also in a child', (name) => {
  const { log, lines } = logInto();
  log.info('x', { [name]: 'hunter2', list: [{ headers: { [name]: ['hunter2'] } }] });
  log.child({ headers: { [name]: 'hunter2' } }).info('x');
  log.info('x', { map: new Map([[name, 'hunter2']]) });
  log.info('x', { error: new Error('a', { cause: { [name]: 'hunter2' } }) });
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('').match(/\(hidden\)/g)).toHaveLength(5);
});

test('createLog() keeps what only looks like a secret', () => {
  const { log, entry } = logInto();
  log.info('x', { keyId: 'plugin', secretArn: 'arn:aws:…' });
  expect(entry()).toMatchObject({ keyId: 'plugin', secretArn: 'arn:aws:…' });
});

test('createLog() writes an error with its chain of causes, and not what hangs on it', () => {
  const { log, entry, lines } = logInto();
  const cause = Object.assign(new TypeError('socket closed'), {
    code: 'ECONNRESET',
    $response: { body: 'leak' },
  });
  log.error('pass failed', { error: new Error('listing assignments', { cause }) });
  expect(entry().error).toMatchObject({
    name: 'Error',
    message: 'listing assignments',
    stack: expect.stringContaining('log.test.ts'),
    cause: { name: 'TypeError', message: 'socket closed', code: 'ECONNRESET' },
  });
  expect(lines.join('')).not.toContain('leak');
});

test('createLog() writes the status of an AWS error and every error of an aggregate', () => {
  const { log, entry } = logInto();
  const aws = Object.assign(new Error('Rate exceeded'), {
    $metadata: { httpStatusCode: 400, requestId: 'q' },
  });
  log.error('x', { error: new AggregateError([aws, new Error('second')], 'both') });
  expect(entry().error.errors).toMatchObject([
    { message: 'Rate exceeded', metadata: { httpStatusCode: 400, requestId: 'q' } },
    { message: 'second' },
  ]);
});

test('createLog() writes a thrown value that is no error', () => {
  const { log, entry } = logInto();
  log.error('x', { error: 'plain text' });
  expect(entry().error).toBe('plain text');
});

test('createLog() survives what contains itself, big integers, bytes, sets and broken dates', () => {
  const { log, entry } = logInto();
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  log.info('x', {
    loop,
    big: 10n,
    bytes: new Uint8Array(3),
    ids: new Set(['a']),
    when: new Date(Number.NaN),
  });
  expect(entry()).toMatchObject({ big: '10', bytes: '(3 bytes)', ids: ['a'], when: 'Invalid Date' });
});

test('createLog() never writes one name twice: fields named like its own are renamed', () => {
  const { log, entry } = logInto();
  log.info('constant', { message: 'theirs', level: 'theirs', time: 'theirs' });
  expect(entry()).toMatchObject({
    message: 'constant',
    level: 'info',
    field_message: 'theirs',
    field_level: 'theirs',
    field_time: 'theirs',
  });
});

test('messages are constant everywhere: what varies is in the fields, so that lines can be counted', () => {
  const ours = projectFiles().filter(({ path }) => /^(src|reconciler|api)\//.test(path));
  const said = ours.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:log|say)\.?(?:info|warn|error)?\(\s*(`|[a-z]\w*\.)/g)].map(
      ([call]) => `${path}: ${call}`,
    ),
  );
  expect(said).toEqual([]);
});
