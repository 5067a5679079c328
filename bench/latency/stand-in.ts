// Identity Center's stand-in as a process of its own, which notes when each call arrives.
// Its operations take as long as OPERATION_MS says, every one of them.

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { startIdentityCenterServer } from '../../local/identity-center/http-server.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { LATENCY_ORGANISATION } from './latency-organisation.ts';
import { machineMs } from './machine-ms.ts';

export type Arrival = { readonly operation: string; readonly atMs: number };

let arrivals: Arrival[] = [];
subscribe('http.server.request.start', (message) => {
  const { request } = message as { readonly request: IncomingMessage };
  const [, operation] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (operation !== undefined) arrivals.push({ operation, atMs: machineMs() });
});

// What is measured here is latency: nothing is throttled.
const PLENTY = 1_000;

const server = await startIdentityCenterServer({
  host: '127.0.0.1',
  port: 0,
  clock: systemClock,
  random: Math.random,
  organisation: LATENCY_ORGANISATION,
  settings: {
    operationMs: Number(process.env.OPERATION_MS),
    operationJitter: 0,
    ratePerSecond: PLENTY,
    identityStoreRatePerSecond: PLENTY,
    rateBurst: PLENTY,
  },
});
process.send?.(server.url);
process.on('message', () => {
  process.send?.(arrivals);
  arrivals = [];
});
process.on('disconnect', () => process.exit());
