// Histories in which one fault is meant to hit one part of the loop: chance alone leaves some of them out of a small run.

import { type Phase, Phases } from './effect.ts';
import { type Fate, fatesIn } from './fate.ts';
import { type History, historyOf } from './history.ts';
import { tallyOf } from './misfortunes.ts';
import { runHistory } from './run-history.ts';
import { ScenarioNames } from './scenarios.ts';
import { addRan, type Summary } from './summary.ts';

const TRIES_MAX = 40;
/** It is added so often, in case that part of the loop is passed only later. */
const EVERY_ACTS = 4;

/** Adds histories until everything that can go wrong has gone wrong somewhere, or that has been tried long enough. */
export async function provokeTheRest(summary: Summary): Promise<void> {
  for (const phase of Phases)
    for (const fate of fatesIn(phase))
      for (let seed = 1; seed <= TRIES_MAX && tallyOf(summary.tally, phase, fate) === 0; seed += 1) {
        const history = provoking(seed, phase, fate);
        addRan(summary, history, `seed ${seed} with ${fate} in ${phase}`, await runHistory(history));
      }
}

function provoking(seed: number, phase: Phase, fate: Fate): History {
  const scenario = ScenarioNames[seed % ScenarioNames.length];
  const history = historyOf(seed, { scenario });
  const misfortune = { kind: 'misfortune', phase, fate, skip: 0, times: 1, afterMs: 0 } as const;
  const acts = history.acts.flatMap((act, position) =>
    position % EVERY_ACTS === 0 ? [misfortune, act] : [act],
  );
  return { ...history, acts };
}
