// DynamoDB Local as a process: it comes up, keeps its data, and never outlives whoever started it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { built, ROOT } from '../built.ts';
import { endWithUs } from '../end-with-us.ts';
import { freePort } from '../free-port.ts';
import { createTestClient, needsTables, uniqueTableNames } from '../test-tables.ts';

const tableNames = uniqueTableNames();

function storeAt(endpoint: string) {
  const client = createTestClient(endpoint);
  return { client, store: createDynamoDbStore({ client, tableNames }) };
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  }
}

async function untilSilent(port: number): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (await answers(port)) {
    if (performance.now() > deadlineMs) throw new Error(`port ${port} still answers`);
    await delay(100);
  }
}

/** A process of its own that starts DynamoDB Local, prints `ready` and stays. */
async function startInChild(port: number): Promise<ChildProcess> {
  const module = pathToFileURL(built('local/dynamodb.ts')).href;
  const code = `
    const { startDynamoDbLocal } = await import(${JSON.stringify(module)});
    await startDynamoDbLocal({ port: ${port} });
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const argv = ['--input-type=module', '-e', code];
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = endWithUs(spawn(process.execPath, argv, { cwd: ROOT, stdio: [...stdio] }));
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  expect(String(first)).toContain('ready');
  return child;
}

describe('startDynamoDbLocal()', needsTables(), () => {
  test('keeps what was written in its folder, and stops when asked', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'dynamodb-local-'));
    const port = await freePort();
    try {
      const first = await startDynamoDbLocal({ port, dataDir });
      const { client, store } = storeAt(first.endpoint);
      await createTables({ client, tableNames });
      await store.transact([{ kind: 'put', table: 'control', row: { name: 'kept' } }]);
      await first.stop();
      await first.stop();
      expect(await answers(port)).toBe(false);
      const second = await startDynamoDbLocal({ port, dataDir });
      expect(await storeAt(second.endpoint).store.get('control', { name: 'kept' })).toEqual({ name: 'kept' });
      await second.stop();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('ends when its process is ended by %s', async (signal) => {
    const port = await freePort();
    const child = await startInChild(port);
    expect(await answers(port)).toBe(true);
    child.kill(signal);
    await once(child, 'exit');
    await untilSilent(port);
  });

  test('says that the port is taken', async () => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, resolve));
    await expect(startDynamoDbLocal({ port })).rejects.toThrow(`port ${port} is not free`);
    await new Promise((resolve) => server.close(resolve));
  });

  test('shows what it printed when it ends early', async () => {
    const port = await freePort();
    const dataDir = path.join(tmpdir(), 'dynamodb-local-that-does-not-exist');
    await expect(startDynamoDbLocal({ port, dataDir })).rejects.toThrow(/It printed:\n[\s\S]*directory/i);
    expect(await answers(port)).toBe(false);
  });
});
