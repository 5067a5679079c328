// Each small world again and again, each time with one thing gone wrong at one effect: a crash before and after every
// effect, a lost answer to every one, an earlier state for every read that may be stale, a conflict at every call.

import type { Effect, Phase } from './effect.ts';
import { type Fate, fatesOf } from './fate.ts';
import { type Ran, runHistory } from './run-history.ts';
import { type SmallWorldName, smallWorld } from './small-worlds.ts';
import type { Answer } from './unverified-facts.ts';

const TRIED: readonly Fate[] = [
  'crash-before',
  'crash-after',
  'lost-before',
  'lost-after',
  'never-ends-before',
  'never-ends-after',
  'pause-before',
  'stale',
  'conflict',
  'throttled',
  'fails-later',
];

/** One thing that goes wrong at one effect of a small world. */
export type Point = {
  readonly world: SmallWorldName;
  readonly number: number;
  readonly phase: Phase;
  readonly fate: Fate;
};

/** Every point of a world: its effects are those of an undisturbed run. Throws where that breaks a promise itself. */
export async function pointsOf(world: SmallWorldName, answers?: Answer): Promise<readonly Point[]> {
  const seen: Effect[] = [];
  const ran = await runHistory(smallWorld(world, answers), {
    decide: (effect) => {
      seen.push(effect);
      return undefined;
    },
    untilSettled: true,
  });
  if (ran.violation !== undefined)
    throw new Error(`${world} breaks ${ran.violation.check} undisturbed: ${ran.violation.what}`);
  return seen.flatMap((effect, position) =>
    TRIED.filter((fate) => fatesOf(effect.kind, effect.phase).includes(fate)).map((fate) => ({
      world,
      number: position + 1,
      phase: effect.phase,
      fate,
    })),
  );
}

export function runPoint(point: Point, answers?: Answer, onTrace?: (line: string) => void): Promise<Ran> {
  return runHistory(smallWorld(point.world, answers), {
    decide: (_effect, number) => (number === point.number ? point.fate : undefined),
    ...(onTrace === undefined ? {} : { onTrace }),
  });
}
