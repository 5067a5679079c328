// The page for whoever is woken up, read from the top in ten seconds: does anybody hold access they should not, is the loop
// alive, what is stuck. Levels are taken as the alerts take them: over all processes, and over the minutes of a change of
// leaders.

import { CHOSEN, type DashboardPlan, type PanelPlan } from './panel-plan.ts';

const ABOVE_ZERO = [{ from: 1, colour: 'orange' }] as const;

function number(plan: Omit<PanelPlan, 'kind' | 'width'> & { readonly width?: number }): PanelPlan {
  return { kind: 'number', width: 6, ...plan };
}

export const ON_CALL: DashboardPlan = {
  uid: 'jit-on-call',
  title: 'JIT access: on call',
  description: 'Does anybody hold access they should not? Is the loop alive? What is stuck?',
  from: 'now-6h',
  rows: [
    {
      title: 'Does anybody hold access they should not?',
      panels: [
        number({
          title: 'Oldest overdue ending',
          description:
            'How long the oldest ending has been due and not seen done. Access outlives its end by that.',
          expr: `max(max_over_time(jit_revocation_overdue_seconds{${CHOSEN}}[2m]))`,
          unit: 's',
          steps: [
            { from: 60, colour: 'orange' },
            { from: 300, colour: 'red' },
          ],
          alert: 'JitAccessOverdue',
        }),
        number({
          title: 'Endings overdue',
          description: 'How many endings are due and not seen done. Some seconds of one are the daily work.',
          expr: `max(max_over_time(jit_revocations_overdue{${CHOSEN}}[2m]))`,
          unit: 'short',
          steps: ABOVE_ZERO,
        }),
        number({
          title: 'Drift that stays',
          description:
            'Live access that nothing explains, granted access that is gone, what is not ours to touch, rows that nobody can read. jit drift names each.',
          expr: `max by (kind) (max_over_time(jit_drift_assignments{kind=~"orphaned|missing|foreign|quarantined", ${CHOSEN}}[5m]))`,
          unit: 'short',
          legend: '{{kind}}',
          steps: ABOVE_ZERO,
          alert: 'JitDrift',
        }),
        number({
          title: 'Removals that wait for a person',
          description:
            'Access that nobody asked for, and that is not removed by itself. jit plan says why, and its digest releases it.',
          expr: `max by (reason) (max_over_time(jit_withheld_revocations{${CHOSEN}}[5m]))`,
          unit: 'short',
          legend: '{{reason}}',
          steps: ABOVE_ZERO,
          alert: 'JitRevocationsWithheld',
        }),
      ],
    },
    {
      title: 'Is the loop alive?',
      panels: [
        number({
          title: 'Leaders',
          description:
            'Exactly one. None: nothing is ended. Two: they have different tables, or two controllers are watched as one.',
          expr: `sum(jit_leader{${CHOSEN}})`,
          unit: 'short',
          base: 'red',
          steps: [
            { from: 1, colour: 'green' },
            { from: 2, colour: 'red' },
          ],
          alert: 'JitTwoLeaders',
        }),
        number({
          title: 'Since the last pass',
          description: 'A pass ends what is due. It takes seconds.',
          expr: `time() - max(max_over_time(jit_last_pass_timestamp_seconds{${CHOSEN}}[1d]))`,
          unit: 's',
          steps: [{ from: 120, colour: 'red' }],
          alert: 'JitNoPass',
        }),
        number({
          title: 'Since the last full sweep',
          description: 'A sweep finds access that nobody asked for.',
          expr: `time() - max(max_over_time(jit_last_full_sweep_timestamp_seconds{${CHOSEN}}[1d]))`,
          unit: 's',
          steps: [{ from: 3600, colour: 'orange' }],
          alert: 'JitNoFullSweep',
        }),
        number({
          title: 'Pairs that no sweep can read',
          description:
            'Permission sets and accounts into which the last sweep could not look. jit coverage names each and why.',
          expr: `max(max_over_time(jit_sweep_unread_pairs{${CHOSEN}}[5m]))`,
          unit: 'short',
          steps: ABOVE_ZERO,
          alert: 'JitSweepUnreadPairs',
        }),
      ],
    },
    {
      title: 'What is stuck?',
      panels: [
        number({
          title: 'Stuck operations',
          description: 'Tried five times or for two minutes without success. jit drift says why.',
          expr: `max(max_over_time(jit_stuck_operations{${CHOSEN}}[2m]))`,
          unit: 'short',
          steps: ABOVE_ZERO,
          alert: 'JitStuckOperations',
        }),
        number({
          title: 'Oldest notification',
          description: 'What the chat has not taken yet.',
          expr: `max(jit_outbox_oldest_seconds{${CHOSEN}})`,
          unit: 's',
          steps: [{ from: 300, colour: 'orange' }],
          alert: 'JitOutboxOld',
        }),
        number({
          title: 'Calls that AWS throttles',
          description:
            'The share of the calls to Identity Center of the last ten minutes. Everything takes longer.',
          expr: `sum(rate(jit_identity_center_calls_total{outcome="throttled", ${CHOSEN}}[10m])) / clamp_min(sum(rate(jit_identity_center_calls_total{${CHOSEN}}[10m])), 0.001)`,
          unit: 'percentunit',
          steps: [{ from: 0.05, colour: 'orange' }],
          alert: 'JitIdentityCenterThrottled',
        }),
        number({
          title: 'Refused signatures, 15 min',
          description:
            'Calls to the API with a wrong clock, an unknown key, a wrong signature, or used twice.',
          expr: `sum by (reason) (increase(jit_signature_rejections_total{reason=~"stale|unknown_key|wrong_signature|replayed", ${CHOSEN}}[15m]))`,
          unit: 'short',
          legend: '{{reason}}',
          steps: [{ from: 4, colour: 'orange' }],
          alert: 'JitSignatureRejections',
        }),
        number({
          title: 'Canary: since it last closed',
          description:
            'When access was last given and taken away again, all the way. "no canary" where none is set.',
          expr: `time() - max(max_over_time(jit_canary_last_closed_timestamp_seconds{${CHOSEN}}[1d])) and on () max(max_over_time(jit_canary_interval_seconds{${CHOSEN}}[5m])) > 0`,
          unit: 's',
          noValue: 'no canary',
        }),
        number({
          title: 'Failed passes, 15 min',
          description: 'Each is tried again. The log has the cause.',
          expr: `sum(increase(jit_passes_total{outcome="failed", ${CHOSEN}}[15m]))`,
          unit: 'short',
          steps: ABOVE_ZERO,
        }),
        {
          kind: 'list',
          title: 'Alerts that fire',
          description: 'Of this controller, as Prometheus holds them.',
          expr: `sum by (alertname, severity) (ALERTS{alertname=~"Jit.+", alertstate="firing", ${CHOSEN}})`,
          unit: 'short',
          noValue: 'none fires',
          width: 12,
        },
      ],
    },
    {
      title: 'How it went',
      panels: [
        {
          kind: 'lines',
          title: 'Drift by kind',
          description: 'Expired and revoked are the daily work of the loop; what stays is not.',
          expr: `max by (kind) (jit_drift_assignments{${CHOSEN}})`,
          unit: 'short',
          legend: '{{kind}}',
          width: 8,
        },
        {
          kind: 'lines',
          title: 'From due to seen gone, slowest of a hundred',
          description:
            'By reason. Slow: compare with the queue and the throttled calls on the capacity page.',
          expr: `histogram_quantile(0.99, sum by (le, reason) (rate(jit_revocation_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
          unit: 's',
          legend: '{{reason}}',
          steps: [{ from: 60, colour: 'orange' }],
          width: 8,
        },
        number({
          title: 'Endings within a minute, 30 days',
          description: 'The objective is 99 %. "none yet" where nothing has ended.',
          expr: `sum(increase(jit_revocation_seconds_bucket{le=~"60(\\\\.0)?", reason!="orphaned", ${CHOSEN}}[30d])) / (sum(increase(jit_revocation_seconds_count{reason!="orphaned", ${CHOSEN}}[30d])) > 0)`,
          unit: 'percentunit',
          base: 'red',
          steps: [{ from: 0.99, colour: 'green' }],
          noValue: 'none yet',
          width: 8,
        }),
      ],
    },
  ],
};
