// The list of weaknesses that the histories must notice still fits the source.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LedgerRules } from '../../src/ledger-rules.ts';
import { Mutants } from '../simulation/mutants/mutants.ts';

const MUTANTS_MIN = 30;

describe('the list of mutants', () => {
  it.each(Mutants.map((mutant) => [mutant.name, mutant] as const))('%s still applies', (_name, mutant) => {
    const source = readFileSync(new URL(`../../${mutant.file}`, import.meta.url), 'utf8');
    expect(source.split(mutant.find).length - 1, `"${mutant.find}" in ${mutant.file}`).toBe(1);
    expect(mutant.replace).not.toBe(mutant.find);
    expect(mutant.breaks).not.toBe('');
  });

  it('gives every mutant a name of its own', () => {
    expect(new Set(Mutants.map(({ name }) => name)).size).toBe(Mutants.length);
  });

  it('is not nearly empty', () => {
    expect(Mutants.length).toBeGreaterThanOrEqual(MUTANTS_MIN);
  });

  it.each(LedgerRules.map(({ name }) => name))('weakens the row %s of the state table', (name) => {
    expect(Mutants.map(({ rule }) => rule)).toContain(name);
  });

  it('names only rows that exist', () => {
    const named = Mutants.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
    expect(LedgerRules.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
  });
});
