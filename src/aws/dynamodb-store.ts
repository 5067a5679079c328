// The tables as they are in DynamoDB. Decides nothing about rows: it translates, and tells what was refused apart
// from what failed. It must never answer `refused` when the write may have happened.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import pRetry from 'p-retry';
import type { Key, Page, Query, Row, Store, Table, Write } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { TableDefinitions } from '../table-definitions.ts';
import { isAnswerTooLarge } from './bounded-handler.ts';
import { toQueryInput } from './query-input.ts';
import { type TransactItem, toTransactItem } from './transact-item.ts';

export type TableNames = Readonly<Record<Table, string>>;
export type DocumentClient = Pick<DynamoDBDocumentClient, 'send'>;

// TransactWriteItems takes up to 100 actions, BatchGetItem up to 100 keys.
const WRITES_MAX = 100;
const BATCH_KEYS_MAX = 100;
// A conflict says nothing about the rows, so there is nothing for the caller to read and decide anew; but it passes
// within milliseconds. Three short tries more, then the caller is told.
const CONFLICT_RETRIES = 3;
// One answer holds at most 16 MB, so that even unthrottled 100 large rows take three rounds.
const BATCH_ROUNDS_MAX = 10;

/**
 * `retryDelayMs` (default 25) is the first pause after a conflict or an incomplete batch; it doubles, with jitter.
 * Everything that is not an outcome is thrown as `StoreError`. Throws `RangeError` for no or too many writes.
 */
export function createDynamoDbStore(deps: {
  readonly client: DocumentClient;
  readonly tableNames: TableNames;
  readonly retryDelayMs?: number;
}): Store {
  const { client, tableNames, retryDelayMs = 25 } = deps;
  return {
    get: (table, key) =>
      failingAs(`read ${tableNames[table]}`, async () => {
        const TableName = tableNames[table];
        const { Item } = await client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }));
        return Item;
      }),
    getMany: (table, keys) =>
      failingAs(`read ${tableNames[table]}`, async () => {
        const rows: Row[] = [];
        for (const chunk of chunksOf(distinct(table, keys), BATCH_KEYS_MAX)) {
          rows.push(...(await readBatch(client, tableNames[table], chunk, retryDelayMs)));
        }
        return rows;
      }),
    query: (query) => failingAs(describeQuery(query, tableNames), () => readPage(client, tableNames, query)),
    scan: (table, options) =>
      failingAs(`scan ${tableNames[table]}`, async () => {
        const { index: IndexName, limit: Limit, after: ExclusiveStartKey } = options;
        const TableName = tableNames[table];
        const scan = new ScanCommand({ TableName, IndexName, Limit, ExclusiveStartKey });
        return toPage(await client.send(scan));
      }),
    transact: async (writes) => {
      if (writes.length < 1 || writes.length > WRITES_MAX) {
        throw new RangeError(`a transaction has 1 to ${WRITES_MAX} writes, not ${writes.length}`);
      }
      try {
        await sendWrites(client, tableNames, writes, retryDelayMs);
        return { outcome: 'written' };
      } catch (error) {
        const failed = refusedPositions(error);
        if (failed !== undefined) return { outcome: 'refused', failed };
        throw new StoreError(describeWrites(writes, tableNames), { cause: error });
      }
    },
  };
}

async function failingAs<T>(action: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new StoreError(action, { cause: error });
  }
}

/**
 * One token covers every attempt of a transaction, the SDK's own after a lost response and ours after a conflict.
 * DynamoDB remembers for ten minutes which tokens were written and answers success again, so an attempt that was
 * written unseen never comes back as a condition that failed.
 */
async function sendWrites(
  client: DocumentClient,
  names: TableNames,
  writes: readonly Write[],
  delayMs: number,
) {
  const items = writes.map((write) => toTransactItem(write, names[write.table]));
  const token = randomUUID();
  await pRetry(() => sendOnce(client, items, token), {
    retries: CONFLICT_RETRIES,
    minTimeout: delayMs,
    randomize: true,
    shouldRetry: ({ error }) =>
      error instanceof TransactionInProgressException || refusedPositions(error)?.length === 0,
  });
}

async function sendOnce(client: DocumentClient, items: TransactItem[], token: string): Promise<void> {
  const only = items.length === 1 ? items[0] : undefined;
  if (only?.Put) await client.send(new PutCommand(only.Put));
  else if (only?.Update) await client.send(new UpdateCommand(only.Update));
  else if (only?.Delete) await client.send(new DeleteCommand(only.Delete));
  // A lone condition check has no command of its own, so it too goes as a transaction.
  else await client.send(new TransactWriteCommand({ TransactItems: items, ClientRequestToken: token }));
}

/** Positions of the conditions that failed, none for a conflict; undefined where it may have been written. */
function refusedPositions(error: unknown): readonly number[] | undefined {
  if (error instanceof ConditionalCheckFailedException) return wasRetried(error) ? undefined : [0];
  if (error instanceof TransactionConflictException) return wasRetried(error) ? undefined : [];
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code ?? 'None');
  const failed = [...codes.keys()].filter((position) => codes[position] === 'ConditionalCheckFailed');
  if (failed.length > 0) return failed;
  const others = codes.filter((code) => code !== 'None');
  return others.length > 0 && others.every((code) => code === 'TransactionConflict') ? [] : undefined;
}

/**
 * A write of one row carries no token. When the SDK sent it more than once, the condition may have failed on what
 * an earlier attempt wrote before its answer was lost, and then "nothing was written" would be a lie.
 */
function wasRetried(error: ConditionalCheckFailedException | TransactionConflictException): boolean {
  return (error.$metadata.attempts ?? 1) > 1;
}

async function readPage(client: DocumentClient, names: TableNames, query: Query): Promise<Page> {
  const { from, to, beginsWith } = query.sort ?? {};
  if (beginsWith !== undefined && (from !== undefined || to !== undefined)) {
    throw new RangeError('a query has either a prefix or a range');
  }
  if (from !== undefined && to !== undefined && Buffer.compare(Buffer.from(from), Buffer.from(to)) > 0) {
    return { rows: [] };
  }
  return toPage(await client.send(new QueryCommand(toQueryInput(query, names[query.table]))));
}

function toPage(answer: { Items?: Row[] | undefined; LastEvaluatedKey?: Row | undefined }): Page {
  const rows = answer.Items ?? [];
  return answer.LastEvaluatedKey === undefined ? { rows } : { rows, next: answer.LastEvaluatedKey };
}

/** In halves where the answer is larger than any that is read: few rows can be made very large in JSON. */
async function readBatch(client: DocumentClient, name: string, keys: Key[], delayMs: number): Promise<Row[]> {
  try {
    return await readWholeBatch(client, name, keys, delayMs);
  } catch (error) {
    if (!isAnswerTooLarge(error) || keys.length === 1) throw error;
    const half = Math.ceil(keys.length / 2);
    const rows = await readBatch(client, name, keys.slice(0, half), delayMs);
    return [...rows, ...(await readBatch(client, name, keys.slice(half), delayMs))];
  }
}

async function readWholeBatch(
  client: DocumentClient,
  name: string,
  keys: Key[],
  delayMs: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  let pending: Record<string, unknown>[] = keys;
  for (let round = 0; round < BATCH_ROUNDS_MAX; round++) {
    if (round > 0) await delay(delayMs * 2 ** (round - 1) * (0.5 + Math.random() / 2));
    const RequestItems = { [name]: { Keys: pending, ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems }));
    rows.push(...(Responses?.[name] ?? []));
    pending = UnprocessedKeys?.[name]?.Keys ?? [];
    if (pending.length === 0) return rows;
  }
  throw new Error(`${pending.length} keys were still unprocessed after ${BATCH_ROUNDS_MAX} rounds`);
}

/** BatchGetItem refuses a key that comes twice. */
function distinct(table: Table, keys: readonly Key[]): Key[] {
  const { partition, sort } = TableDefinitions[table];
  const identity = (key: Key) => JSON.stringify([key[partition], sort === undefined ? '' : key[sort]]);
  return [...new Map(keys.map((key) => [identity(key), key])).values()];
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function describeQuery(query: Query, names: TableNames): string {
  return `query ${names[query.table]}${query.index === undefined ? '' : ` by ${query.index}`}`;
}

function describeWrites(writes: readonly Write[], names: TableNames): string {
  return `write ${[...new Set(writes.map((write) => names[write.table]))].join(', ')}`;
}
