// The page for whoever plans: is there room? The call budget first, because AWS's calls a second are what limits all else.

import { CHOSEN, type DashboardPlan, type PanelPlan } from './panel-plan.ts';

function lines(plan: Omit<PanelPlan, 'kind' | 'width'>): PanelPlan {
  return { kind: 'lines', width: 12, ...plan };
}

export const CAPACITY: DashboardPlan = {
  uid: 'jit-capacity',
  title: 'JIT access: capacity',
  description: 'Is there room in the call budget, and does the loop keep up?',
  from: 'now-24h',
  rows: [
    {
      title: 'The call budget',
      panels: [
        lines({
          title: 'Calls to Identity Center a second, and what is allowed now',
          description:
            'By outcome, beside what the budget allows: that halves when AWS throttles, and recovers slowly. Below IDENTITY_CENTER_RATE for long: somebody shares the quota. AWS allows 20 a second for the whole organisation, whoever makes them: the dashed line.',
          expr: `sum by (outcome) (rate(jit_identity_center_calls_total{${CHOSEN}}[$__rate_interval])) or label_replace(max(jit_identity_center_rate_limit{${CHOSEN}}), "outcome", "allowed now", "", "")`,
          unit: 'reqps',
          legend: '{{outcome}}',
          steps: [{ from: 20, colour: 'red' }],
        }),
        lines({
          title: 'Pairs that no sweep can read',
          description:
            'Permission sets and accounts into which the last sweep could not look: jit coverage names them.',
          expr: `max(jit_sweep_unread_pairs{${CHOSEN}})`,
          unit: 'short',
          legend: 'unread',
        }),
        lines({
          title: 'Calls that wait, by priority',
          description:
            'Persons first, sweeping last. Persons above zero for minutes: the budget is too small for the day.',
          expr: `max by (priority) (jit_call_queue_length{${CHOSEN}})`,
          unit: 'short',
          legend: '{{priority}}',
        }),
        lines({
          title: 'Operations that AWS has not finished',
          description: 'At IDENTITY_CENTER_OUTSTANDING_MAX for long: AWS is slow.',
          expr: `max(jit_operations_outstanding{${CHOSEN}})`,
          unit: 'short',
          legend: 'outstanding',
        }),
      ],
    },
    {
      title: 'The loop',
      panels: [
        lines({
          title: 'How long a sweep takes',
          description: 'The mean of half an hour. The alert on old sweeps must allow some times of it.',
          expr: `sum(rate(jit_sweep_seconds_sum{${CHOSEN}}[30m])) / (sum(rate(jit_sweep_seconds_count{${CHOSEN}}[30m])) > 0)`,
          unit: 's',
          legend: 'sweep',
        }),
        lines({
          title: 'How long a pass takes, slowest of a hundred',
          description: 'Longer than TICK_INTERVAL_MS: slow tables, or throttling.',
          expr: `histogram_quantile(0.99, sum by (le) (rate(jit_pass_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
          unit: 's',
          legend: 'pass',
        }),
        lines({
          title: 'From approval to seen live',
          description: 'The slowest of a hundred, over half an hour.',
          expr: `histogram_quantile(0.99, sum by (le) (rate(jit_grant_seconds_bucket{${CHOSEN}}[30m])))`,
          unit: 's',
          legend: 'grant',
        }),
        lines({
          title: 'Requests that are not settled',
          description: 'By status. APPROVED or REVOKED piling up: the loop does not keep up.',
          expr: `max by (status) (jit_requests{${CHOSEN}})`,
          unit: 'short',
          legend: '{{status}}',
        }),
      ],
    },
    {
      title: 'What goes out and comes in',
      panels: [
        lines({
          title: 'Notifications that wait',
          description: 'Not taken by the plugin yet.',
          expr: `max(jit_outbox_pending{${CHOSEN}})`,
          unit: 'short',
          legend: 'waiting',
        }),
        lines({
          title: 'Notifications a minute, by outcome',
          description: 'Refused: compare secrets and signed path. Unreachable: is the plugin up?',
          expr: `60 * sum by (outcome) (rate(jit_notifications_total{${CHOSEN}}[$__rate_interval]))`,
          unit: 'short',
          legend: '{{outcome}}',
        }),
        lines({
          title: 'Calls of the API a second, by route and status',
          description: '503: a dependency is down.',
          expr: `sum by (method, route, status) (rate(jit_http_request_seconds_count{${CHOSEN}}[$__rate_interval])) > 0`,
          unit: 'reqps',
          legend: '{{method}} {{route}} {{status}}',
        }),
        lines({
          title: 'Time to answer, slowest of a hundred, by route',
          description: 'A revoke waits up to REVOKE_WAIT_MS for its proof, by design.',
          expr: `histogram_quantile(0.99, sum by (le, route) (rate(jit_http_request_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
          unit: 's',
          legend: '{{route}}',
        }),
      ],
    },
  ],
};
