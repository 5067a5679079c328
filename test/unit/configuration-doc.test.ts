import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { AllSettings, ApiSettings, ReconcilerSettings, SettingDefaults } from '../../src/settings.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
  .map(([name = '', fallback = '', part = '', meaning = '', breaks = '']) => {
    return { name: name.replaceAll('`', ''), fallback, part, meaning, breaks };
  });

test('docs/configuration.md describes every variable once, and no other', () => {
  expect(rows.map((row) => row.name).toSorted()).toEqual(Object.keys(AllSettings.shape).toSorted());
});

test.each(Object.entries(SettingDefaults))('docs/configuration.md gives the default of %s', (name, value) => {
  expect(rows.find((row) => row.name === name)?.fallback).toBe(`\`${value}\``);
});

test('docs/configuration.md marks as required what is missing from an empty environment', () => {
  const parsed = parseConfig({});
  const problems = parsed.ok ? [] : parsed.problems;
  const required = problems.flatMap((problem) => /^(\w+) is not set/.exec(problem)?.[1] ?? []);
  const marked = rows.filter((row) => row.fallback === 'required').map((row) => row.name);
  expect(marked.toSorted()).toEqual(required.toSorted());
});

test.each(rows)('docs/configuration.md says of $name who reads it, what it means and what breaks', (row) => {
  const hasDefault = row.name in SettingDefaults;
  if (!hasDefault) expect(['required', 'none']).toContain(row.fallback);
  const part =
    row.name in ApiSettings.shape ? 'API' : row.name in ReconcilerSettings.shape ? 'reconciler' : 'all';
  expect(row.part).toBe(part);
  expect(row.meaning).toMatch(/\S/);
  expect(row.breaks).toMatch(/\S/);
});
