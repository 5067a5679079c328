// A dashboard as Grafana reads it, built from its plan. The same plan gives the same text.

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
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
import { CHOSEN, type DashboardPlan, NO_DATA, type PanelPlan, type Step } from './panel-plan.ts';

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
      [plan.description, ...(plan.alerts ?? []).map((alert) => runbookOf(alert, runbooks))].join(' '),
    )
    .datasource(DATASOURCE)
    .unit(plan.unit)
    .height(HEIGHTS[plan.kind])
    .span(plan.width)
    .thresholds(thresholdsOf(plan))
    .noValue(plan.kind === 'list' ? 'none fires' : NO_DATA)
    .withTarget(queryOf(plan));
  if (builder instanceof StatBuilder) drawNumbers(builder, plan);
  else if (builder instanceof TimeseriesBuilder) drawLines(builder, plan);
  else
    builder.withTransformation({ id: 'organize', options: { excludeByName: { Time: true, Value: true } } });
  return builder;
}

function drawNumbers(builder: StatBuilder, plan: PanelPlan): void {
  builder.mappings(mappingsOf(plan)).colorMode(BigValueColorMode.Background);
  if (plan.stepsOf === undefined) return;
  const thresholds = { mode: ThresholdsMode.Absolute, steps: allSteps(plan.stepsOf.steps, 'green') };
  builder.overrideByRegexp(`^${plan.stepsOf.legend}.*`, [{ id: 'thresholds', value: thresholds }]);
}

/** Without a legend nobody knows which line is which, and without a style no threshold is drawn. */
function drawLines(builder: TimeseriesBuilder, { steps = [] }: PanelPlan): void {
  builder
    .axisSoftMin(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  const [first] = steps;
  if (first === undefined) return;
  const dashed = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
  builder.thresholdsStyle(dashed).axisSoftMax(first.from);
}

function runbookOf(alert: string, runbooks: string): string {
  return `[${alert}](${runbooks}/${alert}.md)`;
}

/**
 * Where a controller that was there within a day has no number, or none was, there is an answer all the same, which is
 * none: Grafana colours only what is there.
 */
export function queryText({ expr, kind }: Pick<PanelPlan, 'expr' | 'kind'>): string {
  const each = `NaN * group by (cluster, namespace) (last_over_time(jit_leader{${CHOSEN}}[1d]))`;
  return kind === 'number' ? `(${expr}) or on (cluster, namespace) (${each}) or on () vector(NaN)` : expr;
}

function queryOf(plan: PanelPlan): DataqueryBuilder {
  const { legend, kind } = plan;
  const query = new DataqueryBuilder().refId('A').datasource(DATASOURCE).expr(queryText(plan));
  if (legend !== undefined) query.legendFormat(legend);
  if (kind === 'list') return query.instant().format(PromQueryFormat.Table);
  return kind === 'number' ? query.instant() : query.range();
}

function thresholdsOf({ steps = [], base = 'green' }: PanelPlan): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(allSteps(steps, base));
}

function allSteps(steps: readonly Step[], base: string): Threshold[] {
  return [{ value: null, color: base }, ...steps.map(({ from, colour }) => ({ value: from, color: colour }))];
}

/** A number that is not there is red. */
function mappingsOf({ word }: PanelPlan): ValueMapping[] {
  const missing: ValueMapping = {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NullAndNan, result: { text: NO_DATA, color: 'red' } },
  };
  if (word === undefined) return [missing];
  const options = { [String(word.value)]: { text: word.text, color: word.colour } };
  return [missing, { type: MappingType.ValueToText, options }];
}
