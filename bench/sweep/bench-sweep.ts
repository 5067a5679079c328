// The sweep of a large organisation: what it costs, that it stays within its share and yields, and how soon it finds access
// that nobody asked for, by whole sweeps alone and with hot rounds between.

import type { BenchResult, BenchTable, Measure, Say } from '../bench.ts';
import { foundCurve, foundTable, ofFound, statedWorstMs } from './found-times.ts';
import { type Found, measureOrphans } from './measure-orphans.ts';
import { measureMemory, measureSweep, type Swept } from './measure-sweeps.ts';
import { measureYielding, type Yielded } from './measure-yielding.ts';
import { type Rounds, SWEEP_INTERVAL_MS } from './sweep-leader.ts';

const GRANTS = 150;
const MORE_GRANTS = [30, 500, 1_000, 3_000];
const ORPHANS = 100;
const ENDINGS = 500;
/** Hot rounds leave three quarters of the calls. */
const QUIET_MAX = 1.34;
const MIB = 2 ** 20;
const MINUTE_MS = 60_000;

const WHOLE: Rounds = 'whole sweeps only';
const HOT: Rounds = 'with hot rounds';

export async function benchSweep(say: Say): Promise<BenchResult> {
  const whole = await measureSweep(WHOLE, GRANTS);
  const hot = await measureSweep(HOT, GRANTS);
  say(`a sweep takes ${minutes(whole.durationMs)} min, and ${minutes(hot.durationMs)} with hot rounds`);
  const bytes = await measureMemory(HOT, GRANTS);
  const yielded = await measureYielding(ENDINGS);
  say(`${yielded.meanwhile} calls of the sweep during ${ENDINGS} endings`);
  const bySize = new Map([[GRANTS, hot]]);
  for (const grants of MORE_GRANTS) bySize.set(grants, await measureSweep(HOT, grants));
  const size = { grants: GRANTS, orphans: ORPHANS };
  const found = { whole: await measureOrphans(WHOLE, size), hot: await measureOrphans(HOT, size) };
  return {
    measures: [
      callsOfSweep('calls of a whole sweep', whole),
      callsOfSweep('calls of a whole sweep with hot rounds, without theirs', hot),
      shareOfHot([...bySize.values()]),
      shareOfBudget([whole, ...bySize.values()]),
      yielding(yielded),
      {
        name: 'memory',
        value: bytes / MIB,
        unit: 'MiB',
        goal: { atMost: 50 },
        against:
          'the most that was kept above the idle heap, after a collection each 1,000 calls of two sweeps',
      },
      ...ratios(found.whole, found.hot),
      {
        name: 'worst time to sight on a quiet pair',
        value: ofFound(found.hot, 'quiet').sightedWorstMs / statedWorstMs(hot.callsMin),
        unit: '×',
        goal: { atMost: 1 },
        against: `the stated worst, ${minutes(statedWorstMs(hot.callsMin))} min: all calls of a sweep at three quarters of its share, and a sweep interval`,
      },
    ],
    tables: [foundTable([WHOLE, found.whole], [HOT, found.hot]), sizeTable(bySize, whole)],
    curves: [foundCurve([WHOLE, found.whole], [HOT, found.hot])],
    notes: [
      `3,000 accounts with 5 permission sets each, ${GRANTS} of these pairs with a grant that lasts; ${ORPHANS} orphans on pairs with grants and ${ORPHANS} on quiet ones, at random times within 40 hours; 15 calls a second, of which 30 % are the sweep's. Virtual time, the real leader, the stand-in for Identity Center.`,
      'Gone is later than sighted on purpose: what nobody stated ends only after a whole sweep that began after it was sighted. The brake is out of the way here.',
      'Whole sweeps only is how it was before hot rounds, measured in the same run. Pairs on which an orphan was found stay hot for a day, so that towards the end of the run a round lists three hundred pairs and more.',
      `During ${ENDINGS} endings, which took ${(yielded.durationMs / 1_000).toFixed(0)} s, the sweep made ${yielded.meanwhile} calls.`,
    ],
  };
}

function callsOfSweep(name: string, { calls, callsMin }: Swept): Measure {
  return {
    name,
    value: calls / callsMin,
    unit: '×',
    goal: { atMost: 1.02 },
    against: `the least that lists everything: ${callsMin} calls`,
  };
}

function shareOfHot(swept: readonly Swept[]): Measure {
  return {
    name: 'calls of hot rounds',
    value: Math.max(...swept.map(({ calls, hotCalls }) => hotCalls / (calls + hotCalls))),
    unit: '×',
    goal: { atMost: 0.25 },
    against: 'all calls of the sweep, at the size of organisation where it is most',
  };
}

function shareOfBudget(swept: readonly Swept[]): Measure {
  return {
    name: 'calls in any ten seconds',
    value: Math.max(...swept.map(({ shareMax }) => shareMax)),
    unit: '×',
    goal: { atMost: 1 },
    against: 'what the share of the sweep allows in ten seconds, and its burst of a third of a second',
  };
}

function yielding({ whileEndingsWait, endings }: Yielded): Measure {
  return {
    name: 'calls of the sweep while an ending waits',
    value: whileEndingsWait,
    unit: 'calls',
    goal: { atMost: 0 },
    against: `${endings} endings of as many accounts in the middle of a sweep; waiting since before the instant of the call`,
  };
}

function ratios(before: readonly Found[], after: readonly Found[]): readonly Measure[] {
  const kinds = ['with grants', 'quiet'] as const;
  return kinds.flatMap((where) => {
    const [was, is] = [ofFound(before, where), ofFound(after, where)];
    const ratio = (what: string, key: keyof typeof is, atMost: number): Measure => ({
      name: `${what} on ${where === 'quiet' ? 'quiet pairs' : 'pairs with grants'}`,
      value: is[key] / was[key],
      unit: '×',
      goal: { atMost },
      against: `whole sweeps only: ${minutes(is[key])} min instead of ${minutes(was[key])}`,
    });
    const most = where === 'quiet' ? QUIET_MAX : 1;
    return [
      ratio('mean time to sight', 'sightedMeanMs', where === 'quiet' ? most : 0.25),
      ratio('worst time to sight', 'sightedWorstMs', where === 'quiet' ? most : 0.25),
      ratio('mean time until gone', 'goneMeanMs', most),
      ratio('worst time until gone', 'goneWorstMs', most),
    ];
  });
}

/** What a sweep takes with ever more pairs that hold a grant. */
function sizeTable(bySize: ReadonlyMap<number, Swept>, whole: Swept): BenchTable {
  const row = (grants: string, swept: Swept) => [
    grants,
    minutes(swept.durationMs),
    swept.calls,
    swept.hotCalls,
    swept.hotCalls === 0 ? '' : `${minutes(swept.durationMs / swept.rounds)}`,
  ];
  const sizes = [...bySize].sort(([a], [b]) => a - b);
  return {
    title: `Sweeps by how many pairs hold a grant; a round is begun every ${(5 * SWEEP_INTERVAL_MS) / MINUTE_MS} min at most`,
    head: ['pairs with a grant', 'sweep, min', 'calls', 'calls of hot rounds', 'a hot pair every … min'],
    rows: [
      row('none are hot', whole),
      ...sizes.map(([grants, swept]) => row(grants.toLocaleString('en'), swept)),
    ],
  };
}

function minutes(durationMs: number): string {
  return (durationMs / MINUTE_MS).toFixed(1);
}
