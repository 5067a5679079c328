// docs/threat-model.md and docs/disaster-recovery.md must not rot: what they name exists.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AuditEventTypes } from '../../src/audit-event.ts';
import { createMetrics } from '../../src/metrics.ts';
import { RequestStatuses } from '../../src/request.ts';
import { AllSettings } from '../../src/settings.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';

const ROOT = new URL('../../', import.meta.url);
const LABELS = ['At worst', 'Prevented', 'Limited', 'Shown', 'Tests'];

const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const DOCUMENTS = ['docs/threat-model.md', 'docs/disaster-recovery.md'];
const text = read('docs/threat-model.md');
const words = [
  ...DOCUMENTS.map(read)
    .join('\n')
    .matchAll(/`([^`\n]+)`/g),
].map(([, word = '']) => word);
const threats = text
  .slice(text.indexOf('\n## Threats'))
  .split('\n### ')
  .slice(1)
  .map((section) => ({ title: section.split('\n')[0] ?? '', section }));

/** The tests that a document names, each as its file in backticks and its name in quotes. */
function namedTests(document: string) {
  return [...document.matchAll(/^- `(test\/[\w./-]+\.test\.ts)` "(.+)"$/gm)].map(
    ([, file = '', name = '']) => ({ file, name }),
  );
}

/** Whether a test of this name begins in the source: its name is the first argument, and its body the next. */
function holdsTest(source: string, name: string): boolean {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  return new RegExp(`\\(\\s*(['"\`])${literal}\\1,\\s*(async )?(\\(|\\w+ =>)`).test(source);
}

test.each(threats)('the threat "$title" says all that is asked of one', ({ section }) => {
  const labels = [...section.matchAll(/^\*\*([A-Z][\w ]+)\.\*\*/gm)].map(([, label]) => label);
  expect(labels).toEqual(LABELS);
  const lines = (section.split('**Tests.**')[1] ?? '').split('\n').filter((line) => line.startsWith('- '));
  expect(lines.length).toBeGreaterThan(0);
  expect(namedTests(section)).toHaveLength(lines.length);
});

test('there are threats to read about', () => {
  expect(threats.length).toBeGreaterThan(10);
});

test.each(DOCUMENTS)('every test that %s names exists', (path) => {
  const named = namedTests(read(path));
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter(
    ({ file, name }) => !existsSync(new URL(file, ROOT)) || !holdsTest(read(file), name),
  );
  expect(missing).toEqual([]);
});

test('a test that does not exist is noticed', () => {
  const source = "test('one thing', async () => {});\nit.each([1])(\n  'another %s',\n  (n) => n,\n);\n";
  expect(['one thing', 'another %s'].map((name) => holdsTest(source, name))).toEqual([true, true]);
  expect(['one', 'thing', 'another 1', ''].map((name) => holdsTest(source, name))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('every metric that is named exists, with the label that is named', async () => {
  const tables = Object.values(TableDefinitions).map(({ defaultName }) => defaultName);
  const series = (await createMetrics().registry.metrics()).split('\n');
  const named = words.filter((word) => word.startsWith('jit_') && !tables.includes(word));
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter((name) =>
    name.includes('{')
      ? !series.some((line) => line.startsWith(`${name} `))
      : !series.includes(`# TYPE ${name} ${typeOf(series, name)}`),
  );
  expect(missing).toEqual([]);
});

function typeOf(series: readonly string[], name: string): string {
  const line = series.find((each) => each.startsWith(`# TYPE ${name} `));
  return line?.split(' ').at(-1) ?? 'of nothing';
}

test('every event, status and variable that is named exists', () => {
  const known: readonly string[] = [
    ...AuditEventTypes,
    ...RequestStatuses,
    ...Object.keys(AllSettings.shape),
  ];
  const named = words.filter((word) => /^[A-Z][A-Z_]+$/.test(word));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((word) => !known.includes(word))).toEqual([]);
});

test('every line of the log that is named is written by the code', () => {
  const sources = ['src', 'api', 'reconciler'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(`${folder}/${name}`)),
  );
  const named = [...text.matchAll(/\blog\s+"([^"]+)"/g)].map(([, line = '']) => line);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((line) => !sources.some((source) => source.includes(`'${line}'`)))).toEqual([]);
});
