// One call as an operation sees it, and the two draws that most operations make.

import type { Fault } from './fault-rule.ts';
import type { OperationName } from './operation-names.ts';
import type { World } from './world.ts';

export type Call<Input> = {
  world: World;
  operation: OperationName;
  input: Input;
  /** AWS's time, epoch milliseconds. */
  nowMs: number;
  fault: Fault | undefined;
};

/** Members as AWS names them; instants are Dates, which each door writes in its own way. */
export type Output = Record<string, unknown>;

/** The instant that this list shows: behind now by the lag of the replica that answers. */
export function listAsOfMs({ world, nowMs, fault }: Call<unknown>): number {
  if (fault?.kind === 'stale-list') return nowMs - fault.lagMs;
  return nowMs - drawBetween(world.random, world.settings.listLagMinMs, world.settings.listLagMaxMs);
}

export function drawBetween(random: () => number, low: number, high: number): number {
  return high > low ? low + random() * (high - low) : low;
}

/** True in this share of draws; draws nothing for 0, so that an unused setting leaves a seeded run as it is. */
export function drawShare(random: () => number, share: number): boolean {
  return share > 0 && random() < share;
}
