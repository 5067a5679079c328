// Sums of what was asked, by tick and by part of the loop.

import { SECOND } from '../../test/world.ts';
import type { IdleState } from './idle-world.ts';
import type { LoopPart } from './loop-part.ts';
import type { Watched } from './watch-idle.ts';

export type WatchedState = {
  readonly state: IdleState;
  readonly ticks: Watched;
  readonly sweeps: Watched;
};

const TICK_MS = 5 * SECOND;
export const TICK_PARTS: readonly LoopPart[] = ['tick', 'minute', 'status', 'deliver'];

export type Tick = { readonly reads: number; readonly isMinute: boolean };

/** How many reads each tick made: what is due, the status, and the outbox. Once a minute it reads all that is unsettled. */
export function ticksOf({ asked, beganMs, durationMs }: Watched): readonly Tick[] {
  return Array.from({ length: Math.floor(durationMs / TICK_MS) }, (_, n) => {
    const fromMs = beganMs + n * TICK_MS;
    const own = asked.filter(
      ({ atMs, part }) => atMs >= fromMs && atMs < fromMs + TICK_MS && TICK_PARTS.includes(part),
    );
    return {
      reads: own.reduce((sum, { reads }) => sum + reads, 0),
      isMinute: own.some(({ part }) => part === 'minute'),
    };
  });
}

/** Of the ticks of one kind, the one that reads most. */
export function readsMax(watched: Watched, kind: { readonly isMinute: boolean }): number {
  const ticks = ticksOf(watched).filter(({ isMinute }) => isMinute === kind.isMinute);
  return Math.max(...ticks.map(({ reads }) => reads));
}

export type Sum = {
  readonly reads: number;
  readonly writes: number;
  readonly readUnits: number;
  readonly writeUnits: number;
};

export function sumOf({ asked }: Pick<Watched, 'asked'>, parts?: readonly LoopPart[]): Sum {
  const sum = { reads: 0, writes: 0, readUnits: 0, writeUnits: 0 };
  for (const each of asked) {
    if (parts !== undefined && !parts.includes(each.part)) continue;
    sum.reads += each.reads;
    sum.writes += each.writes;
    sum.readUnits += each.readUnits;
    sum.writeUnits += each.writeUnits;
  }
  return sum;
}

export function totalUnits(watched: Watched, parts?: readonly LoopPart[]): number {
  const { readUnits, writeUnits } = sumOf(watched, parts);
  return readUnits + writeUnits;
}
