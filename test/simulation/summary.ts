// What came of the histories of a run, added up.

import type { Phase } from './effect.ts';
import { Phases } from './effect.ts';
import { Fates, fatesIn } from './fate.ts';
import { emptyTally, type Tally, tallyOf } from './misfortunes.ts';
import type { Ran } from './run-history.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Violation } from './simulated-world.ts';

export type Failure = {
  readonly seed: number;
  /** The scenario that it was run in, where that was not drawn from the seed. */
  readonly scenario?: ScenarioName | undefined;
  /** Which history it was, in words. */
  readonly where: string;
  readonly violation: Violation;
};

export type Summary = {
  histories: number;
  acts: number;
  effects: number;
  virtualMs: number;
  tally: Tally;
  slowest: { where: string; settledMs: number };
  failures: Failure[];
};

export function emptySummary(): Summary {
  return {
    histories: 0,
    acts: 0,
    effects: 0,
    virtualMs: 0,
    tally: emptyTally(),
    slowest: { where: 'none', settledMs: 0 },
    failures: [],
  };
}

export function addRan(
  summary: Summary,
  history: {
    readonly seed: number;
    readonly acts: readonly unknown[];
    readonly givenScenario?: ScenarioName | undefined;
  },
  where: string,
  ran: Ran,
): void {
  const { seed, acts, givenScenario: scenario } = history;
  addSummary(summary, {
    histories: 1,
    acts: acts.length,
    effects: ran.effects,
    virtualMs: ran.virtualMs,
    tally: ran.tally,
    slowest: { where, settledMs: ran.settledMs },
    failures: ran.violation === undefined ? [] : [{ seed, scenario, where, violation: ran.violation }],
  });
}

export function addSummary(summary: Summary, more: Summary): void {
  summary.histories += more.histories;
  summary.acts += more.acts;
  summary.effects += more.effects;
  summary.virtualMs += more.virtualMs;
  summary.tally = summary.tally.map((count, position) => count + (more.tally[position] ?? 0));
  if (more.slowest.settledMs > summary.slowest.settledMs) summary.slowest = more.slowest;
  summary.failures.push(...more.failures);
}

/** What could have gone wrong and did not, anywhere. */
export function neverHit({ tally }: Summary): readonly string[] {
  return Phases.flatMap((phase) =>
    fatesIn(phase)
      .filter((fate) => tallyOf(tally, phase, fate) === 0)
      .map((fate) => `${fate} in ${phase}`),
  );
}

/** Faults by kind, and by the part of the loop that they hit. */
export function coverageTable({ tally }: Summary): string {
  const width = Math.max(...Fates.map((fate) => fate.length));
  const cell = (phase: Phase, fate: (typeof Fates)[number]) =>
    (fatesIn(phase).includes(fate) ? String(tallyOf(tally, phase, fate)) : '·').padStart(phaseWidth(phase));
  const rows = Fates.map((fate) => {
    const total = Phases.reduce((sum, phase) => sum + tallyOf(tally, phase, fate), 0);
    return [fate.padEnd(width), String(total).padStart(9), ...Phases.map((phase) => cell(phase, fate))].join(
      '  ',
    );
  });
  const head = [
    ''.padEnd(width),
    'all'.padStart(9),
    ...Phases.map((phase) => phase.padStart(phaseWidth(phase))),
  ];
  return [head.join('  '), ...rows].join('\n');
}

function phaseWidth(phase: Phase): number {
  return Math.max(7, phase.length);
}

export function countFaults({ tally }: Summary): number {
  return tally.reduce((sum, count) => sum + count, 0);
}
