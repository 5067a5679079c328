// How soon orphans were found, as figures, as a table and as a curve.

import type { BenchTable, Curve } from '../bench.ts';
import type { Found } from './measure-orphans.ts';
import { RATE, type Rounds, SWEEP_INTERVAL_MS, SWEEP_SHARE } from './sweep-leader.ts';

const WHERE = ['with grants', 'quiet'] as const;
const MINUTE_MS = 60_000;
/** Hot rounds take a quarter of the sweep's calls at most. */
const LEFT_BY_HOT_ROUNDS = 3 / 4;

/** In the worst case, a quiet pair is listed again after so long. */
export function statedWorstMs(callsMin: number): number {
  return (callsMin * 1_000) / (RATE * SWEEP_SHARE * LEFT_BY_HOT_ROUNDS) + SWEEP_INTERVAL_MS;
}

export function ofFound(found: readonly Found[], where: Found['where']) {
  const own = found.filter((one) => one.where === where);
  const mean = (times: readonly number[]) => times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const sighted = own.map(({ sightedMs }) => sightedMs);
  const gone = own.map(({ goneMs }) => goneMs);
  return {
    sightedMeanMs: mean(sighted),
    sightedWorstMs: Math.max(...sighted),
    goneMeanMs: mean(gone),
    goneWorstMs: Math.max(...gone),
  };
}

type Run = readonly [Rounds, readonly Found[]];

export function foundTable(...runs: readonly Run[]): BenchTable {
  return {
    title: 'Minutes until an orphan is found',
    head: ['pairs', 'swept', 'sighted, mean', 'sighted, worst', 'gone, mean', 'gone, worst'],
    rows: WHERE.flatMap((where) =>
      runs.map(([rounds, found]) => [
        where,
        rounds,
        ...Object.values(ofFound(found, where)).map((ms) => (ms / MINUTE_MS).toFixed(1)),
      ]),
    ),
  };
}

/** How many per cent were sighted within so many minutes. */
export function foundCurve(...runs: readonly Run[]): Curve {
  const series = WHERE.flatMap((where) =>
    runs.map(([rounds, found]) => {
      const times = found
        .filter((one) => one.where === where)
        .map(({ sightedMs }) => sightedMs / MINUTE_MS)
        .sort((a, b) => a - b);
      const points = times.map((minute, n) => [minute, ((n + 1) * 100) / times.length] as const);
      return { name: `${where}, ${rounds}`, points: [[0, 0] as const, ...points] };
    }),
  );
  return {
    name: 'found',
    title: 'Orphans in 15,000 pairs: how many are sighted, by time since they appeared',
    x: { label: 'minutes' },
    y: { label: 'per cent sighted' },
    series,
  };
}
