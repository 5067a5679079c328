// The wire itself, the operators' door, what survives a kill, and an end that is prompt.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_ORGANISATION,
} from '../../local/identity-center/demo-organisation.ts';
import {
  type IdentityCenterServer,
  startIdentityCenterServer,
} from '../../local/identity-center/http-server.ts';
import { seededRandom } from './seeded-random.ts';
import { assignmentOf, CALM, inputOf, START_MS } from './stage.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let folder: string;
let clock: VirtualClock;
let server: IdentityCenterServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'identity-center-'));
  clock = createVirtualClock(START_MS);
  server = await start();
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function start(differences: { host?: string; port?: number; settings?: object } = {}) {
  return startIdentityCenterServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: CALM,
    snapshotFile: join(folder, 'state.json'),
    ...differences,
  });
}

function callAws(target: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...headers },
    body,
  });
}

function create(): Promise<Response> {
  return callAws('SWBExternalService.CreateAccountAssignment', JSON.stringify(inputOf(assignmentOf())));
}

async function admin(method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}/admin/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

test('serveAws() answers JSON 1.1: float seconds, a request id, absent members left out', async () => {
  clock.advance(123);
  const response = await create();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(response.headers.get('x-amzn-RequestId')).toMatch(/^[0-9a-f-]{36}$/);
  const body = (await response.json()) as { AccountAssignmentCreationStatus: { CreatedDate: number } };
  expect(body.AccountAssignmentCreationStatus.CreatedDate).toBe(START_MS / 1000 + 0.123);
  expect(body.AccountAssignmentCreationStatus).not.toHaveProperty('FailureReason');
});

test('serveAws() answers a client fault with 400, __type and Message', async () => {
  const response = await callAws('SWBExternalService.ListPermissionSets', '{"InstanceArn":"x"}');
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    __type: 'ValidationException',
    Message: expect.stringContaining("at 'instanceArn' failed to satisfy constraint"),
  });
});

test.each([
  ['Nobody.ListPermissionSets', '{}', 'UnknownOperationException'],
  ['SWBExternalService.Explode', '{}', 'UnknownOperationException'],
  ['SWBExternalService.ListUsers', '{}', 'UnknownOperationException'],
  ['', '{}', 'UnknownOperationException'],
  ['SWBExternalService.ListPermissionSets', '{', 'SerializationException'],
  ['SWBExternalService.ListPermissionSets', '[]', 'SerializationException'],
  ['SWBExternalService.ListPermissionSets', 'null', 'ValidationException'],
])('serveAws() answers target "%s" with body %s by %s', async (target, body, name) => {
  const response = await callAws(target, body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: name });
});

test('serveAws() answers another content type or method with 404, and a huge body with 413', async () => {
  const wrongType = await callAws('SWBExternalService.ListInstances', '{}', { 'content-type': 'text/plain' });
  expect(wrongType.status).toBe(404);
  expect((await fetch(server.url)).status).toBe(404);
  const huge = await callAws('SWBExternalService.ListInstances', `"${'x'.repeat(300_000)}"`);
  expect(huge.status).toBe(413);
});

test('serveAdmin() shows settings and changes a part of them while it runs', async () => {
  const changed = await admin('PUT', 'settings', { operationMs: 7, conflictScope: 'tuple' });
  expect(changed).toMatchObject({ status: 200, body: { operationMs: 7, conflictScope: 'tuple' } });
  expect((await admin('GET', 'settings')).body).toEqual(changed.body);
});

test.each([
  ['PUT', 'settings', { speed: 1 }, 'settings.speed: unknown field'],
  ['PUT', 'settings', { operationMs: 'fast' }, 'settings.operationMs: '],
  ['POST', 'faults', { operation: '*' }, 'fault.fault: '],
  ['POST', 'assignments', { accountId: 'x' }, 'change.assignment.accountId: '],
  ['POST', 'changes', { kind: 'explode' }, 'change.kind: '],
])('serveAdmin() refuses %s %s %j and names the field', async (method, path, body, message) => {
  const refused = await admin(method, path, body);
  expect(refused).toEqual({ status: 400, body: { error: expect.stringContaining(message) } });
});

test('serveAdmin() queues faults, shows and clears them', async () => {
  const rule = { operation: 'ListInstances', fault: { kind: 'error', name: 'ConflictException' }, times: 5 };
  expect((await admin('POST', 'faults', rule)).status).toBe(200);
  const response = await callAws('SWBExternalService.ListInstances', '{}');
  expect(await response.json()).toMatchObject({ __type: 'ConflictException' });
  expect((await admin('GET', 'faults')).body).toMatchObject([{ times: 4 }]);
  expect(await admin('DELETE', 'faults')).toEqual({ status: 204, body: undefined });
  expect((await admin('GET', 'faults')).body).toEqual([]);
});

test('serveAdmin() assigns and unassigns by another hand', async () => {
  const row = assignmentOf();
  expect((await admin('POST', 'assignments', row)).status).toBe(204);
  expect((await admin('GET', 'assignments')).body).toContainEqual(row);
  expect((await admin('DELETE', 'assignments', row)).status).toBe(204);
  expect((await admin('GET', 'assignments')).body).not.toContainEqual(row);
});

test('serveAdmin() changes the organisation: a suspended account hangs', async () => {
  const account = { id: DEMO_ACCOUNTS.dev, name: 'dev', suspended: true };
  expect((await admin('POST', 'changes', { kind: 'put-account', account })).status).toBe(204);
  await create();
  clock.advance(60_000);
  expect((await admin('GET', 'operations')).body).toMatchObject([{ kind: 'CREATE', status: 'IN_PROGRESS' }]);
});

test('serveAdmin() lists recent calls, newest first, and no more than 500', async () => {
  for (let round = 0; round < 501; round += 1) await callAws('SWBExternalService.ListInstances', '{}');
  await create();
  const { body } = await admin('GET', 'calls');
  expect(body).toHaveLength(500);
  expect(body).toMatchObject({
    0: { operation: 'CreateAccountAssignment', outcome: 'reply', at: new Date(START_MS).toISOString() },
    1: { operation: 'ListInstances' },
  });
});

test('serveAdmin() takes no other content type and no unknown route', async () => {
  const plain = await fetch(`${server.url}/admin/settings`, { method: 'PUT', body: '{"operationMs":1}' });
  expect(plain.status).toBe(415);
  expect((await admin('GET', 'nothing')).status).toBe(404);
});

test('serveAdmin() answers under loopback names only', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'attacker.example' };
    const request = httpRequest(`${server.url}/admin/settings`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject).end();
  });
  expect(status).toBe(403);
});

test('startIdentityCenterServer() has saved what it acknowledged, and goes on after a kill', async () => {
  await create();
  // No close(): what a killed process leaves behind is what the file holds now.
  const saved = readFileSync(join(folder, 'state.json'), 'utf8');
  await server.close();
  writeFileSync(join(folder, 'state.json'), saved);
  server = await start();
  clock.advance(1_000);
  expect((await admin('GET', 'assignments')).body).toContainEqual(assignmentOf());
});

test('startIdentityCenterServer() keeps the operators’ settings, but for those it is started with', async () => {
  await admin('PUT', 'settings', { operationMs: 7, outstandingMax: 3 });
  await server.close();
  server = await start({ settings: { operationMs: 900 } });
  expect((await admin('GET', 'settings')).body).toMatchObject({ operationMs: 900, outstandingMax: 3 });
});

test('startIdentityCenterServer() refuses a damaged snapshot file by its name', async () => {
  writeFileSync(join(folder, 'state.json'), '{"version":1');
  await expect(start()).rejects.toThrow(/Cannot read .*state\.json: expected the JSON of a snapshot/);
});

test('startIdentityCenterServer() says so when it cannot save, instead of acknowledging', async () => {
  rmSync(folder, { recursive: true });
  const response = await create();
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ __type: 'InternalFailure' });
  folder = mkdtempSync(join(tmpdir(), 'identity-center-'));
});

test('startIdentityCenterServer() refuses a host that is not loopback, and a port in use', async () => {
  await expect(start({ host: '0.0.0.0' })).rejects.toThrow(/host "0\.0\.0\.0": expected one of 127\.0\.0\.1/);
  await expect(start({ port: Number(new URL(server.url).port) })).rejects.toThrow(/EADDRINUSE/);
});

test('close() ends kept-alive connections and waiting answers at once', async () => {
  await admin('POST', 'faults', { operation: '*', fault: { kind: 'slow-answer', delayMs: 3_600_000 } });
  const waiting = callAws('SWBExternalService.ListInstances', '{}').catch((error: unknown) => error);
  while (((await admin('GET', 'calls')).body as unknown[]).length === 0);
  await server.close();
  expect(await waiting).toBeInstanceOf(Error);
  server = await start();
});

test('DEMO_INSTANCE_ARN is what the instance list gives', async () => {
  const response = await callAws('SWBExternalService.ListInstances', '{}');
  expect(await response.json()).toMatchObject({ Instances: [{ InstanceArn: DEMO_INSTANCE_ARN }] });
});
