// What doing nothing costs: requests to DynamoDB and Identity Center of a leader at rest, with empty tables, with many
// grants that last, and with a long history.

import type { BenchResult, Measure, Say } from '../bench.ts';
import { type CrossCheck, crossCheck } from './cross-check.ts';
import { costTable, partTable } from './idle-tables.ts';
import { createIdleWorld, type IdleState } from './idle-world.ts';
import { MONTH_MS, PRICES_AS_OF } from './list-prices.ts';
import { readsMax, TICK_PARTS, ticksOf, totalUnits, type WatchedState } from './sum-asked.ts';
import { watchSweeps, watchTicks } from './watch-idle.ts';

const EMPTY: IdleState = { name: 'empty tables', grants: 0, settled: 0 };
const ACTIVE: IdleState = { name: '10,000 active grants', grants: 10_000, settled: 0 };
const HISTORY: IdleState = { name: '100,000 settled rows', grants: 0, settled: 100_000 };

const READS_MAX = 5;

export async function benchIdle(say: Say): Promise<BenchResult> {
  const empty = await watchState(EMPTY, say);
  const active = await watchState(ACTIVE, say);
  const history = await watchState(HISTORY, say);
  const states = [empty, active, history];
  const checked = await crossCheck();
  return {
    measures: [
      ...states.map(usualReads),
      minuteReads(empty, { goal: { atMost: READS_MAX } }),
      minuteReads(history, { goal: { atMost: READS_MAX } }),
      minuteReads(active, {}),
      callsOf(states),
      costOfHistory(empty, history, 'ticks'),
      costOfHistory(empty, history, 'sweeps'),
      {
        name: 'units of a tick with 10,000 active grants',
        value: totalUnits(active.ticks, TICK_PARTS) / totalUnits(empty.ticks, TICK_PARTS),
        unit: '×',
        against:
          'the same with empty tables, over ten minutes; reading all that is unsettled is nearly all of it',
      },
      ...(checked === undefined ? [] : [unitsOtherwise(checked)]),
    ],
    tables: [partTable(states), costTable(states)],
    notes: [
      `Prices: on demand, us-east-1, as of ${PRICES_AS_OF}; a month is ${MONTH_MS / 86_400_000} days; storage is apart. A process that stands by reads the lease twice a second besides: 0.65 dollars a month.`,
      'Requests and units are counted for the real leader under virtual time. Units are computed from the sizes of the rows by the documented rules: 4 KB for a read unit, half for a stale read, 1 KB for a write unit, twice in a transaction, and the entries in indexes.',
      'The audit and the configuration are not read at all while nothing happens, so that it cannot matter how long they are.',
      'With 10,000 grants the sweep lists their 1,000 pairs one after the other: Identity Center calls and reads in the row of the sweep are its own, at its share of the call budget.',
      ...(checked === undefined ? ['Without Java the units were not compared with DynamoDB Local.'] : []),
    ],
  };
}

async function watchState(state: IdleState, say: Say): Promise<WatchedState> {
  const world = await createIdleWorld(state);
  const ticks = await watchTicks(world);
  const sweeps = await watchSweeps(world);
  say(`${state.name}: ${readsMax(ticks, { isMinute: false })} reads in a tick`);
  return { state, ticks, sweeps };
}

function usualReads({ state, ticks }: WatchedState): Measure {
  const count = ticksOf(ticks).filter(({ isMinute }) => !isMinute).length;
  return {
    name: `reads in a tick, ${state.name}`,
    value: readsMax(ticks, { isMinute: false }),
    unit: 'reads',
    goal: { atMost: READS_MAX },
    against: `the most in any of ${count} ticks, status and outbox with it, lease and nudges apart`,
  };
}

function minuteReads({ state, ticks }: WatchedState, goal: Pick<Measure, 'goal'>): Measure {
  return {
    name: `reads in the minute's tick, ${state.name}`,
    value: readsMax(ticks, { isMinute: true }),
    unit: 'reads',
    ...goal,
    against: 'the tick that reads all that is unsettled: three, and one for each MB of it',
  };
}

function callsOf(states: readonly WatchedState[]): Measure {
  return {
    name: 'Identity Center calls of idle ticks',
    value: states.reduce((sum, { ticks }) => sum + ticks.calls, 0),
    unit: 'calls',
    goal: { atMost: 0 },
    against: 'the three states together, between two sweeps',
  };
}

function costOfHistory(empty: WatchedState, history: WatchedState, what: 'ticks' | 'sweeps'): Measure {
  return {
    name: `capacity units of history, in ${what}`,
    value: Math.abs(totalUnits(history[what]) - totalUnits(empty[what])),
    unit: 'units',
    goal: { atMost: 0 },
    against: `all reads and writes in ${history[what].durationMs / 60_000} minutes, less those with empty tables`,
  };
}

function unitsOtherwise({ requests, empty, different }: CrossCheck): Measure {
  return {
    name: 'reads of which DynamoDB Local reports other units',
    value: different,
    unit: 'reads',
    goal: { atMost: 0 },
    against: `${requests} reads asked again on the same rows; besides ${empty} that find nothing, half a unit here and none there`,
  };
}
