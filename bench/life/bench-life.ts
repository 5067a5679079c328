// What one request costs from its first call to its last row: capacity units, calls to Identity Center, log and storage.

import type { BenchResult, BenchTable, Say } from '../bench.ts';
import { askDynamoDbLocal } from '../idle/ask-dynamodb-local.ts';
import { createIdleWorld } from '../idle/idle-world.ts';
import { MONTH_MS } from '../idle/list-prices.ts';
import { sumOf } from '../idle/sum-asked.ts';
import { watchSweeps, watchTicks } from '../idle/watch-idle.ts';
import { type Fate, Fates, GRANTED_MINUTES, type LifeWatched, watchLife } from './watch-life.ts';

/** The measures are read by these names; bench/cost/ does. */
export const LIFE_UNITS = ['read units', 'write units', 'write units as DynamoDB Local counts'] as const;
export const KEPT_BYTES = 'bytes kept';
export const LIFE_CALLS = 'Identity Center calls, sweeping apart';

/** Between the empty tables and the 10,000 grants of the benchmark `idle`. */
export const SOME_GRANTS = 100;

const SWEEP_CALLS: readonly string[] = [
  'ListAccountsForProvisionedPermissionSet',
  'ListPermissionSets',
  'ListAccountAssignments',
];

type Life = {
  readonly fate: Fate;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Undefined without Java. */
  readonly writeUnitsThere: number | undefined;
  readonly calls: number;
  readonly keptBytes: number;
  readonly logBytes: number;
};

export async function benchLife(say: Say): Promise<BenchResult> {
  const quiet = await watchLife(undefined);
  const lives: Life[] = [];
  for (const fate of Fates) {
    const life = await lifeOf(fate, quiet);
    say(`${fate}: ${life.readUnits} read units and ${life.writeUnits} write units`);
    lives.push(life);
  }
  const rest = await restUnits();
  return {
    measures: [
      ...lives.flatMap((life) => measuresOf(life)),
      { name: `rest with ${SOME_GRANTS} grants, read units a month`, value: rest.readUnits, unit: 'units' },
      { name: `rest with ${SOME_GRANTS} grants, write units a month`, value: rest.writeUnits, unit: 'units' },
    ],
    tables: [lifeTable(lives)],
    notes: [
      `The signed API with its nonces and a leader at its defaults, ninety minutes of virtual time, less the same ninety minutes without the request; access is for ${GRANTED_MINUTES} minutes, and a revoke comes after half of them. The tables are otherwise empty, so what it costs that a grant is there, while it is, is in it.`,
      'Units are computed as in the benchmark idle. All writes were made again on DynamoDB Local: in a transaction it counts the entries of indexes twice, which the documented rules do not say. Where money is reckoned its figure, the larger one, is taken.',
      'Bytes kept are the rows of requests and audit with their copies in the indexes; no row of them is ever deleted by the controller.',
    ],
  };
}

async function lifeOf(fate: Fate, quiet: LifeWatched): Promise<Life> {
  const watched = await watchLife(fate);
  const [whole, rest] = [sumOf(watched), sumOf(quiet)];
  return {
    fate,
    readUnits: whole.readUnits - rest.readUnits,
    writeUnits: whole.writeUnits - rest.writeUnits,
    writeUnitsThere: await writeUnitsThere(watched, quiet),
    calls: ownCalls(watched) - ownCalls(quiet),
    keptBytes: watched.keptBytes,
    logBytes: watched.logBytes - quiet.logBytes,
  };
}

/** What the loop writes alone is one row without an index each: there both count alike. */
async function writeUnitsThere(watched: LifeWatched, quiet: LifeWatched): Promise<number | undefined> {
  const writes = watched.asked.filter((each) => each.writes > 0);
  const reported = await askDynamoDbLocal(watched.before, writes);
  return reported?.reduce((sum, units) => sum + units, -sumOf(quiet).writeUnits);
}

function ownCalls({ calls }: LifeWatched): number {
  return Object.entries(calls).reduce(
    (sum, [operation, count]) => (SWEEP_CALLS.includes(operation) ? sum : sum + count),
    0,
  );
}

/** A month in which so many grants last and nothing else happens. */
async function restUnits() {
  const world = await createIdleWorld({ name: 'some grants', grants: SOME_GRANTS, settled: 0 });
  const ticks = await watchTicks(world);
  const sweeps = await watchSweeps(world);
  const parts = (['tick', 'minute', 'status', 'deliver', 'listen', 'lease'] as const).slice();
  const months = [
    { sum: sumOf(ticks, parts), durationMs: ticks.durationMs },
    { sum: sumOf(sweeps, ['sweep']), durationMs: sweeps.durationMs },
  ];
  const aMonth = (units: 'readUnits' | 'writeUnits') =>
    Math.round(months.reduce((all, { sum, durationMs }) => all + (sum[units] * MONTH_MS) / durationMs, 0));
  return { readUnits: aMonth('readUnits'), writeUnits: aMonth('writeUnits') };
}

function measuresOf({ fate, ...life }: Life) {
  const there = life.writeUnitsThere;
  const [reads, writes, writesThere] = LIFE_UNITS;
  return [
    { name: `${fate}: ${reads}`, value: life.readUnits, unit: 'units' },
    { name: `${fate}: ${writes}`, value: life.writeUnits, unit: 'units' },
    ...(there === undefined ? [] : [{ name: `${fate}: ${writesThere}`, value: there, unit: 'units' }]),
    { name: `${fate}: ${LIFE_CALLS}`, value: life.calls, unit: 'calls' },
    { name: `${fate}: ${KEPT_BYTES}`, value: life.keptBytes, unit: 'bytes' },
    { name: `${fate}: written to the log`, value: life.logBytes, unit: 'bytes' },
  ];
}

function lifeTable(lives: readonly Life[]): BenchTable {
  return {
    title: 'One request',
    head: ['ends as', ...LIFE_UNITS, LIFE_CALLS, KEPT_BYTES, 'bytes of log'],
    rows: lives.map((life) => [
      life.fate,
      life.readUnits,
      life.writeUnits,
      life.writeUnitsThere ?? 'not counted',
      life.calls,
      life.keptBytes,
      life.logBytes,
    ]),
  };
}
