// docs/operations.md must not rot: what it names exists, and its figures are those that were measured.

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costTables } from '../../bench/cost/cost-tables.ts';
import { Sizes, tableLines, total } from '../../bench/cost/month-costs.ts';
import { readMeasured } from '../../bench/cost/read-measured.ts';
import { OperatorCommands } from '../../cli/operator-commands.ts';
import { createMetrics } from '../../src/metrics.ts';
import { RequestStatuses } from '../../src/request.ts';
import { AllSettings } from '../../src/settings.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/operations.md', ROOT), 'utf8');
const words = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);
const blocks = [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.split('\n'),
);

test('every table of costs is what the generator prints', () => {
  const missing = costTables(readMeasured()).filter((table) => !text.includes(table));
  expect(missing).toEqual([]);
});

test('the costs follow what was measured: twice the units of a request are twice their cost', () => {
  const measured = readMeasured();
  const { readUnits, writeUnits } = measured.request;
  const dearer = { ...measured, request: { readUnits: readUnits * 2, writeUnits: writeUnits * 2 } };
  for (const size of Sizes) {
    const requests = tableLines(size, measured).find(({ name }) => name === 'requests');
    const difference = total(tableLines(size, dearer)) - total(tableLines(size, measured));
    expect(difference).toBeCloseTo(requests?.usd ?? 0, 6);
  }
});

test('every command exists, with the options that are named', () => {
  const named = [...words, ...blocks].filter((word) => /^jit [a-z]/.test(word));
  expect(named.length).toBeGreaterThan(10);
  const wrong = named.filter((line) => {
    const [, name = ''] = line.split(' ');
    const command = OperatorCommands.find((each) => each.name === name);
    const options = [...line.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option);
    return command === undefined || options.some((option) => !(option in command.options));
  });
  expect(wrong).toEqual([]);
});

test('every variable and status that is named exists', () => {
  const ofOthers = ['NODE_OPTIONS', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_SERVICE_NAME'];
  const known: readonly string[] = [...Object.keys(AllSettings.shape), ...RequestStatuses, ...ofOthers];
  const named = words.flatMap((word) => /^[A-Z]+_[A-Z_]+(?=$|=)/.exec(word) ?? []);
  expect(named.length).toBeGreaterThan(12);
  expect(named.filter((word) => !known.includes(word))).toEqual([]);
});

test('every metric that is named exists, with the label that is named', async () => {
  const tables = Object.values(TableDefinitions).map(({ defaultName }) => defaultName);
  const series = (await createMetrics().registry.metrics()).split('\n');
  const named = words.filter((word) => word.startsWith('jit_') && !tables.includes(word));
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter(
    (name) => !series.some((line) => line.startsWith(name.includes('{') ? `${name} ` : `# TYPE ${name} `)),
  );
  expect(missing).toEqual([]);
});

test('every page and heading that is linked exists', () => {
  const links = [...text.matchAll(/\]\(([^)h][^)#]*)(?:#([^)]+))?\)/g)];
  expect(links.length).toBeGreaterThan(10);
  const broken = links.filter(([, path = '', heading]) => {
    const file = new URL(path, new URL('docs/', ROOT));
    if (!existsSync(file)) return true;
    return heading !== undefined && !headingsOf(readFileSync(file, 'utf8')).includes(heading);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

/** As GitHub makes them. */
function headingsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
