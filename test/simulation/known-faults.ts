// What is wrong with effects and processes at this moment, as whoever causes it knows it: the judges of how long something
// takes ask here, and in `denials.ts` and `aws-now.ts`, and nobody else.

import type { Row } from '../../src/store.ts';
import type { Effect } from './effect.ts';
import type { Fate } from './fate.ts';
import type { Running } from './simulated-world.ts';

export type KnownFaults = {
  /** Until when the last misfortune that met an effect was or will be felt, true monotonic milliseconds. */
  feltUntilMs(): number;
  /** The process that holds the lease and renews it, runs and moves. To be asked every few seconds. */
  leader(): Running | undefined;
  /** When a misfortune last met what a process does about its lease, true monotonic milliseconds. */
  leaseMetMs(name: string): number;
  /** The processes that run and move. */
  atWork(): readonly Running[];
};

/** How long a fate is felt by the process that met it, milliseconds; standing still is seen by itself. */
const FELT_MS: Readonly<Partial<Record<Fate, number>>> = {
  late: 4_000,
  slow: 13_000,
  // The longest limit of an answer: three tries of a question to AWS, 15 s each.
  'never-ends-before': 45_000,
  'never-ends-after': 45_000,
};

export function createKnownFaults(parts: {
  readonly elapsedMs: () => number;
  readonly running: readonly Running[];
  readonly lease: () => Row | undefined;
  readonly leaseMs: number;
}): KnownFaults & { met(effect: Effect, fate: Fate): void; changed(): void } {
  let feltUntilMs = Number.NEGATIVE_INFINITY;
  const leaseMetMs = new Map<string, number>();
  let renewed: { readonly beat: string; readonly sinceMs: number } | undefined;
  const atWork = () =>
    parts.running.filter(({ process, clock }) => !process.isDead() && !clock.isStandingStill());
  const felt = (forMs: number) => {
    feltUntilMs = Math.max(feltUntilMs, parts.elapsedMs() + forMs);
  };
  return {
    feltUntilMs: () => feltUntilMs,
    leaseMetMs: (name) => leaseMetMs.get(name) ?? Number.NEGATIVE_INFINITY,
    atWork,
    leader() {
      const lease = parts.lease();
      if (typeof lease?.epoch !== 'number' || lease.released === true) return undefined;
      const beat = `${lease.epoch} ${String(lease.beat)}`;
      if (renewed?.beat !== beat) renewed = { beat, sinceMs: parts.elapsedMs() };
      // Who lets it run down does not say so.
      if (parts.elapsedMs() - renewed.sinceMs > parts.leaseMs) return undefined;
      return atWork().find(({ name }) => name === lease.holder);
    },
    met(effect, fate) {
      felt(FELT_MS[fate] ?? 0);
      if (effect.phase === 'lease') leaseMetMs.set(effect.by, parts.elapsedMs());
    },
    /** Something that lasts began or ended, or a hand typed: from now on it is as it is. */
    changed: () => felt(0),
  };
}
