// The API under load: how many signed revokes a second one process answers, against a bare express application that does
// no more than it must; and whether its memory stays where it is over a million calls.

import { randomUUID } from 'node:crypto';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { isolateFromAws } from '../../local/isolate-from-aws.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import type { Store } from '../../src/store.ts';
import { freePort } from '../../test/free-port.ts';
import type { BenchResult, BenchTable, Measure, Say } from '../bench.ts';
import { openBenchTables } from './bench-tables.ts';
import { type Compared, compareServers, type Figures } from './compare-servers.ts';
import { ContestantNames } from './contestant.ts';
import { grantedRow } from './granted-row.ts';
import { type HeapAt, watchMemory } from './watch-memory.ts';

// For development only: what counts is the whole run.
const SHORT = process.env.BENCH_SHORT === '1';
const FLIPS = SHORT
  ? { rounds: 3, warmUpCalls: 2_000, calls: 3_000 }
  : { rounds: 9, warmUpCalls: 20_000, calls: 20_000 };
const REPEATS = SHORT
  ? { rounds: 3, warmUpCalls: 2_000, calls: 3_000 }
  : { rounds: 5, warmUpCalls: 20_000, calls: 20_000 };
const ON_DYNAMODB = SHORT
  ? { rounds: 3, warmUpCalls: 200, calls: 200 }
  : { rounds: 5, warmUpCalls: 500, calls: 500 };
const MEMORY = SHORT ? { calls: 60_000, everyCalls: 3_000 } : { calls: 1_000_000, everyCalls: 50_000 };
/** What the heap is compared with at the end: by then everything that is compiled and kept has been. */
const SETTLED_SHARE = 0.1;
const REPEATED_REQUESTS = 100;

export async function benchApi(say: Say): Promise<BenchResult> {
  isolateFromAws(process.env);
  const flips = await compareServers({ ...FLIPS, title: 'flips', nextId: randomUUID }, say);
  const repeats = await compareServers({ ...REPEATS, title: 'repeats', nextId: repeatedIds() }, say);
  const onDynamoDb = await compareOnDynamoDb(say);
  const heap = await watchMemory(MEMORY, say);
  return {
    measures: [...speedMeasures(flips), memoryMeasure(heap)],
    tables: [serversTable(flips, repeats, onDynamoDb), heapTable(heap)],
    curves: [heapCurve(heap)],
    notes: [
      `Each of ${FLIPS.rounds} rounds is ${FLIPS.calls.toLocaleString('en')} calls to one server after the other, over 10 connections; the medians count. A flip is the first revoke of a granted request; a repeat is the revoke of one that is revoked.`,
      'The tables are in memory, in the server itself, and cost next to nothing: what is compared is the servers alone. The bare application checks the signature, stores the nonce and writes row and event in one transaction; it reads nothing. The one of the same answer also reads the request before the flip and its ledger row after it, by our schemas, and answers with the whole request. Ours besides routes without normalising, bounds the body and the wait for the ledger, limits the rate of each key, counts, and nudges the loop.',
      'In DynamoDB Local, all speak to the tables through the SDK; the tables themselves are then the slowest part, and the time of the processor is what tells them apart.',
    ],
  };
}

/** Every one of them is revoked in the warm-up. */
function repeatedIds(): () => string {
  const ids = Array.from({ length: REPEATED_REQUESTS }, () => randomUUID());
  let turn = 0;
  return () => {
    turn += 1;
    return ids[turn % ids.length] ?? '';
  };
}

async function compareOnDynamoDb(say: Say): Promise<Compared> {
  const local = await startDynamoDbLocal({ port: await freePort() });
  const tables = openBenchTables(local.endpoint);
  try {
    await createTables(tables);
    const ids = await grantedRequests(
      tables.store,
      ContestantNames.length * (ON_DYNAMODB.warmUpCalls + ON_DYNAMODB.rounds * ON_DYNAMODB.calls),
    );
    const nextId = () => ids.pop() ?? '';
    return await compareServers(
      { ...ON_DYNAMODB, title: 'DynamoDB Local', nextId, dynamoDb: local.endpoint },
      say,
    );
  } finally {
    tables.client.destroy();
    await local.stop();
  }
}

async function grantedRequests(store: Store, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (let at = 0; at < ids.length; at += 50) {
    const rows = ids.slice(at, at + 50).map(grantedRow);
    await store.transact(rows.map((row) => ({ kind: 'put', table: 'requests', row })));
  }
  return ids;
}

function speedMeasures({ ours, bare, 'same answer': same }: Compared): readonly Measure[] {
  const against = 'a bare express application';
  const againstSame = `${against} that reads and answers the same`;
  return [
    {
      name: 'revokes a second',
      value: ours.perSecond / bare.perSecond,
      unit: '×',
      goal: { atLeast: 0.8 },
      against,
    },
    { name: 'p99 of a call', value: ours.p99Ms / bare.p99Ms, unit: '×', goal: { atMost: 1.25 }, against },
    { name: 'processor time of a revoke', value: ours.cpuMs / bare.cpuMs, unit: '×', against },
    {
      name: 'revokes a second, for the same answer',
      value: ours.perSecond / same.perSecond,
      unit: '×',
      goal: { atLeast: 0.8 },
      against: againstSame,
    },
    {
      name: 'p99 of a call, for the same answer',
      value: ours.p99Ms / same.p99Ms,
      unit: '×',
      goal: { atMost: 1.25 },
      against: againstSame,
    },
    { name: 'revokes a second', value: ours.perSecond, unit: '/s', against: 'one process, tables in memory' },
  ];
}

function settledAt(heap: readonly HeapAt[]): HeapAt | undefined {
  return heap.find(({ calls }) => calls >= MEMORY.calls * SETTLED_SHARE);
}

function memoryMeasure(heap: readonly HeapAt[]): Measure {
  const from = settledAt(heap)?.heapBytes ?? 0;
  const to = heap[heap.length - 1]?.heapBytes ?? 0;
  return {
    name: 'growth of the heap',
    value: (to / from - 1) * 100,
    unit: '%',
    goal: { atMost: 5 },
    against: `its size after the first tenth of ${MEMORY.calls.toLocaleString('en')} signed revokes`,
  };
}

function serversTable(flips: Compared, repeats: Compared, onDynamoDb: Compared): BenchTable {
  const row = (what: string, { perSecond, p50Ms, p99Ms, cpuMs }: Figures) => [
    what,
    perSecond,
    p50Ms,
    p99Ms,
    cpuMs,
  ];
  const rows = (what: string, compared: Compared) =>
    ContestantNames.map((name) => row(`${what}, ${name}`, compared[name]));
  return {
    title: 'One process, signed revokes over HTTP',
    head: ['', 'a second', 'p50 ms', 'p99 ms', 'processor ms a call'],
    rows: [
      ...rows('flips', flips),
      ...rows('repeats', repeats),
      ...rows('flips, in DynamoDB Local', onDynamoDb),
    ],
  };
}

function heapTable(heap: readonly HeapAt[]): BenchTable {
  const shown = [heap[0], settledAt(heap), heap[Math.floor(heap.length / 2)], heap[heap.length - 1]];
  return {
    title: 'The heap of our server, collected',
    head: ['calls', 'MiB'],
    rows: shown.flatMap((at) => (at === undefined ? [] : [[at.calls, at.heapBytes / 2 ** 20]])),
  };
}

function heapCurve(heap: readonly HeapAt[]) {
  return {
    name: 'heap',
    title: 'The heap of the API over signed revokes',
    x: { label: 'calls' },
    y: { label: 'MiB' },
    series: [
      { name: 'heap', points: heap.map(({ calls, heapBytes }) => [calls, heapBytes / 2 ** 20] as const) },
    ],
  };
}
