// A table that takes the call and never answers.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CALL_LIMITS, createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { uniqueTableNames } from '../test-tables.ts';

/** What the plugin waits for an answer. */
const PLUGIN_WAITS_MS = 10_000;

test('createDocumentClient() with the limits of a call gives up a table that hangs while the caller still listens', async () => {
  const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const client = createDocumentClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    limits: CALL_LIMITS,
  });
  const store = createDynamoDbStore({ client, tableNames: uniqueTableNames() });
  const startedMs = performance.now();
  await expect(store.get('control', { name: 'x' })).rejects.toThrow('could not read');
  expect(performance.now() - startedMs).toBeLessThan(PLUGIN_WAITS_MS / 2);
  client.destroy();
  hanging.closeAllConnections();
  hanging.close();
});
