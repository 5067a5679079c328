// Every query of the dashboards is answered by a real Prometheus, and what is wrong with a controller is not green.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import { needs } from '../needs.ts';
import {
  type AnsweringPrometheus,
  PROMETHEUS,
  type Sample,
  startPrometheus,
} from './answering-prometheus.ts';
import { queryText } from './dashboards/build-dashboard.ts';
import type { PanelPlan } from './dashboards/panel-plan.ts';
import { filledIn, PLANNED_PANELS as panels } from './dashboards/planned-panels.ts';

const needed = needs({ prometheus: PROMETHEUS !== undefined });

const END_SECONDS = 1_768_478_400;
const STEP_SECONDS = 30;

type World = {
  /** What a scrape adds to the labels of each series. */
  readonly target?: string;
  /** What is so at an instant. */
  readonly at: (metrics: ReturnType<typeof createMetrics>, atSeconds: number) => void;
  readonly endsAtSeconds?: number;
};

/** Half an hour of what one process shows. */
async function samplesOf({
  target = '',
  at,
  endsAtSeconds = END_SECONDS,
}: World): Promise<readonly Sample[]> {
  const metrics = createMetrics();
  const samples: Sample[] = [];
  for (let atSeconds = END_SECONDS - 1_800; atSeconds <= endsAtSeconds; atSeconds += STEP_SECONDS) {
    at(metrics, atSeconds);
    const text = await metrics.registry.metrics();
    for (const [, name = '', inner, value] of text.matchAll(/^(jit_\w+)(?:\{(.*)\})? (\S+)$/gm)) {
      const labels = [inner, target].filter((each) => each).join(',');
      samples.push({ series: `${name}{${labels}}`, value: Number(value), atSeconds });
    }
  }
  return samples;
}

/** A leader that works: what is counted goes up. */
function works(metrics: ReturnType<typeof createMetrics>, atSeconds: number): void {
  metrics.leader.set(1);
  metrics.canaryIntervalSeconds.set(3_600);
  metrics.identityCenterCalls.inc({ operation: 'ListAccountAssignments', outcome: 'ok' }, 60);
  metrics.notifications.inc({ outcome: 'accepted' });
  metrics.revocationSeconds.observe({ reason: 'revoked' }, 3);
  metrics.grantSeconds.observe(3);
  metrics.passSeconds.observe(0.1);
  metrics.sweepSeconds.observe(20);
  metrics.httpRequestSeconds.observe({ method: 'GET', route: '/requests', status: 200 }, 0.05);
  metrics.lastPassTimestampSeconds.set(atSeconds);
  metrics.lastFullSweepTimestampSeconds.set(atSeconds);
  metrics.canaryLastClosedTimestampSeconds.set(atSeconds);
}

const panelOf = (title: string): PanelPlan => {
  const found = panels.find(([, panel]) => panel.title === title)?.[1];
  if (found === undefined) throw new Error(`no panel is named ${title}`);
  return found;
};

async function asked(prometheus: AnsweringPrometheus, panel: PanelPlan, namespace: string) {
  const query = filledIn(queryText(panel).replaceAll('$namespace', namespace));
  return prometheus.ask(query, END_SECONDS);
}

describe('a real Prometheus, whose targets have neither label', needed, () => {
  let prometheus: AnsweringPrometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus(await samplesOf({ at: works }));
  });
  afterAll(async () => prometheus?.stop());

  test.each(panels.filter(([, { kind }]) => kind !== 'list'))(
    'answers %s with something',
    async (_title, panel) => {
      const values = (await asked(prometheus, panel, '.*')).map(({ value: [, value] }) => value);
      // A quantile of what did not happen is no number, and a line that is not drawn.
      expect(values.filter((value) => value !== 'NaN').length).toBeGreaterThan(0);
    },
  );

  test.each(panels.filter(([, { kind }]) => kind === 'number'))(
    'answers %s with no number where nobody shows one',
    async (_title, panel) => {
      const values = (await asked(prometheus, panel, 'nobody')).map(({ value: [, value] }) => value);
      expect(values).toEqual(['NaN']);
    },
  );

  test('says that the rules are not read, rather than that no alert fires', async () => {
    const rows = await asked(prometheus, panelOf('Alerts that fire'), '.*');
    expect(rows.map(({ metric }) => metric.alertname)).toEqual([
      'NO DATA: the rules are not read, or nothing is scraped',
    ]);
  });
});

describe('what is wrong with a controller is not green', needed, () => {
  let prometheus: AnsweringPrometheus;
  beforeAll(async () => {
    const idle = () => {};
    const worlds: readonly World[] = [
      { target: 'namespace="works"', at: works },
      // The reconciler ended ten minutes ago, and was late; the API is left, and says 0 of everything.
      {
        target: 'namespace="stands"',
        endsAtSeconds: END_SECONDS - 600,
        at: (metrics, atSeconds) => {
          works(metrics, atSeconds);
          metrics.revocationOverdueSeconds.set(400);
        },
      },
      { target: 'namespace="stands",part="api"', at: idle },
      {
        target: 'namespace="mute"',
        at: (metrics, atSeconds) => {
          works(metrics, atSeconds);
          metrics.outboxPending.set(1);
          metrics.canaryLastClosedTimestampSeconds.set(END_SECONDS - 9_000);
        },
      },
      {
        target: 'namespace="young"',
        at: (metrics, atSeconds) => {
          metrics.leader.set(1);
          metrics.lastPassTimestampSeconds.set(atSeconds);
        },
      },
    ];
    const samples = (await Promise.all(worlds.map(samplesOf))).flat();
    const recorded = ['works', 'stands', 'mute', 'young'].map((namespace) => ({
      series: `jit:revocations:increase5m{namespace="${namespace}"}`,
      value: 0,
      atSeconds: END_SECONDS,
    }));
    const absent = {
      series: 'ALERTS{alertname="JitNoPass",alertstate="firing",severity="critical"}',
      value: 1,
      atSeconds: END_SECONDS,
    };
    prometheus = await startPrometheus([...samples, ...recorded, absent]);
  });
  afterAll(async () => prometheus?.stop());

  const valuesOf = async (title: string, namespace: string) =>
    (await asked(prometheus, panelOf(title), namespace)).map(({ value: [, value] }) => value);

  test.each([
    'Oldest overdue ending',
    'Endings overdue',
    'Drift that stays',
    'Removals that wait for a person',
    'Pairs that no sweep can read',
    'Stuck operations',
    'Oldest notification',
    'Calls that AWS throttles',
    'Canary: intervals since it last closed',
  ])('%s is not known where no pass completes, whatever the API says', async (title) => {
    expect(new Set(await valuesOf(title, 'stands'))).toEqual(new Set(['NaN']));
    expect(await valuesOf(title, 'works')).not.toContain('NaN');
  });

  test('a controller that stands is not hidden by one that works', async () => {
    const title = 'Since the last pass';
    const rows = await asked(prometheus, panelOf(title), 'works|stands');
    const ages = Object.fromEntries(rows.map(({ metric, value: [, value] }) => [metric.namespace, value]));
    expect(ages).toEqual({ works: '0', stands: '600' });
    expect((await valuesOf('Oldest overdue ending', 'works|stands')).toSorted()).toEqual(['0', 'NaN']);
    expect((await valuesOf('Leaders', 'works|stands')).toSorted()).toEqual(['0', '1']);
  });

  test('a notification that cannot be read has no age, and is shown', async () => {
    expect(await valuesOf('Oldest notification', 'mute')).toEqual(['-1']);
    expect(await valuesOf('Oldest notification', 'works')).toEqual(['0']);
  });

  test('a canary that did not close is told apart from none at all', async () => {
    const title = 'Canary: intervals since it last closed';
    expect(await valuesOf(title, 'mute')).toEqual(['2.5']);
    expect(await valuesOf(title, 'young')).toEqual(['-1']);
  });

  test('what never was is a day old, and what never ended has no share', async () => {
    expect(await valuesOf('Since the last full sweep', 'young')).toEqual(['86400']);
    expect(await valuesOf('Endings within a minute, 30 days', 'young')).toEqual(['-1']);
  });

  test('an alert on what is absent is shown whichever controller is chosen', async () => {
    const rows = await asked(prometheus, panelOf('Alerts that fire'), 'works');
    expect(rows.map(({ metric }) => metric.alertname)).toEqual(['JitNoPass']);
  });
});
