// What is measured at the end of each virtual day, when everything is quiet and the garbage has been collected.

import { getHeapSpaceStatistics } from 'node:v8';
import type { Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import type { Sleeping } from '../../test/virtual-clock.ts';
import type { World } from '../../test/world.ts';

export type Sample = {
  readonly day: number;
  readonly heapMiB: number;
  /** Of it, what V8 compiles and throws away as it sees fit: it moves by itself. */
  readonly codeMiB: number;
  /** What keeps the process alive: sockets, real timers, files. */
  readonly handles: number;
  /** Sleepers of the virtual clock. */
  readonly timers: number;
  readonly series: number;
  /** What the leader says it knows of and works on. */
  readonly leaderItems: number;
  readonly rows: Readonly<Record<Table, number>>;
};

const MIB = 2 ** 20;

export async function sampleWorld(world: World, clock: Sleeping, day: number): Promise<Sample> {
  await collectGarbage();
  const tables = Object.keys(TableDefinitions) as Table[];
  return {
    day,
    heapMiB: process.memoryUsage().heapUsed / MIB,
    codeMiB: codeBytes() / MIB,
    handles: process.getActiveResourcesInfo().length,
    timers: clock.sleeping(),
    series: await countSeries(world),
    leaderItems: countLeaderItems(world),
    rows: Object.fromEntries(
      tables.map((table) => [table, world.store.dump(table).length]),
    ) as Sample['rows'],
  };
}

/** Twice, with a turn of the event loop between: what is only weakly held goes with the second. */
async function collectGarbage(): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Machine code, and since Node 22 the bytecode, which has a space of its own. */
function codeBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => /^(code|trusted)_/.test(space_name));
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

async function countSeries({ metrics }: World): Promise<number> {
  const all = await metrics.registry.getMetricsAsJSON();
  return all.reduce((sum, { values }) => sum + values.length, 0);
}

function countLeaderItems(world: World): number {
  const backlog = world.control('status')?.backlog;
  if (typeof backlog !== 'object' || backlog === null) return 0;
  return Object.values(backlog).reduce((sum: number, count) => sum + Number(count), 0);
}
