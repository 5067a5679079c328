// A dashboard as Grafana reads it, built from its plan. The same plan gives the same text.

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { BigValueColorMode } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  type DataSourceRef,
  DatasourceVariableBuilder,
  MappingType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  SpecialValueMatch,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type DashboardPlan, NO_DATA, type PanelPlan } from './panel-plan.ts';

// Grafana's own place holder.
const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: ['$', '{datasource}'].join('') };
const HEIGHTS = { number: 4, lines: 8, list: 4 } as const;

/** `runbooks` is where the pages of the alerts are. */
export function buildDashboard(plan: DashboardPlan, runbooks: string): string {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags(['jit-access'])
    .readonly()
    .time({ from: plan.from, to: 'now' })
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('JIT access')
        .type(DashboardLinkType.Dashboards)
        .tags(['jit-access'])
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(labelVariable('cluster'))
    .withVariable(labelVariable('namespace'));
  for (const row of plan.rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel, runbooks));
  }
  return `${JSON.stringify(builder.build(), undefined, 2)}\n`;
}

/** Every value, where the label is there, and nothing else: a target without it is matched by all. */
function labelVariable(label: string): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(label)
    .datasource(DATASOURCE)
    .query(`label_values(jit_leader, ${label})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' });
}

function buildPanel(plan: PanelPlan, runbooks: string): Builder<Panel> {
  const builder =
    plan.kind === 'number'
      ? new StatBuilder()
      : plan.kind === 'lines'
        ? new TimeseriesBuilder()
        : new TableBuilder();
  builder
    .title(plan.title)
    .description(
      plan.alert === undefined ? plan.description : `${plan.description} ${runbookOf(plan.alert, runbooks)}`,
    )
    .datasource(DATASOURCE)
    .unit(plan.unit)
    .height(HEIGHTS[plan.kind])
    .span(plan.width)
    .thresholds(thresholdsOf(plan))
    .noValue(plan.noValue ?? NO_DATA)
    .withTarget(queryOf(plan));
  if (builder instanceof StatBuilder)
    builder.mappings(mappingsOf(plan)).colorMode(BigValueColorMode.Background);
  return builder;
}

function runbookOf(alert: string, runbooks: string): string {
  return `[${alert}](${runbooks}/${alert}.md)`;
}

/** Where no process shows a number there is an answer all the same, which is none: Grafana colours only what is there. */
export function queryText({ expr, kind }: Pick<PanelPlan, 'expr' | 'kind'>): string {
  return kind === 'number' ? `(${expr}) or on () vector(NaN)` : expr;
}

function queryOf(plan: PanelPlan): DataqueryBuilder {
  const { legend, kind } = plan;
  const query = new DataqueryBuilder().refId('A').datasource(DATASOURCE).expr(queryText(plan));
  if (legend !== undefined) query.legendFormat(legend);
  if (kind === 'list') return query.instant().format(PromQueryFormat.Table);
  return kind === 'number' ? query.instant() : query.range();
}

function thresholdsOf({ steps = [], base = 'green' }: PanelPlan): ThresholdsConfigBuilder {
  const all: Threshold[] = [
    { value: null, color: base },
    ...steps.map(({ from, colour }) => ({ value: from, color: colour })),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
}

/** A number that is not there is red, unless that is how it should be. */
function mappingsOf({ noValue }: PanelPlan): ValueMapping[] {
  const result = { text: noValue ?? NO_DATA, color: noValue === undefined ? 'red' : 'green' };
  return [
    { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.NullAndNan, result } },
  ] as ValueMapping[];
}
