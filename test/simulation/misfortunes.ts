// What is still to go wrong, and what has: each effect asks here what becomes of it.

import { type Effect, type Phase, Phases } from './effect.ts';
import { type Fate, Fates, fatesOf } from './fate.ts';

/** The next effect of a part of the loop, after `skip` others, meets this fate; `times` in a row. */
export type Misfortune = {
  readonly phase: Phase;
  readonly fate: Fate;
  readonly skip: number;
  readonly times: number;
};

/** How often each fate was met in each part of the loop: row by row of `Phases`, in the order of `Fates`. */
export type Tally = number[];

export type Misfortunes = {
  add(misfortune: Misfortune): void;
  /** Before, while the world is set up, nothing counts and nothing goes wrong. */
  begin(): void;
  /** From now on nothing that was added goes wrong. */
  clear(): void;
  /** Whether `clear` was called. */
  areOver(): boolean;
  take(effect: Effect): Fate | undefined;
  /** So many effects were asked for. */
  readonly effects: () => number;
  readonly tally: Tally;
};

const PHASE_AT = new Map<Phase, number>(Phases.map((phase, position) => [phase, position]));
const FATE_AT = new Map<Fate, number>(Fates.map((fate, position) => [fate, position]));

export function emptyTally(): Tally {
  return new Array<number>(Phases.length * Fates.length).fill(0);
}

export function tallyOf(tally: Tally, phase: Phase, fate: Fate): number {
  return tally[cell(phase, fate)] ?? 0;
}

function cell(phase: Phase, fate: Fate): number {
  return (PHASE_AT.get(phase) ?? 0) * Fates.length + (FATE_AT.get(fate) ?? 0);
}

/** `decide` may choose the fate of any effect by its number, from 1, before what was added is asked. */
export function createMisfortunes(
  decide?: (effect: Effect, number: number) => Fate | undefined,
  onMet?: (effect: Effect, fate: Fate) => void,
): Misfortunes {
  let pending: { misfortune: Misfortune; skip: number; times: number }[] = [];
  const tally = emptyTally();
  let effects = 0;
  let begun = false;
  let over = false;

  const fromPending = (effect: Effect): Fate | undefined => {
    const met = pending.find(
      ({ misfortune: { phase, fate } }) =>
        phase === effect.phase && fatesOf(effect.kind, phase).includes(fate),
    );
    if (met === undefined) return undefined;
    if (met.skip > 0) {
      met.skip -= 1;
      return undefined;
    }
    met.times -= 1;
    if (met.times <= 0) pending = pending.filter((each) => each !== met);
    return met.misfortune.fate;
  };

  return {
    add: (misfortune) => {
      pending.push({ misfortune, skip: misfortune.skip, times: misfortune.times });
    },
    clear: () => {
      pending = [];
      over = true;
    },
    areOver: () => over,
    begin: () => {
      begun = true;
    },
    take(effect) {
      if (!begun) return undefined;
      effects += 1;
      const fate = decide?.(effect, effects) ?? (pending.length === 0 ? undefined : fromPending(effect));
      if (fate === undefined) return undefined;
      tally[cell(effect.phase, fate)] = tallyOf(tally, effect.phase, fate) + 1;
      onMet?.(effect, fate);
      return fate;
    },
    effects: () => effects,
    tally,
  };
}
