// Services that begin to answer and never end: the body stops, comes a byte at a time, or goes on and on. The limits are
// short here; what they are in earnest stands with the clients.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListAccountAssignmentsCommand } from '@aws-sdk/client-sso-admin';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientLimits } from '../../src/aws/bounded-client.ts';
import { classifyError } from '../../src/aws/classify-error.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { createIdentityCenterClients, sendThrough } from '../../src/aws/identity-center-client.ts';
import { StoreError } from '../../src/store-error.ts';
import { needsTables, uniqueTableNames } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openWireStage, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

const LIMITS: ClientLimits = {
  connectMs: 2_000,
  attemptMs: 2_000,
  attemptsMax: 2,
  callMs: 6_000,
  answerMaxBytes: 4 * 1024 * 1024,
};
/** All attempts, and as much again for a busy machine. */
const PATIENCE_MS = 12_000;
const MEMORY_MAX_BYTES = 64 * 1024 * 1024;

const answers = {
  stalls: () => undefined,
  trickles: (response: ServerResponse) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(timer));
  },
  'goes on and on': (response: ServerResponse) => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  },
};
type Answer = keyof typeof answers;

describe('a service whose answers do not end', () => {
  let answer: Answer = 'stalls';
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.write('{');
    answers[answer](response);
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  let endpoint: string;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const openStore = (given: Partial<Parameters<typeof createDocumentClient>[0]> = {}) =>
    createDynamoDbStore({
      client: createDocumentClient({ region: 'us-east-1', endpoint, credentials, limits: LIMITS, ...given }),
      tableNames: uniqueTableNames(),
    });
  const openConnections = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  const calls: readonly [string, () => Promise<unknown>][] = [
    [
      'Query gsi_status_due',
      () =>
        openStore().query({
          table: 'requests',
          index: 'gsi_status_due',
          partition: { attribute: 'status', value: 'REVOKED' },
        }),
    ],
    [
      'PutItem jit_nonces',
      () =>
        openStore().transact([
          {
            kind: 'put',
            table: 'nonces',
            row: { key_id: 'k', nonce: 'n' },
            onlyIf: [{ attribute: 'nonce', absent: true }],
          },
        ]),
    ],
    [
      'ListAccountAssignments',
      () => {
        const endpoints = { ssoAdmin: endpoint };
        const given = { region: 'us-east-1', endpoints, credentials, limits: LIMITS };
        return sendThrough(createIdentityCenterClients(given).ssoAdmin)(
          new ListAccountAssignmentsCommand({
            InstanceArn: 'arn:aws:sso:::instance/ssoins-1111111111111111',
            AccountId: '111111111111',
            PermissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111',
          }),
        );
      },
    ],
  ];

  /** What a call fails with, and that it does within its limits of time and memory, and leaves no connection behind. */
  const failureOf = async (call: () => Promise<unknown>): Promise<unknown> => {
    const startedMs = performance.now();
    const before = process.memoryUsage();
    const failure = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(performance.now() - startedMs).toBeLessThan(PATIENCE_MS);
    const { rss } = process.memoryUsage();
    expect(rss - before.rss).toBeLessThan(MEMORY_MAX_BYTES);
    await eventually('no connection is left', async () => (await openConnections()) === 0 || undefined);
    return failure;
  };

  test.each(calls)('%s is lost where the answer stalls, trickles or goes on and on', async (_name, call) => {
    const names: Record<Answer, string> = {
      stalls: 'TimeoutError',
      trickles: 'TimeoutError',
      'goes on and on': 'AnswerTooLargeError',
    };
    for (const each of Object.keys(answers) as Answer[]) {
      answer = each;
      const failure = await failureOf(call);
      const cause = failure instanceof StoreError ? failure.cause : failure;
      expect(cause).toMatchObject({
        name: names[each],
        message: expect.stringContaining('may have taken effect'),
      });
      expect(classifyError(cause).kind).toBe('lost');
    }
  });

  test('a call whose credentials never come has an end', async () => {
    const store = openStore({ credentials: () => new Promise(() => undefined) });
    const failure = await failureOf(() => store.get('control', { name: 'leader' }));
    expect(failure).toMatchObject({ cause: { name: 'TimeoutError' } });
  });

  test('a date in an answer is told, between two instants of ours', async () => {
    const told: { dateMs: number; sentMs: number; receivedMs: number }[] = [];
    answer = 'stalls';
    const dates = {
      clock: { nowMs: () => Date.now() },
      onDate: (dated: (typeof told)[number]) => told.push(dated),
    };
    await failureOf(() => openStore({ dates }).get('control', { name: 'leader' }));
    expect(told).toHaveLength(LIMITS.attemptsMax);
    for (const { dateMs, sentMs, receivedMs } of told) {
      expect(receivedMs).toBeGreaterThanOrEqual(sentMs);
      expect(dateMs).toBeGreaterThan(sentMs - 1_000);
      expect(dateMs).toBeLessThanOrEqual(receivedMs);
    }
  });
});

describe('an API whose table of nonces stalls', needsTables(), () => {
  let stage: WireStage;
  let tables: TcpProxy;
  beforeAll(async () => {
    stage = await openWireStage();
    tables = await startTcpProxy({ url: stage.urls.dynamoDb, random: () => 0 });
  });
  afterAll(async () => {
    await stage?.close();
    await tables?.close();
  });
  /** What the plugin waits for each answer. */
  const PLUGIN_WAITS_MS = 10_000;

  test('is still looked at and revoked through, while the plugin waits', async () => {
    const [wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('nobody wishes anything');
    const { id } = await askAndApprove(stage.caller, wish);
    const env = { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tables.port}`, REVOKE_WAIT_MS: '0' };
    const caller = await stage.startApi({ env });
    tables.disturb(['stalled'], new RegExp(`DynamoDB_20120810.PutItem[^]*"${stage.tableNames.nonces}"`));
    const startedMs = performance.now();
    expect(await caller.request(id)).toMatchObject({ request_id: id });
    const lookedMs = performance.now();
    await caller.revoke(id);
    const revokedMs = performance.now();
    expect(tables.calls.filter(({ fate }) => fate === 'stalled').length).toBeGreaterThanOrEqual(4);
    expect(Math.max(lookedMs - startedMs, revokedMs - lookedMs)).toBeLessThan(PLUGIN_WAITS_MS / 2);
  });
});
