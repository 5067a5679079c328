// The `jit` command as a process, against an API that checks signatures; and as process 1, as a container has it.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { checkSignatureHeaders, signedPathOf, verifySignature } from '../../src/signature.ts';
import { built } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { freePort } from '../free-port.ts';
import { needs } from '../needs.ts';
import { eventually } from './eventually.ts';

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

const JIT = [built('cli/main.ts')];
const envFor = (port: number, path = '') => ({
  PATH: process.env.PATH,
  JIT_API_URL: `http://127.0.0.1:${port}${path}`,
  JIT_KEY_ID: 'ops-1',
  JIT_KEY_SECRET: 'hush',
});

function jit(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...JIT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

let server: Server | undefined;
afterEach(() => server?.closeAllConnections());
afterEach(() => server?.close());

type Call = { readonly method: string; readonly target: string; readonly body: string };

/** Hands well-signed calls to `answer`, and answers any other with 401. It lies below `basePath`, which is not signed. */
async function api(answer: (call: Call, response: ServerResponse) => void, basePath = ''): Promise<number> {
  const port = await freePort();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: target = '' } = request;
    const body = Buffer.concat(chunks);
    const path = signedPathOf(target, basePath) ?? '';
    const checked = checkSignatureHeaders({ headers: request.headersDistinct, nowMs: Date.now() });
    if (!checked.ok || !verifySignature({ ...checked, method, path, body, secret: 'hush' }))
      return void response.writeHead(401).end('{"message":"Not signed well.","code":"unauthenticated"}');
    answer({ method, target, body: body.toString() }, response);
  }).listen(port, '127.0.0.1');
  return port;
}

test('jit signs a call, sends what was asked for, and prints the answer as JSON', async () => {
  const calls: Call[] = [];
  const port = await api((call, response) => {
    calls.push(call);
    response.end('{"status":"REVOKED"}');
  }, '/jit');
  const ended = await jit(['jit', 'revoke', 'r/1', '--actor', 'bé@example.com'], envFor(port, '/jit/'));
  expect(ended).toEqual({ code: 0, stdout: '{\n  "status": "REVOKED"\n}\n', stderr: '' });
  expect(calls).toEqual([
    { method: 'POST', target: '/jit/requests/r%2F1/revoke', body: '{"actor_email":"bé@example.com"}' },
  ]);
});

test('jit audit prints JSON lines as they are', async () => {
  const port = await api(({ target }, response) => {
    response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
    response.write('{"n":1}\n');
    response.end(`{"asked":"${target}"}\n`);
  });
  expect(await jit(['audit', '--channel', 'demo'], envFor(port))).toEqual({
    code: 0,
    stdout: '{"n":1}\n{"asked":"/audit?channel_id=demo"}\n',
    stderr: '',
  });
});

test('jit says that a list of audit events broke off', async () => {
  const port = await api((_call, response) => {
    response.setHeader('Content-Type', 'application/x-ndjson');
    response.write('{"n":1}\n', () => response.destroy());
  });
  const ended = await jit(['audit', '--channel', 'demo'], envFor(port));
  expect(ended).toMatchObject({ code: 1, stdout: '{"n":1}\n' });
  expect(ended.stderr).toContain('failed: aborted');
});

test('jit tells what the API refused, in its words, and ends with 1', async () => {
  const port = await api((_call, response) =>
    response.writeHead(403).end('{"message":"No.","code":"forbidden"}'),
  );
  expect(await jit(['status'], envFor(port))).toEqual({
    code: 1,
    stdout: '',
    stderr: 'the API refused, 403: No. (forbidden)\n',
  });
  const wrong = await jit(['status'], { ...envFor(port), JIT_KEY_SECRET: 'other' });
  expect(wrong.stderr).toBe('the API refused, 401: Not signed well. (unauthenticated)\n');
});

test('jit tells where nobody listens, and ends with 1', async () => {
  const port = await freePort();
  const stderr = `nothing listens at JIT_API_URL, http://127.0.0.1:${port}/\n`;
  expect(await jit(['plan'], envFor(port))).toEqual({ code: 1, stdout: '', stderr });
});

test('jit says what it is missing, and ends with 2', async () => {
  const ended = await jit(['plan'], { PATH: process.env.PATH });
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(
    /^JIT_API_URL is not set: .*\nneither JIT_KEY_FILE nor JIT_KEY_SECRET is set: .*\n$/,
  );
});

test.each([
  ['api', ['SIGNING_KEYS_FILE']],
  ['reconciler', ['CALLBACK_KEYS_FILE', 'PLUGIN_WEBHOOK_URL']],
  ['all', ['SIGNING_KEYS_FILE', 'CALLBACK_KEYS_FILE', 'PLUGIN_WEBHOOK_URL']],
  ['once', ['CALLBACK_KEYS_FILE', 'PLUGIN_WEBHOOK_URL']],
])('jit %s says all that is wrong with its configuration at once, and ends with 1', async (verb, names) => {
  const ended = await jit([verb], { PATH: process.env.PATH, LOG_LEVEL: 'loud' });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  for (const name of [...names, 'RECONCILE_MODE', 'SSO_INSTANCE_ARN', 'LOG_LEVEL is "loud"'])
    expect(ended.stderr).toContain(name);
});

test.each([
  ['api', 'API_PORT'],
  ['api', 'ADMIN_PORT'],
  ['reconciler', 'ADMIN_PORT'],
  ['all', 'ADMIN_PORT'],
])('jit %s ends with 1 where its %s is taken, and says so', async (verb, variable) => {
  const taken = await api(() => undefined);
  const ports = { API_PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
  // Tables that do not answer keep no part from listening.
  const nowhere = String(await freePort());
  const env = lambdaEnvironment({ LOCAL_DYNAMODB_PORT: nowhere, LOCAL_IDENTITY_CENTER_PORT: nowhere });
  const ended = await jit([verb], {
    ...{ PATH: process.env.PATH, PLUGIN_WEBHOOK_URL: 'https://chat.example.com/webhook' },
    ...{ ...env, ...ports, [variable]: String(taken) },
  });
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/EADDRINUSE.*the process does not start/);
});

/** Sends itself the signal at the one moment at which it could be lost: when the part begins to listen for it. */
const SIGNALLED = `data:text/javascript,${encodeURIComponent(`
  let listeners = 0;
  process.on('newListener', (name) => {
    if (name === 'SIGTERM' && ++listeners === 2) process.kill(process.pid, 'SIGTERM');
  });
`)}`;

test.each(['api', 'reconciler', 'all', 'once'])(
  'jit %s loses no signal that comes while it is loading',
  async (verb) => {
    const nowhere = String(await freePort());
    const env = lambdaEnvironment({ LOCAL_DYNAMODB_PORT: nowhere, LOCAL_IDENTITY_CENTER_PORT: nowhere });
    const ports = { API_PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
    const all = {
      PATH: process.env.PATH,
      PLUGIN_WEBHOOK_URL: 'https://chat.example.com/webhook',
      ...env,
      ...ports,
    };
    const argv = ['--import', SIGNALLED, ...JIT, verb];
    const child = endWithUs(spawn(process.execPath, argv, { env: all, stdio: 'ignore' }));
    try {
      expect(await once(child, 'exit')).toEqual([143, null]);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

/** A process namespace of one's own takes rights that not every machine gives. */
function canBeProcessOne(): boolean {
  try {
    execFileSync('unshare', ['-p', '-f', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test(
  'jit as process 1 ends at a signal, also before anything of it listens for one',
  needs({ unshare: canBeProcessOne() }),
  async () => {
    let isAsked = false;
    // An API that does not answer.
    const port = await api(() => {
      isAsked = true;
    });
    const argv = ['-p', '-f', '--kill-child', process.execPath, ...JIT, 'status'];
    const outer = endWithUs(spawn('unshare', argv, { env: envFor(port), stdio: 'ignore' }));
    const exited = once(outer, 'exit');
    try {
      await eventually('the call', async () => isAsked || undefined);
      const inner = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8'));
      process.kill(inner, 'SIGTERM');
      expect(await exited).toEqual([143, null]);
    } finally {
      outer.kill('SIGKILL');
    }
  },
);
