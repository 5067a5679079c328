// The page for whoever is woken up, read from the top in ten seconds: does anybody hold access they should not, is the loop
// alive, what is stuck. Levels are taken as the alerts take them: over all processes, and over the minutes of a change of
// leaders.

import { highest, since, whilePassing } from './controller-queries.ts';
import { CHOSEN, type DashboardPlan, type PanelPlan, type RowPlan } from './panel-plan.ts';

const ABOVE_ZERO = [{ from: 1, colour: 'orange' }] as const;
const EACH = 'by (cluster, namespace)';
const CONTROLLER = '{{cluster}} {{namespace}}';

function number(plan: Omit<PanelPlan, 'kind' | 'width'> & { readonly width?: number }): PanelPlan {
  return { kind: 'number', width: 6, legend: CONTROLLER, ...plan };
}

const ACCESS: RowPlan = {
  title: 'Does anybody hold access they should not?',
  panels: [
    number({
      title: 'Oldest overdue ending',
      description:
        'How long the oldest ending has been due and not seen done. Access outlives its end by that. NO DATA where no pass completes: then nobody knows.',
      expr: whilePassing(highest({ metric: 'jit_revocation_overdue_seconds', window: '2m' })),
      unit: 's',
      steps: [
        { from: 60, colour: 'orange' },
        { from: 300, colour: 'red' },
      ],
      alerts: ['JitAccessOverdue'],
      width: 5,
    }),
    number({
      title: 'Endings overdue',
      description:
        'How many endings are due and not seen done. Some seconds of a few are the daily work: the age says whether it is bad.',
      expr: whilePassing(highest({ metric: 'jit_revocations_overdue', window: '2m' })),
      unit: 'short',
      base: 'blue',
      width: 5,
    }),
    number({
      title: 'Drift that stays',
      description:
        'Live access that nothing explains, granted access that is gone, what is not ours to touch, rows that nobody can read, what cannot be looked at. jit drift names each.',
      expr: whilePassing(
        highest({
          metric: 'jit_drift_assignments',
          window: '5m',
          matcher: 'kind=~"orphaned|missing|foreign|quarantined|unread"',
          label: 'kind',
        }),
      ),
      unit: 'short',
      legend: `{{kind}} ${CONTROLLER}`,
      steps: ABOVE_ZERO,
      alerts: ['JitDrift'],
      width: 5,
    }),
    number({
      title: 'Made again and again',
      description:
        'Access that another hand makes again after each removal: live again and again, and never for long. Remembered for a day. jit drift names each.',
      expr: whilePassing(highest({ metric: 'jit_contested_assignments', window: '5m' })),
      unit: 'short',
      steps: ABOVE_ZERO,
      alerts: ['JitContested'],
      width: 4,
    }),
    number({
      title: 'Removals that wait for a person',
      description:
        'Access that nobody asked for, and that is not removed by itself. jit plan says why, and its digest releases it. Red is the brake: a table was lost, or somebody gives access past this system.',
      expr: whilePassing(highest({ metric: 'jit_withheld_revocations', window: '5m', label: 'reason' })),
      unit: 'short',
      legend: `{{reason}} ${CONTROLLER}`,
      steps: ABOVE_ZERO,
      stepsOf: { legend: 'brake', steps: [{ from: 1, colour: 'red' }] },
      alerts: ['JitBrakeTripped', 'JitRevocationsWithheld'],
      width: 5,
    }),
  ],
};

const LOOP: RowPlan = {
  title: 'Is the loop alive?',
  panels: [
    number({
      title: 'Leaders',
      description:
        'Exactly one. None: nothing is ended (an observer never leads: none is right there). Two: they have different tables, or two controllers are watched as one.',
      expr: `sum ${EACH} (jit_leader{${CHOSEN}})`,
      unit: 'short',
      base: 'red',
      steps: [
        { from: 1, colour: 'green' },
        { from: 2, colour: 'red' },
      ],
      alerts: ['JitNoLeader', 'JitTwoLeaders'],
    }),
    number({
      title: 'Since the last pass',
      description: 'A pass ends what is due. It takes seconds. A day is a day or more, or never.',
      expr: since('jit_last_pass_timestamp_seconds'),
      unit: 's',
      steps: [{ from: 120, colour: 'red' }],
      alerts: ['JitNoPass'],
    }),
    number({
      title: 'Since the last full sweep',
      description: 'A sweep finds access that nobody asked for. A day is a day or more, or never.',
      expr: since('jit_last_full_sweep_timestamp_seconds'),
      unit: 's',
      steps: [{ from: 3600, colour: 'orange' }],
      alerts: ['JitNoFullSweep'],
    }),
    number({
      title: 'Pairs that no sweep can read',
      description:
        'Permission sets and accounts into which the last sweep could not look. jit coverage names each and why.',
      expr: whilePassing(highest({ metric: 'jit_sweep_unread_pairs', window: '5m' })),
      unit: 'short',
      steps: ABOVE_ZERO,
      alerts: ['JitSweepUnreadPairs'],
    }),
  ],
};

/** Below zero: for five minutes one waits, and none has an age. */
const UNREADABLE = `(max ${EACH} (max_over_time(jit_outbox_oldest_seconds{${CHOSEN}}[5m])) == 0 and on (cluster, namespace) max ${EACH} (min_over_time(jit_outbox_pending{${CHOSEN}}[5m])) > 0) - 1`;
const INTERVAL = highest({ metric: 'jit_canary_interval_seconds', window: '5m' });

const STUCK: RowPlan = {
  title: 'What is stuck?',
  panels: [
    number({
      title: 'Stuck operations',
      description: 'Tried five times or for two minutes without success. jit drift says why.',
      expr: whilePassing(highest({ metric: 'jit_stuck_operations', window: '2m' })),
      unit: 'short',
      steps: ABOVE_ZERO,
      alerts: ['JitStuckOperations'],
    }),
    number({
      title: 'Oldest notification',
      description: 'What the chat has not taken yet.',
      expr: whilePassing(`${UNREADABLE} or max ${EACH} (jit_outbox_oldest_seconds{${CHOSEN}})`),
      unit: 's',
      steps: [{ from: 300, colour: 'orange' }],
      word: { value: -1, text: 'cannot be read', colour: 'orange' },
      alerts: ['JitOutboxOld'],
    }),
    number({
      title: 'Calls that AWS throttles',
      description:
        'The share of the calls to Identity Center of the last ten minutes. Everything takes longer.',
      expr: whilePassing(
        `sum ${EACH} (rate(jit_identity_center_calls_total{outcome="throttled", ${CHOSEN}}[10m])) / clamp_min(sum ${EACH} (rate(jit_identity_center_calls_total{${CHOSEN}}[10m])), 0.001)`,
      ),
      unit: 'percentunit',
      steps: [{ from: 0.05, colour: 'orange' }],
      alerts: ['JitIdentityCenterThrottled'],
    }),
    number({
      title: 'Refused signatures, 15 min',
      description: 'Calls to the API with a wrong clock, an unknown key, a wrong signature, or used twice.',
      expr: `sum by (cluster, namespace, reason) (increase(jit_signature_rejections_total{reason=~"stale|unknown_key|wrong_signature|replayed", ${CHOSEN}}[15m]))`,
      unit: 'short',
      legend: `{{reason}} ${CONTROLLER}`,
      steps: [{ from: 4, colour: 'orange' }],
      alerts: ['JitSignatureRejections'],
    }),
    number({
      title: 'Canary: intervals since it last closed',
      description:
        'When access was last given and taken away again, all the way, counted in intervals of the canary. "no canary" where none is set.',
      expr: whilePassing(
        `clamp_max(time() - ${highest({ metric: 'jit_canary_last_closed_timestamp_seconds', window: '1d' })}, 259200) / (${INTERVAL} > 0) or (${INTERVAL} == 0) - 1`,
      ),
      unit: 'short',
      steps: [{ from: 2, colour: 'orange' }],
      word: { value: -1, text: 'no canary', colour: 'green' },
      alerts: ['JitCanaryNotClosed'],
      width: 4,
    }),
    number({
      title: 'Failed passes, 10 min',
      description: 'Each is tried again. The log has the cause.',
      expr: `sum ${EACH} (increase(jit_passes_total{outcome="failed", ${CHOSEN}}[10m]))`,
      unit: 'short',
      steps: [{ from: 3, colour: 'orange' }],
      alerts: ['JitPassesFailing'],
      width: 4,
    }),
    number({
      title: 'Clocks off',
      description:
        "By how much a process's clock is off from AWS's, the worst of all. Below five seconds it may be right; beyond CLOCK_SKEW_MS nothing is ended by it.",
      expr: `max ${EACH} (abs(jit_clock_offset_seconds{${CHOSEN}}))`,
      unit: 's',
      steps: [{ from: 5, colour: 'orange' }],
      alerts: ['JitClockOffset'],
      width: 4,
    }),
    {
      kind: 'list',
      title: 'Alerts that fire',
      description:
        'Of this controller, as Prometheus holds them, and those of controllers that are not there at all. It says so where Prometheus has no rules of it.',
      // An alert on what is absent has no controller. What the rules record is there whenever they are read.
      expr: `sum by (alertname, severity, cluster, namespace) (ALERTS{alertname=~"Jit.+", alertstate="firing", cluster=~"$cluster|", namespace=~"$namespace|"}) or label_replace(absent(jit:revocations:increase5m{${CHOSEN}}), "alertname", "NO DATA: the rules are not read, or nothing is scraped", "", "")`,
      unit: 'short',
      width: 12,
    },
  ],
};

const HISTORY: RowPlan = {
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
        'By reason, over half an hour. Slow: compare with the queue and the throttled calls on the capacity page.',
      expr: `histogram_quantile(0.99, sum by (le, reason) (rate(jit_revocation_seconds_bucket{${CHOSEN}}[30m])))`,
      unit: 's',
      legend: '{{reason}}',
      steps: [{ from: 60, colour: 'orange' }],
      width: 8,
    },
    number({
      title: 'Endings within a minute, 30 days',
      description:
        'The objective is 99 %. "none yet" where nothing has ended. As far back as Prometheus remembers: 15 days unless it is told otherwise.',
      expr: `sum ${EACH} (increase(jit_revocation_seconds_bucket{le=~"60(\\\\.0)?", reason!="orphaned", ${CHOSEN}}[30d])) / (sum ${EACH} (increase(jit_revocation_seconds_count{reason!="orphaned", ${CHOSEN}}[30d])) > 0) or (sum ${EACH} (increase(jit_revocation_seconds_count{reason!="orphaned", ${CHOSEN}}[30d])) == 0) - 1`,
      unit: 'percentunit',
      base: 'red',
      steps: [{ from: 0.99, colour: 'green' }],
      word: { value: -1, text: 'none yet', colour: 'green' },
      alerts: ['JitRevocationObjective'],
      width: 8,
    }),
  ],
};

export const ON_CALL: DashboardPlan = {
  uid: 'jit-on-call',
  title: 'JIT access: on call',
  description: 'Does anybody hold access they should not? Is the loop alive? What is stuck?',
  from: 'now-6h',
  rows: [ACCESS, LOOP, STUCK, HISTORY],
};
