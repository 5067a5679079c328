// The files of the dashboards, by name. Their panels lead to where the rules say that the runbooks are.

import { type AlertRules, alertsOf } from '../alert-rules.ts';
import { buildDashboard } from './build-dashboard.ts';
import { CAPACITY } from './capacity-plan.ts';
import { ON_CALL } from './on-call-plan.ts';

export const DashboardPlans = { 'on-call.json': ON_CALL, 'capacity.json': CAPACITY } as const;

export function dashboardTexts(rules: AlertRules): Readonly<Record<string, string>> {
  const runbooks = alertsOf(rules)[0]?.annotations.runbook_url.replace(/\/\w+\.md$/, '') ?? '';
  return Object.fromEntries(
    Object.entries(DashboardPlans).map(([file, plan]) => [file, buildDashboard(plan, runbooks)]),
  );
}
