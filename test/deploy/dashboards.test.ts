// The dashboards ask for what is shown, agree with the alerts, and every query of theirs is answered by a real Prometheus.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMetrics } from '../../src/metrics.ts';
import { eventually } from '../e2e/eventually.ts';
import { freePort } from '../free-port.ts';
import { alertsOf, parseRules, recordedNames, rulesText } from './alert-rules.ts';
import { queryText } from './dashboards/build-dashboard.ts';
import { DashboardPlans, dashboardTexts } from './dashboards/dashboard-texts.ts';
import { CHOSEN, NO_DATA, type PanelPlan } from './dashboards/panel-plan.ts';
import { unknownIn } from './shown-series.ts';

const rules = parseRules(rulesText());
const texts = dashboardTexts(rules);
const panels = Object.values(DashboardPlans).flatMap(({ title, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => [`${title}: ${panel.title}`, panel] as const)),
);

/** As Grafana fills it in: all controllers, and a rate over some scrapes. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$cluster', '.*')
    .replaceAll('$namespace', '.*')
    .replaceAll('$__rate_interval', '5m');
}

const Shown = z.looseObject({
  uid: z.string(),
  panels: z.array(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      description: z.string().optional(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      datasource: z.object({ uid: z.string() }).optional(),
      fieldConfig: z
        .object({
          defaults: z.looseObject({
            unit: z.string(),
            noValue: z.string(),
            mappings: z.array(z.unknown()).optional(),
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
  expect(selectors.filter((selector) => !selector.includes(CHOSEN))).toEqual([]);
});

test.each(panels)('%s counts only under a rate or an increase', (_title, { expr }) => {
  for (const [, before = ''] of expr.matchAll(/(\w+)\(\w+_(?:total|bucket|count|sum)\{/g))
    expect(['rate', 'increase']).toContain(before);
});

test('colours change where the alerts fire', () => {
  for (const [, { alert, steps = [], title }] of panels) {
    if (alert === undefined) continue;
    const exprs = alertsOf(rules)
      .filter((rule) => rule.alert === alert)
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

const PROMETHEUS = ['/usr/local/bin/prometheus', '/usr/bin/prometheus'].find(existsSync);
const leftOut = 'no prometheus was found; on Debian it is in the package prometheus';
if (PROMETHEUS === undefined)
  process.stderr.write(`\n*** THE QUERIES OF THE DASHBOARDS ARE LEFT OUT: ${leftOut}. ***\n\n`);

const Answered = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const END_SECONDS = 1_768_478_400;
const STEP_SECONDS = 30;

/** Half an hour of a process that works: what is counted goes up. */
async function openMetrics(): Promise<string> {
  const metrics = createMetrics();
  metrics.leader.set(1);
  metrics.canaryIntervalSeconds.set(3_600);
  const lines: string[] = [];
  for (let at = END_SECONDS - 1_800; at <= END_SECONDS; at += STEP_SECONDS) {
    metrics.identityCenterCalls.inc({ operation: 'ListAccountAssignments', outcome: 'ok' }, 60);
    metrics.notifications.inc({ outcome: 'accepted' });
    metrics.revocationSeconds.observe({ reason: 'revoked' }, 3);
    metrics.grantSeconds.observe(3);
    metrics.passSeconds.observe(0.1);
    metrics.sweepSeconds.observe(20);
    metrics.httpRequestSeconds.observe({ method: 'GET', route: '/requests', status: 200 }, 0.05);
    for (const set of [metrics.lastPassTimestampSeconds, metrics.lastFullSweepTimestampSeconds]) set.set(at);
    metrics.canaryLastClosedTimestampSeconds.set(at);
    lines.push(
      ...(await metrics.registry.metrics())
        .split('\n')
        .filter((line) => line.startsWith('jit_'))
        .map((line) => `${line} ${at}`),
    );
  }
  // The format wants all samples of a series together.
  const of = (line: string) => line.slice(0, line.split(' ').slice(0, -2).join(' ').length);
  const sorted = lines.toSorted((a, b) =>
    of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : Number(a.split(' ').at(-1)) - Number(b.split(' ').at(-1)),
  );
  return `${sorted.join('\n')}\n# EOF\n`;
}

describe.skipIf(PROMETHEUS === undefined)('a real Prometheus, whose targets have neither label', () => {
  let folder: string;
  let server: ChildProcess;
  let url: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
    const at = (name: string) => path.join(folder, name);
    writeFileSync(at('metrics.txt'), await openMetrics());
    writeFileSync(at('prometheus.yaml'), '{}\n');
    const promtool = path.join(path.dirname(PROMETHEUS ?? ''), 'promtool');
    execFileSync(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', at('metrics.txt'), at('tsdb')], {
      stdio: 'pipe',
    });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const storage = [`--storage.tsdb.path=${at('tsdb')}`, '--storage.tsdb.retention.time=100y'];
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    server = spawn(PROMETHEUS ?? '', [`--config.file=${at('prometheus.yaml')}`, ...storage, listen], {
      stdio: 'ignore',
    });
    await eventually('Prometheus to be ready', async () => {
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    });
  });
  afterAll(async () => {
    if (server !== undefined) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (panel: PanelPlan, namespace = '.*') => {
    const chosen = filledIn(queryText(panel).replaceAll('$namespace', namespace));
    const query = new URLSearchParams({ query: chosen, time: String(END_SECONDS) });
    return Answered.parse(await (await fetch(`${url}/api/v1/query?${query}`)).json()).data.result;
  };

  test.each(panels.filter(([, { kind }]) => kind !== 'list'))(
    'answers %s with something',
    async (_title, panel) => {
      const values = (await ask(panel)).map(({ value: [, value] }) => value);
      // A quantile of what did not happen is no number, and a line that is not drawn.
      expect(values.filter((value) => value !== 'NaN').length).toBeGreaterThan(0);
    },
  );

  test.each(panels.filter(([, { kind }]) => kind === 'number'))(
    'answers %s with no number where nobody shows one',
    async (_title, panel) => {
      const values = (await ask(panel, 'nobody')).map(({ value: [, value] }) => value);
      expect(values).toEqual(['NaN']);
    },
  );

  test('answers the list of alerts, which is empty while none fires', async () => {
    for (const [, panel] of panels.filter(([, { kind }]) => kind === 'list'))
      expect(await ask(panel)).toEqual([]);
  });
});
