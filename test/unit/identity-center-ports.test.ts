// That the AWS side has the shape the reconciler asks for: neither may import the other.

import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  type CreateAccountAssignmentCommand,
  type DeleteAccountAssignmentCommand,
  ListPermissionSetsCommand,
} from '@aws-sdk/client-sso-admin';
import { expect, expectTypeOf, test } from 'vitest';
import type {
  CallOutcome,
  LiveReader,
  LiveWriter,
  OperationSlots,
} from '../../reconciler/identity-center.ts';
import type { createCallBudget } from '../../src/aws/call-budget.ts';
import { createIdentityCenterClients, sendThrough } from '../../src/aws/identity-center-client.ts';
import type { createReadLive } from '../../src/aws/read-live.ts';
import type { createWriteLive, WriteOutcome } from '../../src/aws/write-live.ts';

test('createReadLive() is a LiveReader', () => {
  expectTypeOf<ReturnType<typeof createReadLive>>().toExtend<LiveReader>();
});

test('createWriteLive() is a LiveWriter', () => {
  expectTypeOf<ReturnType<typeof createWriteLive>>().toExtend<LiveWriter>();
  expectTypeOf<CallOutcome>().toExtend<WriteOutcome>();
});

test('createCallBudget() has the OperationSlots', () => {
  expectTypeOf<ReturnType<typeof createCallBudget>>().toExtend<OperationSlots>();
});

test('sendThrough() serves the reader and the writer', () => {
  expectTypeOf<ReturnType<typeof sendThrough>>().toExtend<Parameters<typeof createReadLive>[0]['send']>();
  expectTypeOf<ReturnType<typeof sendThrough>>().toExtend<Parameters<typeof createWriteLive>[0]['send']>();
});

test('createReadLive() takes no door that writes', () => {
  type ReadCommand = Parameters<Parameters<typeof createReadLive>[0]['send']>[0];
  expectTypeOf<CreateAccountAssignmentCommand>().not.toExtend<ReadCommand>();
  expectTypeOf<DeleteAccountAssignmentCommand>().not.toExtend<ReadCommand>();
});

test('createIdentityCenterClients() never retries and gives up calls that hang', async () => {
  const { ssoAdmin, identityStore } = createIdentityCenterClients({ region: 'eu-central-1' });
  for (const client of [ssoAdmin, identityStore]) {
    expect(await client.config.maxAttempts()).toBe(1);
    expect(await client.config.region()).toBe('eu-central-1');
  }
});

test('createIdentityCenterClients() throws TimeoutError when no answer comes', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { ssoAdmin } = createIdentityCenterClients({
    region: 'eu-central-1',
    endpoints: { ssoAdmin: `http://127.0.0.1:${port}` },
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    limits: { attemptMs: 50 },
  });
  const failure = sendThrough(ssoAdmin)(
    new ListPermissionSetsCommand({ InstanceArn: 'arn:aws:sso:::instance/ssoins-1111111111111111' }),
  );
  await expect(failure).rejects.toMatchObject({ name: 'TimeoutError' });
  server.closeAllConnections();
  server.close();
});
