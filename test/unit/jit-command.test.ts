import { describe, expect, test } from 'vitest';
import { callerOf } from '../../cli/caller-of.ts';
import { OperatorCommands } from '../../cli/operator-commands.ts';
import { parseCommand } from '../../cli/parse-command.ts';
import { usage } from '../../cli/usage.ts';

const ACTOR = { JIT_ACTOR_EMAIL: 'cleo@example.com' };
const callFor = (args: string, env: Record<string, string> = {}) => {
  const parsed = parseCommand(args.split(' '), env);
  if (!parsed.ok || parsed.command.kind !== 'call') throw new Error(JSON.stringify(parsed));
  return parsed.command.call;
};
const problemOf = (args: readonly string[], env: Record<string, string> = {}) => {
  const parsed = parseCommand(args, env);
  return parsed.ok ? undefined : parsed.problem;
};

describe('parseCommand()', () => {
  test.each(['api', 'reconciler', 'all'] as const)(
    '%s names a part, with or without jit before it',
    (part) => {
      const command = { ok: true, command: { kind: 'part', part } };
      expect(parseCommand([part], {})).toEqual(command);
      expect(parseCommand(['jit', part], {})).toEqual(command);
    },
  );

  test('once takes the time that it may need, in seconds', () => {
    expect(parseCommand(['once'], {})).toMatchObject({ command: { kind: 'once', withinMs: 300_000 } });
    const short = parseCommand(['once', '--within', '60'], {});
    expect(short).toMatchObject({ command: { kind: 'once', withinMs: 60_000 } });
  });

  test.each([
    ['plan', { method: 'GET', target: '/plan' }],
    ['status', { method: 'GET', target: '/status' }],
    ['request a/b', { method: 'GET', target: '/requests/a%2Fb' }],
    [
      'requests --status GRANTED --requester a+b@c.de --limit 5',
      { method: 'GET', target: '/requests?status=GRANTED&requester_email=a%2Bb%40c.de&limit=5' },
    ],
    [
      'audit --request r-1 --from 2026-01-15',
      { method: 'GET', target: '/audit?request_id=r-1&from=2026-01-15' },
    ],
    ['pass p-1', { method: 'GET', target: '/reconcile/p-1' }],
  ])('jit %s asks', (args, call) => {
    expect(callFor(args)).toEqual(call);
  });

  test.each([
    ['revoke r-1 --actor ben@example.com', '/requests/r-1/revoke', { actor_email: 'ben@example.com' }],
    [
      'revoke-user --email a@b.c --reason stolen --freeze',
      '/users/revoke',
      { email: 'a@b.c', actor_email: ACTOR.JIT_ACTOR_EMAIL, reason: 'stolen', freeze: true },
    ],
    [
      'unfreeze-user --principal u-1 --reason found',
      '/users/unfreeze',
      { principal_id: 'u-1', actor_email: ACTOR.JIT_ACTOR_EMAIL, reason: 'found' },
    ],
    [
      'reconcile --reason see --account 111111111111 --wait 20 --dry-run',
      '/reconcile',
      {
        actor_email: ACTOR.JIT_ACTOR_EMAIL,
        reason: 'see',
        scope: { account_id: '111111111111' },
        dry_run: true,
        wait_seconds: 20,
      },
    ],
    [
      'reconcile --reason seen --release-withheld abc',
      '/reconcile',
      { actor_email: ACTOR.JIT_ACTOR_EMAIL, reason: 'seen', release_withheld: 'abc' },
    ],
  ])('jit %s asks for a change, by who is named', (args, target, body) => {
    const call = callFor(args, ACTOR);
    expect(call).toMatchObject({ method: 'POST', target });
    expect(JSON.parse(JSON.stringify(call.body))).toEqual(body);
  });

  test.each([
    [[], 'a verb is needed'],
    [['jit'], 'a verb is needed'],
    [['revok', 'r-1'], 'unknown verb "revok"'],
    [['api', '--port'], '"api" does not take "--port"'],
    [['once', '--within', 'soon'], '--within is "soon": expected a whole number of seconds from 10 to 86400'],
    [['once', '--within', '9'], '--within is "9": expected a whole number of seconds from 10 to 86400'],
    [['revoke', '--actor', 'a@b.c'], '"revoke" needs ID'],
    [['revoke', 'r', 's', '--actor', 'a@b.c'], '"revoke" does not take "s"'],
    [['revoke', 'r'], '"revoke" needs --actor or JIT_ACTOR_EMAIL: the e-mail address of who acts'],
    [['revoke', 'r', '--actor', ''], '--actor is empty: expected E-MAIL'],
    [['status', '--verbose'], `"status": Unknown option '--verbose'`],
    [['audit'], '"audit" needs exactly one of --request, --account, --channel'],
    [
      ['audit', '--request', 'r', '--account', 'a'],
      '"audit" needs exactly one of --request, --account, --channel',
    ],
    [['revoke-user', '--actor', 'a@b.c', '--email', 'x@y.z'], '"revoke-user" needs --reason'],
    [
      ['reconcile', '--actor', 'a@b.c', '--reason', 'r', '--request', 'r', '--account', 'a'],
      '"reconcile" takes at most one of --request, --account, --principal',
    ],
  ])('explains what is wrong with %j', (args, problem) => {
    expect(problemOf(args)).toBe(problem);
  });
});

test('usage() names every command and every option', () => {
  const text = usage();
  for (const { name, options } of OperatorCommands) {
    expect(text).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    for (const option of Object.keys(options)) expect(text).toContain(`--${option}`);
  }
});

describe('callerOf()', () => {
  const URL_OF_API = { JIT_API_URL: 'https://jit.example.com/jit' };
  const files: Record<string, string> = {
    one: '{"ops": "hush"}',
    two: '{"ops": "hush", "other": "hush-hush"}',
    broken: '{"ops": hush}',
    list: '["hush"]',
  };
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
    return text;
  };
  const callerFor = (env: Record<string, string>) => {
    const parsed = callerOf({ ...URL_OF_API, ...env }, readFile);
    return parsed.ok ? parsed.caller.key : parsed.problems;
  };

  test('takes the key from a file, or from two variables', () => {
    expect(callerFor({ JIT_KEY_FILE: 'one' })).toEqual({ id: 'ops', secret: 'hush' });
    expect(callerFor({ JIT_KEY_FILE: 'two', JIT_KEY_ID: 'other' })).toEqual({
      id: 'other',
      secret: 'hush-hush',
    });
    expect(callerFor({ JIT_KEY_ID: 'ops', JIT_KEY_SECRET: 'hush' })).toEqual({ id: 'ops', secret: 'hush' });
  });

  test.each([
    [{}, 'neither JIT_KEY_FILE nor JIT_KEY_SECRET is set'],
    [{ JIT_KEY_SECRET: 'hush' }, 'JIT_KEY_ID is not set'],
    [{ JIT_KEY_SECRET: 'hush', JIT_KEY_FILE: 'one' }, 'expected only one of them'],
    [{ JIT_KEY_FILE: 'two' }, 'JIT_KEY_ID is not set: expected one of the keys in JIT_KEY_FILE, ops, other'],
    [{ JIT_KEY_FILE: 'two', JIT_KEY_ID: 'x' }, 'JIT_KEY_ID is "x": expected one of the keys'],
    [{ JIT_KEY_FILE: 'none' }, 'JIT_KEY_FILE is "none", and it is ENOENT: no such file'],
    [{ JIT_KEY_FILE: 'broken' }, 'JIT_KEY_FILE is "broken", and it is not what it must be'],
    [{ JIT_KEY_FILE: 'list' }, 'JIT_KEY_FILE is "list", and it is not what it must be'],
    [
      { JIT_KEY_FILE: 'one', JIT_API_URL: 'jit.example.com' },
      'JIT_API_URL is "jit.example.com": expected the URL',
    ],
    [{ JIT_KEY_FILE: 'one', JIT_API_URL: '' }, 'JIT_API_URL is not set'],
    [{ JIT_KEY_FILE: 'one', JIT_API_URL: 'https://a:hush@b.c' }, 'JIT_API_URL has a user'],
  ])('explains %j, and tells no secret', (env, problem) => {
    const problems = callerFor(env);
    expect(problems).toHaveLength(1);
    expect(String(problems)).toContain(problem);
    expect(String(problems)).not.toContain('hush');
  });
});
