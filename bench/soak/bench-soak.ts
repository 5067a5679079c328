// Months of an organisation's life in minutes: whatever is not history must be as large at the end as at the beginning.

import { linearRegression, mean } from 'simple-statistics';
import { isSettled, parseRequestRow } from '../../src/request.ts';
import type { Table } from '../../src/store.ts';
import { createVirtualClock } from '../../test/virtual-clock.ts';
import { createWorld, HOUR, MINUTE, seededRandom, type World } from '../../test/world.ts';
import type { Bench, BenchResult, Measure } from '../bench.ts';
import { type Life, liveThroughDay, startProcess } from './organisation-life.ts';
import { type Sample, sampleWorld } from './sample-world.ts';
import { openSignedDoor, SOAK_KEYS } from './signed-door.ts';

const DAYS = 60;
/** Until then code is compiled, which lies in the heap too, and history fills up to what the archive leaves. */
const WARM_DAYS = 10;
const SEED = 1;
/** Everything but history and configuration. */
const WORKING_TABLES = ['assignments', 'outbox', 'control', 'nonces'] as const satisfies readonly Table[];

export const benchSoak: Bench = async (say) => {
  let warnings = 0;
  const onWarning = () => {
    warnings += 1;
  };
  process.on('warning', onWarning);
  const clock = createVirtualClock();
  const world = await createWorld({ clock, seed: SEED, api: () => ({ keys: async () => SOAK_KEYS }) });
  const life = await beginLife(world);
  const startedMs = performance.now();
  const samples: Sample[] = [];
  for (let day = 1; day <= DAYS; day += 1) {
    await liveThroughDay(life);
    const sample = await sampleWorld(world, clock, day);
    samples.push(sample);
    if (day % 5 === 0) say(inWords(sample));
  }
  const minutes = (performance.now() - startedMs) / 60_000;
  // Until what nobody answered has lapsed, and a day of back-offs has passed.
  await world.advance(26 * HOUR);
  const unsettled = countUnsettled(world);
  await world.stop();
  process.off('warning', onWarning);
  return resultOf(samples, { life, warnings, unsettled, minutes });
};

async function beginLife(world: World): Promise<Life> {
  const counts = { requests: 0, refused: 0, leaderChanges: 0, archived: 0 };
  const life = {
    world,
    door: openSignedDoor(world),
    random: seededRandom(SEED),
    bodies: new WeakMap(),
    counts,
  };
  startProcess(life);
  startProcess(life);
  await world.advance(5 * MINUTE);
  return life;
}

function countUnsettled({ store }: World): number {
  const requests = store.dump('requests').flatMap((row) => parseRequestRow(row) ?? []);
  return requests.filter((request) => !isSettled(request)).length + store.dump('assignments').length;
}

type Ending = {
  readonly life: Life;
  readonly warnings: number;
  readonly unsettled: number;
  readonly minutes: number;
};

function resultOf(all: readonly Sample[], ending: Ending): BenchResult {
  const samples = all.filter(({ day }) => day > WARM_DAYS);
  return {
    measures: [...heapMeasures(samples), ...countMeasures(samples), ...endingMeasures(ending)],
    tables: [tableOf(all)],
    curves: [
      curveOf(all, 'heap', 'Heap after collection, at the end of each day', 'MiB', {
        heap: ({ heapMiB }) => heapMiB,
        'of it compiled code': ({ codeMiB }) => codeMiB,
      }),
      curveOf(all, 'timers', 'Pending timers and handles, at the end of each day', 'count', {
        timers: ({ timers }) => timers,
        handles: ({ handles }) => handles,
      }),
      curveOf(all, 'rows', 'Rows at the end of each day, when everything is quiet', 'rows', {
        ...Object.fromEntries(WORKING_TABLES.map((table) => [table, ({ rows }: Sample) => rows[table]])),
      }),
    ],
    notes: notesOf(samples, ending),
  };
}

/** By how much the straight line through all days rises from the first to the last. */
function growthOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const { m } = linearRegression(samples.map((sample) => [sample.day, of(sample)]));
  const days = (samples.at(-1)?.day ?? 0) - (samples[0]?.day ?? 0);
  return m * days;
}

function heapMeasures(samples: readonly Sample[]): readonly Measure[] {
  const heaps = samples.map(({ heapMiB }) => heapMiB);
  const tenth = Math.ceil(heaps.length / 10);
  const share = (of: (sample: Sample) => number) => (growthOf(samples, of) / mean(samples.map(of))) * 100;
  const against = `the mean of ${mean(heaps).toFixed(1)} MiB, by the straight line through all days`;
  return [
    {
      name: 'heap at the end',
      value: mean(heaps.slice(-tenth)) / mean(heaps.slice(0, tenth)),
      unit: '×',
      goal: { atMost: 1.05 },
      against: `the last ${tenth} days beside days ${WARM_DAYS + 1} to ${WARM_DAYS + tenth}`,
    },
    { name: 'heap growth', value: share(({ heapMiB }) => heapMiB), unit: '%', goal: { atMost: 5 }, against },
    {
      name: 'heap growth without compiled code',
      value: share(objectsMiB),
      unit: '%',
      goal: { atMost: 2 },
      against: `the mean of ${mean(samples.map(objectsMiB)).toFixed(1)} MiB`,
    },
  ];
}

function objectsMiB({ heapMiB, codeMiB }: Sample): number {
  return heapMiB - codeMiB;
}

function countMeasures(samples: readonly Sample[]): readonly Measure[] {
  const grows = (name: string, atMost: number, of: (sample: Sample) => number): Measure => ({
    name: `${name} growth`,
    value: growthOf(samples, of),
    unit: name,
    goal: { atMost },
    against: `${Math.min(...samples.map(of))} to ${Math.max(...samples.map(of))} at the end of a day`,
  });
  return [
    grows('timers', 1, ({ timers }) => timers),
    grows('handles', 1, ({ handles }) => handles),
    grows('metric series', 0, ({ series }) => series),
    grows('leader items', 1, ({ leaderItems }) => leaderItems),
    ...WORKING_TABLES.map((table) => grows(`${table} rows`, 2, ({ rows }) => rows[table])),
  ];
}

function endingMeasures({ warnings, unsettled, minutes }: Ending): readonly Measure[] {
  return [
    {
      name: 'warnings of the runtime',
      value: warnings,
      unit: 'warnings',
      goal: { atMost: 0 },
      against: 'too many listeners, and the like',
    },
    {
      name: 'left unsettled',
      value: unsettled,
      unit: 'rows',
      goal: { atMost: 0 },
      against: 'requests and ledger rows, a day after the last',
    },
    { name: 'took', value: minutes, unit: 'min', goal: { atMost: 10 }, against: `${DAYS} virtual days` },
  ];
}

function notesOf(samples: readonly Sample[], { life }: Ending): readonly string[] {
  const { requests, refused, leaderChanges, archived } = life.counts;
  const heap = mean(samples.map(({ heapMiB }) => heapMiB));
  const bytes = (0.05 * heap * 2 ** 20) / ((requests / DAYS) * samples.length);
  return [
    `${DAYS} days, ${requests} requests (${refused} refused), ${leaderChanges} changes of the leader; ` +
      `${archived} rows of settled requests and of their audit were archived after two days.`,
    `The line would pass its goal of 5 % if each request left ${bytes.toFixed(0)} bytes behind for good.`,
  ];
}

function curveOf(
  samples: readonly Sample[],
  name: string,
  title: string,
  label: string,
  series: Readonly<Record<string, (sample: Sample) => number>>,
): NonNullable<BenchResult['curves']>[number] {
  return {
    name,
    title,
    x: { label: 'virtual day' },
    y: { label },
    series: Object.entries(series).map(([each, of]) => ({
      name: each,
      points: samples.map((sample) => [sample.day, of(sample)] as const),
    })),
  };
}

function tableOf(samples: readonly Sample[]): NonNullable<BenchResult['tables']>[number] {
  const tables: readonly Table[] = [...WORKING_TABLES, 'requests', 'audit'];
  return {
    title: 'At the end of a virtual day, quiet and collected',
    head: ['day', 'heap MiB', 'code MiB', 'timers', 'handles', 'series', 'leader items', ...tables],
    rows: samples
      .filter(({ day }) => day <= WARM_DAYS || day % 10 === 0)
      .map(({ day, heapMiB, codeMiB, timers, handles, series, leaderItems, rows }) => [
        day,
        heapMiB.toFixed(2),
        codeMiB.toFixed(2),
        timers,
        handles,
        series,
        leaderItems,
        ...tables.map((table) => rows[table]),
      ]),
  };
}

function inWords({ day, heapMiB, timers, handles, rows }: Sample): string {
  return `day ${day}: ${heapMiB.toFixed(2)} MiB, ${timers} timers, ${handles} handles, ${rows.assignments} ledger rows`;
}
