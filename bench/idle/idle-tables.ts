// What each part of the loop asks for, and what that costs in a month.

import { MINUTE } from '../../test/world.ts';
import type { BenchTable } from '../bench.ts';
import { dollars, MONTH_MS } from './list-prices.ts';
import { type LoopPart, LoopParts } from './loop-part.ts';
import { sumOf, type WatchedState } from './sum-asked.ts';
import type { Watched } from './watch-idle.ts';

const PART_NAMES: Readonly<Record<LoopPart, string>> = {
  tick: 'what is due, every 5 s',
  minute: 'all that is unsettled, every minute',
  status: 'status, every 5 s',
  deliver: 'outbox, every 5 s',
  listen: 'nudges, every second',
  lease: 'lease, every 3 s',
  sweep: 'sweep',
};

/** Sweeping was watched apart. */
function watchedOf({ ticks, sweeps }: WatchedState, part: LoopPart): Watched {
  return part === 'sweep' ? sweeps : ticks;
}

export function partTable(states: readonly WatchedState[]): BenchTable {
  const rows = states.flatMap((one) =>
    LoopParts.map((part) => {
      const watched = watchedOf(one, part);
      const sum = sumOf(watched, [part]);
      const aMinute = (count: number) => round((count * MINUTE) / watched.durationMs);
      return [
        one.state.name,
        PART_NAMES[part],
        aMinute(sum.reads),
        aMinute(sum.readUnits),
        aMinute(sum.writes),
        aMinute(sum.writeUnits),
        part === 'sweep' ? aMinute(watched.calls) : 0,
      ];
    }),
  );
  return {
    title: 'A minute of doing nothing',
    head: ['tables', 'part', 'reads', 'read units', 'writes', 'write units', 'Identity Center calls'],
    rows,
  };
}

export function costTable(states: readonly WatchedState[]): BenchTable {
  const cost = (one: WatchedState, part: LoopPart) => {
    const watched = watchedOf(one, part);
    return (dollars(sumOf(watched, [part])) * MONTH_MS) / watched.durationMs;
  };
  const rows = LoopParts.map((part) => [PART_NAMES[part], ...states.map((one) => money(cost(one, part)))]);
  const whole = states.map((one) => money(LoopParts.reduce((sum, part) => sum + cost(one, part), 0)));
  return {
    title: 'A month of doing nothing, US dollars',
    head: ['part', ...states.map(({ state }) => state.name)],
    rows: [...rows, ['together', ...whole]],
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function money(value: number): string {
  return value.toFixed(2);
}
