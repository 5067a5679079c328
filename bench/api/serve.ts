// One contestant as a process of its own: it listens on loopback, and answers its parent how much memory and how much
// time of the processor it has used. It ends with its parent.
// Usage: serve.ts ours|bare|'same answer' [ENDPOINT OF DYNAMODB LOCAL], with --expose-gc

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { answerBriefly, answerInFull, createBareApp } from './bare-app.ts';
import { openBenchTables } from './bench-tables.ts';
import type { ContestantName } from './contestant.ts';
import { createOurApp } from './our-app.ts';
import { createRowStore } from './row-store.ts';

export type Used = { readonly heapBytes: number; readonly cpuMs: number };

// A revoke comes back to rows that are as old as itself, and a repeat to those of its few requests.
const ROWS_MAX = 1_000;

function used(): Used {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return { heapBytes: process.memoryUsage().heapUsed, cpuMs: (user + system) / 1000 };
}

const [name, dynamoDb = ''] = process.argv.slice(2);
const store = dynamoDb === '' ? createRowStore(ROWS_MAX) : openBenchTables(dynamoDb).store;
const apps: Readonly<Record<ContestantName, () => Express>> = {
  ours: () => createOurApp(store),
  bare: () => createBareApp(store, answerBriefly),
  'same answer': () => createBareApp(store, answerInFull),
};
const server = createServer(apps[name as ContestantName]());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(used()));
process.on('disconnect', () => process.exit());
