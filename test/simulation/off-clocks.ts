// For how long a process has had a clock that is wrong: answers of AWS tell it, and the first moments are excused.

import type { Scene } from './watcher.ts';

/** Clocks differ by so much without anything being wrong with them. */
export const SKEW_MS = 30_000;
/** The lease is renewed more often than this, and each answer says what time it is. */
const NOTICED_MS = 5_000;

export type OffClock = {
  /** By how much it is ahead, milliseconds. */
  readonly offMs: number;
  readonly isNoticed: boolean;
};

/** To be asked at every write of a process. */
export function createOffClocks(scene: Scene): (by: string) => OffClock {
  const sinceMs = new Map<string, number>();
  return (by) => {
    const offMs = scene.actor(by)?.offMs() ?? 0;
    if (Math.abs(offMs) <= SKEW_MS) sinceMs.delete(by);
    else if (!sinceMs.has(by)) sinceMs.set(by, scene.elapsedMs());
    const since = sinceMs.get(by);
    return { offMs, isNoticed: since !== undefined && scene.elapsedMs() - since > NOTICED_MS };
  };
}
