// A whole history as plain data, made from a seed: how the world is, and what people, hands and misfortunes do to it,
// in order. The same seed gives the same history; leaving acts out gives a smaller one.

import { seededRandom } from '../world.ts';
import { type Act, drawAct, drawGrant } from './act.ts';
import { type Scenario, type ScenarioName, ScenarioNames, Scenarios } from './scenarios.ts';
import { type Answer, drawAnswers } from './unverified-facts.ts';

export type Surroundings = {
  /** By how much each process's wall clock is off, milliseconds. */
  readonly skewsMs: readonly number[];
  readonly apiSkewMs: number;
  readonly jitterPercent: number;
  readonly answers: Answer;
  /** So many inferred endings a day are believed. */
  readonly brakeCount: number;
  /** The tables were filled by the previous system. */
  readonly takenOver: boolean;
  /** A user of its own is given access and loses it, without anybody asking. */
  readonly canary?: true;
  /** What lasts goes on while the world settles: only what it holds up may wait. Then it is over, and all must settle. */
  readonly lasting?: true;
};

export type History = {
  readonly seed: number;
  readonly scenario: ScenarioName;
  readonly surroundings: Surroundings;
  readonly acts: readonly Act[];
};

/** Wall clocks of processes differ by up to 30 s. */
const SKEW_MAX_MS = 15_000;

/** `scenario` is drawn where none is given; `answers` replace those that are drawn. */
export function historyOf(
  seed: number,
  options: { readonly scenario?: ScenarioName | undefined; readonly answers?: Answer | undefined } = {},
): History {
  const random = seededRandom(seed * 2_654_435_761 + 17);
  const drawn = ScenarioNames[Math.floor(random() * ScenarioNames.length)] ?? 'people';
  const name = options.scenario ?? drawn;
  const scenario: Scenario = Scenarios[name];
  const surroundings = drawSurroundings(scenario, random, options.answers);
  const grants = Array.from({ length: scenario.grants ?? 0 }, () => drawGrant(random)).flat();
  const others = Array.from({ length: scenario.acts }, () =>
    drawAct(scenario.weights, random, scenario.phases),
  );
  const acts = [...grants, ...others];
  return { seed, scenario: name, surroundings, acts };
}

function drawSurroundings(
  scenario: Scenario,
  random: () => number,
  answers: Answer | undefined,
): Surroundings {
  const pick = <T>(items: readonly T[], first: T): T => items[Math.floor(random() * items.length)] ?? first;
  const skew = () => Math.round((random() * 2 - 1) * SKEW_MAX_MS);
  const processes = pick(scenario.processes, 1);
  return {
    skewsMs: Array.from({ length: processes }, skew),
    apiSkewMs: skew(),
    jitterPercent: pick([0, 0, 10], 0),
    answers: { ...(random() < 0.7 ? drawAnswers(random) : {}), ...answers },
    brakeCount: pick([0, 2, 100], 2),
    takenOver: scenario.takenOver ?? false,
    ...(scenario.lastingShare !== undefined && random() < scenario.lastingShare ? { lasting: true } : {}),
  };
}
