// The panels of all dashboards with their full titles, and their queries as Grafana asks them.

import { DashboardPlans } from './dashboard-texts.ts';

export const PLANNED_PANELS = Object.values(DashboardPlans).flatMap(({ title, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => [`${title}: ${panel.title}`, panel] as const)),
);

/** As Grafana fills it in: all controllers, and a rate over some scrapes. */
export function filledIn(expr: string): string {
  return expr
    .replaceAll('$cluster', '.*')
    .replaceAll('$namespace', '.*')
    .replaceAll('$__rate_interval', '5m');
}
