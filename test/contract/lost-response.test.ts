// An answer that is lost after DynamoDB has written: the SDK sends again, and nobody may be told a lie.

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import type { Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { createTestClient, createTestTables, needsTables } from '../test-tables.ts';

describe('transact() behind a connection that breaks once', needsTables(), () => {
  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  /** Passes everything on, but hangs up instead of passing the first answer back. */
  async function losingFirstAnswer(endpoint: string): Promise<string> {
    let lost = 0;
    proxy = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const onward = request(new URL(url ?? '/', endpoint), { method, headers }, (answer) => {
        if (lost++ === 0) {
          answer.resume().once('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  const claim = (name: string): Write => ({
    kind: 'put',
    table: 'control',
    row: { name },
    onlyIf: [{ attribute: 'name', absent: true }],
  });

  async function transactOnce(writes: readonly Write[]) {
    const { endpoint, tableNames, store } = await createTestTables();
    const client = createTestClient(await losingFirstAnswer(endpoint));
    const outcome = createDynamoDbStore({ client, tableNames }).transact(writes);
    return {
      outcome: await outcome.catch((error: unknown) => error),
      rows: (await store.scan('control', {})).rows,
    };
  }

  test('transact() answers written for a transaction, by its token', async () => {
    const { outcome, rows } = await transactOnce([claim('a'), claim('b')]);
    expect(outcome).toEqual({ outcome: 'written' });
    expect(rows).toHaveLength(2);
  });

  test('transact() throws for a lone write, whose condition fails on what it wrote itself', async () => {
    const { outcome, rows } = await transactOnce([claim('a')]);
    expect(outcome).toBeInstanceOf(StoreError);
    expect(rows).toHaveLength(1);
  });
});
