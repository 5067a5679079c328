// Results as text: what people read at the end of a run.

import { type BenchResult, type BenchTable, isMet, type Measure } from './bench.ts';

export function printTable({ title, head, rows }: BenchTable): string {
  const all = [head, ...rows.map((row) => row.map(shown))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return [`${title}`, ...lines].join('\n');
}

/** One row for each measure of each benchmark. */
export function summaryTable(results: ReadonlyMap<string, BenchResult>): BenchTable {
  const rows = [...results].flatMap(([bench, { measures }]) =>
    measures.map((measure) => [
      bench,
      measure.name,
      figure(measure),
      goalText(measure),
      verdict(measure),
      measure.against ?? '',
    ]),
  );
  return { title: 'Results', head: ['benchmark', 'measure', 'value', 'goal', '', 'against'], rows };
}

function figure({ value, unit }: Measure): string {
  return `${shown(value)} ${unit}`;
}

function goalText({ goal, unit }: Measure): string {
  if (goal === undefined) return '';
  return 'atMost' in goal ? `≤ ${goal.atMost} ${unit}` : `≥ ${goal.atLeast} ${unit}`;
}

function verdict(measure: Measure): string {
  const met = isMet(measure);
  if (met === undefined) return '';
  return met ? 'met' : 'MISSED';
}

function shown(value: string | number): string {
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toLocaleString('en', { maximumSignificantDigits: value >= 1000 ? 6 : 4 });
}
