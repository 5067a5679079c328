// What a run of the tests left out, counted by what the machine lacks.

import { type Need, Needs } from './needs.ts';

export type RanTest = {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  /** Of a skipped test: what it needs and has not. */
  readonly tags: readonly string[];
  /** Why a test left itself out. */
  readonly note?: string | undefined;
};

/** One line for each thing that is missing, with the command that brings it, and one for each test that left itself out. */
export function describeLeftOut(tests: readonly RanTest[]): readonly string[] {
  const skipped = tests.filter(({ state }) => state === 'skipped');
  const lines = (Object.keys(Needs) as Need[]).flatMap((need) => {
    const count = skipped.filter(({ tags }) => tags.includes(need)).length;
    const { is, bring } = Needs[need];
    return count === 0 ? [] : [`${count} without ${is}: ${bring}`];
  });
  const unexplained = skipped.filter(({ tags }) => tags.length === 0);
  return [...lines, ...unexplained.map(({ name, note }) => `${name}: ${note ?? 'it does not say why'}`)];
}

/** `3 passed, 0 failed, 1 skipped`. A test that was begun and never ended has failed. */
export function describeCounts(tests: readonly RanTest[]): string {
  const count = (...states: readonly RanTest['state'][]) =>
    tests.filter(({ state }) => states.includes(state)).length;
  return `${count('passed')} passed, ${count('failed', 'pending')} failed, ${count('skipped')} skipped`;
}
