import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { checkSignatureHeaders, signedPathOf, verifySignature } from '../../src/signature.ts';
import { built } from '../built.ts';
import { freePort } from '../free-port.ts';

type Ended = { code: number; stdout: string; stderr: string };

function call(args: string[], port: number | string): Promise<Ended> {
  const env = { PATH: process.env.PATH, API_PORT: String(port) };
  const argv = [built('local/call.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

let server: Server | undefined;
afterEach(() => server?.closeAllConnections());
afterEach(() => server?.close());

/** An API that answers `status` to a well-signed call of `secret`, and 401 to any other. */
async function api(secret: string, status: number, answer: string): Promise<number> {
  const port = await freePort();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const checked = checkSignatureHeaders({ headers: request.headersDistinct, nowMs: Date.now() });
    const signed = {
      method: request.method ?? '',
      path: signedPathOf(request.url ?? '') ?? '',
      body: Buffer.concat(chunks),
    };
    const good = checked.ok && verifySignature({ ...checked, ...signed, secret });
    response.writeHead(good ? status : 401).end(answer);
  }).listen(port, '127.0.0.1');
  return port;
}

test('call signs with the plugin key, prints status and pretty JSON, and ends with 0', async () => {
  const port = await api('local-plugin-secret', 201, '{"request_id":"r-1"}');
  expect(await call(['POST', '/requests/a%2Fb/../x?y=1', '{"reason":"réparer"}'], port)).toEqual({
    code: 0,
    stdout: '201 Created\n{\n  "request_id": "r-1"\n}\n',
    stderr: '',
  });
});

test('call signs with the ops key with --ops', async () => {
  const port = await api('local-ops-secret', 200, 'plain');
  expect(await call(['GET', '/drift', '--ops'], port)).toMatchObject({ code: 0, stdout: '200 OK\nplain\n' });
});

test('call ends with 1 for any other status', async () => {
  const port = await api('local-plugin-secret', 409, '{"message":"no"}');
  expect(await call(['GET', '/drift'], port)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^409 Conflict\n/),
  });
});

test('call asks whether local mode runs when nobody listens', async () => {
  const ended = await call(['GET', '/drift'], await freePort());
  expect(ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('is `npm start` running?'),
  });
});

test('call explains itself when it is not understood', async () => {
  expect(await call([], 8080)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('usage: npm run call -- METHOD PATH'),
  });
  expect(await call(['GET', '/drift'], 'http')).toMatchObject({
    code: 1,
    stderr: 'API_PORT is "http": expected a port\n',
  });
});
