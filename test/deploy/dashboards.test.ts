// The dashboards ask for what is shown, and agree with the alerts.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { alertsOf, parseRules, recordedNames, rulesText } from './alert-rules.ts';
import { dashboardTexts } from './dashboards/dashboard-texts.ts';
import { CHOSEN, NO_DATA } from './dashboards/panel-plan.ts';
import { filledIn, PLANNED_PANELS as panels } from './dashboards/planned-panels.ts';
import { unknownIn } from './shown-series.ts';

const rules = parseRules(rulesText());
const texts = dashboardTexts(rules);

// An alert on what is absent has no controller: it is shown whichever is chosen.
const CHOSEN_OR_NONE = 'cluster=~"$cluster|", namespace=~"$namespace|"';

const Shown = z.looseObject({
  uid: z.string(),
  panels: z.array(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      description: z.string().optional(),
      options: z.looseObject({ legend: z.looseObject({ showLegend: z.boolean() }).optional() }).optional(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      datasource: z.object({ uid: z.string() }).optional(),
      fieldConfig: z
        .object({
          defaults: z.looseObject({
            unit: z.string(),
            noValue: z.string(),
            mappings: z.array(z.unknown()).optional(),
            thresholds: z.object({ steps: z.array(z.unknown()) }),
            custom: z.looseObject({ thresholdsStyle: z.object({ mode: z.string() }).optional() }).optional(),
          }),
        })
        .optional(),
    }),
  ),
});

test.each(Object.entries(texts))('%s is up to date (else: npm run alerts)', (file, text) => {
  expect(readFileSync(fileURLToPath(new URL(`../../deploy/grafana/${file}`, import.meta.url)), 'utf8')).toBe(
    text,
  );
});

test.each(panels)('%s asks for what is shown', async (_title, { expr }) => {
  const alone = filledIn(expr).replaceAll(/,? ?cluster=~"\.\*", namespace=~"\.\*"/g, '');
  const unknown = await unknownIn(alone, [...recordedNames(rules), 'ALERTS']);
  // Prometheus's own, with the names of the alerts.
  expect(unknown.filter((name) => !['alertname', 'severity'].includes(name))).toEqual([]);
});

test.each(panels)('%s asks for the chosen controller alone', (_title, { expr }) => {
  const selectors = expr.match(/(?:jit_\w+|ALERTS)(?:\{[^}]*\})?/g) ?? [];
  expect(
    selectors.filter((selector) => ![CHOSEN, CHOSEN_OR_NONE].some((matchers) => selector.includes(matchers))),
  ).toEqual([]);
});

test.each(panels)('%s counts only under a rate or an increase', (_title, { expr }) => {
  for (const [, before = ''] of expr.matchAll(/(\w+)\(\w+_(?:total|bucket|count|sum)\{/g))
    expect(['rate', 'increase']).toContain(before);
});

test('colours change where the alerts fire', () => {
  for (const [, { alerts = [], steps = [], title }] of panels) {
    if (alerts.length === 0) continue;
    const exprs = alertsOf(rules)
      .filter((rule) => alerts.includes(rule.alert))
      .map(({ expr }) => expr)
      .join(' ');
    const numbers = [...exprs.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map(([number]) =>
      Number(number),
    );
    const own = steps.filter(({ colour }) => colour !== 'green').map(({ from }) => from);
    const agreed = own.filter((from) => numbers.includes(from) || numbers.includes(from - 1));
    expect(agreed, title).toEqual(own);
  }
});

test.each(Object.entries(texts))(
  '%s is whole: titles, descriptions, units, places, and no number that hides',
  (_file, text) => {
    const { panels: shown } = Shown.parse(JSON.parse(text));
    const drawn = shown.filter(({ type }) => type !== 'row');
    for (const { title, description = '', datasource, fieldConfig } of drawn) {
      expect(title).not.toBe('');
      expect(description, title).not.toBe('');
      expect(datasource?.uid, title).toContain('datasource');
      expect(fieldConfig?.defaults.unit, title).not.toBe('');
      expect(fieldConfig?.defaults.noValue, title).not.toBe('');
    }
    const cells = shown.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size, 'panels overlap').toBe(cells.length);
    expect(Math.max(...shown.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(24);
  },
);

test('a number of the first page that is not there is red', () => {
  const { panels: shown } = Shown.parse(JSON.parse(texts['on-call.json'] ?? ''));
  const silent = shown.filter(
    ({ fieldConfig }) => fieldConfig?.defaults.noValue === NO_DATA && fieldConfig.defaults.mappings,
  );
  expect(silent.length).toBeGreaterThan(10);
  for (const { title, fieldConfig } of silent)
    expect(JSON.stringify(fieldConfig?.defaults.mappings), title).toContain('"color":"red"');
});

test('lines have a legend, and a threshold in them is drawn', () => {
  const lines = Object.values(texts).flatMap((text) =>
    Shown.parse(JSON.parse(text)).panels.filter(({ type }) => type === 'timeseries'),
  );
  expect(lines.length).toBeGreaterThan(0);
  for (const { title, options, fieldConfig } of lines) {
    expect(options?.legend?.showLegend, title).toBe(true);
    const hasSteps = (fieldConfig?.defaults.thresholds.steps.length ?? 0) > 1;
    expect(fieldConfig?.defaults.custom?.thresholdsStyle?.mode, title).toBe(hasSteps ? 'dashed' : undefined);
  }
});

test('every alert has its runbook on the page', () => {
  const linked = panels.flatMap(([, { alerts = [] }]) => alerts);
  expect(new Set(linked)).toEqual(new Set(alertsOf(rules).map(({ alert }) => alert)));
});
