// A month's bill, line by line, at three sizes of organisation: what was measured times what AWS asks. Pure.

import { DriftKinds, WithheldReasons } from '../../src/drift.ts';
import { CloudWatchMetrics } from '../../src/metrics.ts';
import { SignatureRejections } from '../../src/signature.ts';
import type { BenchResult } from '../bench.ts';
import { dollars, MONTH_MS } from '../idle/list-prices.ts';
import { Prices } from './prices.ts';

const HOURS = MONTH_MS / 3_600_000;
const DAYS = HOURS / 24;
const MINUTES = HOURS * 60;
const GB = 1e9;
const MILLION = 1e6;

/** As deploy/terraform/ has them by default. */
const FARGATE = { tasks: 4, cpu: 0.25, memoryGb: 0.5 };
const LAMBDA = { memoryGb: 0.5, reconcilerSeconds: 75 };
const SECRETS = 3;
/** Two API tasks read two secrets and two reconcilers one, once a minute at most. */
const SECRET_READS = 2 * 2 + 2 * 1;
/** Create, approve or deny, and two looks at it. */
const CALLS_OF_REQUEST = 4;

export type Size = {
  readonly name: string;
  readonly requestsADay: number;
  /** What the tables at rest cost is taken from this measurement. */
  readonly rest: 'empty tables' | '100 grants' | '10,000 active grants';
};

export const Sizes: readonly Size[] = [
  { name: 'small', requestsADay: 20, rest: 'empty tables' },
  { name: 'medium', requestsADay: 500, rest: '100 grants' },
  { name: 'large', requestsADay: 20_000, rest: '10,000 active grants' },
];

export type Units = { readonly readUnits: number; readonly writeUnits: number };

/** What was measured by the benchmarks `idle` and `life`. */
export type Measured = {
  readonly rest: Readonly<Record<Size['rest'], Units>>;
  readonly request: Units;
  readonly keptBytes: number;
};

export type CostLine = { readonly name: string; readonly sum: string; readonly usd: number };

export function measuredBy({
  idle,
  life,
}: {
  readonly idle: BenchResult;
  readonly life: BenchResult;
}): Measured {
  const of = (name: string) => {
    const found = life.measures.find((measure) => measure.name === name);
    if (found === undefined) throw new Error(`bench/results/life.json has no measure "${name}"`);
    return found.value;
  };
  return {
    rest: {
      'empty tables': restOf(idle, 'empty tables'),
      '100 grants': {
        readUnits: of('rest with 100 grants, read units a month'),
        writeUnits: of('rest with 100 grants, write units a month'),
      },
      '10,000 active grants': restOf(idle, '10,000 active grants'),
    },
    request: {
      readUnits: of('expires: read units'),
      writeUnits: of('expires: write units as DynamoDB Local counts'),
    },
    keptBytes: of('expires: bytes kept'),
  };
}

/** The benchmark says units a minute, by part of the loop. */
function restOf({ tables = [] }: BenchResult, state: string): Units {
  const rows = tables
    .flatMap(({ rows }) => rows)
    .filter(([name, , , , , , calls]) => name === state && calls !== undefined);
  if (rows.length === 0) throw new Error(`bench/results/idle.json has no rows of "${state}"`);
  const aMonth = (column: number) => rows.reduce((sum, row) => sum + Number(row[column]), 0) * MINUTES;
  return { readUnits: Math.round(aMonth(3)), writeUnits: Math.round(aMonth(5)) };
}

/** The tables: the same wherever the parts run. */
export function tableLines({ requestsADay, rest }: Size, measured: Measured): readonly CostLine[] {
  const still = measured.rest[rest];
  const requests = requestsADay * DAYS;
  const { readUnits, writeUnits } = measured.request;
  const storedGb = (requestsADay * 365 * measured.keptBytes) / GB;
  const standbyReads = HOURS * 7200;
  return [
    {
      name: `at rest, ${rest}`,
      sum: `${count(still.readUnits)} read and ${count(still.writeUnits)} write units`,
      usd: dollars(still),
    },
    {
      name: 'one standby',
      sum: `${count(standbyReads)} read units`,
      usd: dollars({ readUnits: standbyReads, writeUnits: 0 }),
    },
    {
      name: 'requests',
      sum: `${count(requests)} × (${readUnits} read and ${writeUnits} write units)`,
      usd: requests * dollars(measured.request),
    },
    {
      name: 'stored after a year',
      sum: `${storedGb.toFixed(2)} GB × ${Prices.storage.usd}`,
      usd: storedGb * Prices.storage.usd,
    },
    {
      name: 'point-in-time recovery of it',
      sum: `${storedGb.toFixed(2)} GB × ${Prices.recovery.usd}`,
      usd: storedGb * Prices.recovery.usd,
    },
  ];
}

const { tasks, cpu, memoryGb } = FARGATE;
const secretReads = SECRET_READS * MINUTES;

export const SecretLines: readonly CostLine[] = [
  { name: 'secrets', sum: `${SECRETS} × ${Prices.secret.usd}`, usd: SECRETS * Prices.secret.usd },
  {
    name: 'reading them, at most',
    sum: `${count(secretReads)} × ${Prices.secretCall.usd} per million`,
    usd: (secretReads / MILLION) * Prices.secretCall.usd,
  },
];

/** Each combination of a metric and its labels is one to CloudWatch. */
const CLOUDWATCH_SERIES =
  CloudWatchMetrics.length - 3 + DriftKinds.length + WithheldReasons.length + SignatureRejections.length;

export const CloudWatchLines: readonly CostLine[] = [
  {
    name: 'metrics, opt-in',
    sum: `${CLOUDWATCH_SERIES} × ${Prices.metric.usd}`,
    usd: CLOUDWATCH_SERIES * Prices.metric.usd,
  },
];

export const FargateLines: readonly CostLine[] = [
  {
    name: 'processors',
    sum: `${tasks} tasks × ${cpu} vCPU × ${HOURS} h × ${Prices.fargateCpu.usd}`,
    usd: tasks * cpu * HOURS * Prices.fargateCpu.usd,
  },
  {
    name: 'memory',
    sum: `${tasks} tasks × ${memoryGb} GB × ${HOURS} h × ${Prices.fargateMemory.usd}`,
    usd: tasks * memoryGb * HOURS * Prices.fargateMemory.usd,
  },
];

export const NatLines: readonly CostLine[] = [
  { name: 'one NAT gateway', sum: `${HOURS} h × ${Prices.nat.usd}`, usd: HOURS * Prices.nat.usd },
];

export function lambdaLines({ requestsADay }: Size): readonly CostLine[] {
  const calls = requestsADay * DAYS * CALLS_OF_REQUEST;
  const seconds = MINUTES * LAMBDA.reconcilerSeconds;
  return [
    {
      name: 'reconciler, at most',
      sum: `${count(MINUTES)} × ${LAMBDA.reconcilerSeconds} s × ${LAMBDA.memoryGb} GB × ${Prices.lambda.usd}`,
      usd: seconds * LAMBDA.memoryGb * Prices.lambda.usd,
    },
    {
      name: 'API, one second a call',
      sum: `${count(calls)} × 1 s × ${LAMBDA.memoryGb} GB × ${Prices.lambda.usd}`,
      usd: calls * LAMBDA.memoryGb * Prices.lambda.usd,
    },
    {
      name: 'calls of both and of the gateway',
      sum: `${count(MINUTES + calls)} × ${Prices.lambdaCall.usd} and ${count(calls)} × ${Prices.httpApi.usd} per million`,
      usd: ((MINUTES + calls) * Prices.lambdaCall.usd + calls * Prices.httpApi.usd) / MILLION,
    },
  ];
}

export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
