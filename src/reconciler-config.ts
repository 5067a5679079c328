// What only the reconciler is told: its rhythm, its limits, and where it sends notifications. It has no callers' keys.

import { type Draft, missingSettings } from './config-draft.ts';
import { chooseKeySource, type KeySource } from './key-sources.ts';
import { type ReadSettings, type ReconcilerSettings, SettingDefaults } from './settings.ts';
import { pathSeenByPlugin, type WebhookTarget, webhookUrlProblems } from './webhook-target.ts';

export type ReconcilerOnlyConfig = {
  readonly callbackKeys: KeySource;
  readonly webhook: WebhookTarget;
  readonly tickIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly orphanGraceMs: number;
  readonly orphanBrakeCount: number;
  /** 0 to 1. */
  readonly orphanBrakeShare: number;
  readonly identityCenterOutstandingMax: number;
  /** The share of the calls that sweeping may take, above 0 and below 1. */
  readonly sweepRateShare: number;
  readonly leaseDurationMs: number;
};

const REQUIRED = { PLUGIN_WEBHOOK_URL: 'https://<host>/plugins/<plugin id>/webhook' } as const;

// A leader stops acting when two thirds of its lease have gone by without a renewal. At three ticks a lease, even one
// renewal a tick may fail once, to a slow table, before it stops.
const TICKS_PER_LEASE = 3;

/** The reconciler's part, from the settings that are set. */
export function completeReconciler(
  read: ReadSettings<typeof ReconcilerSettings>,
): Draft<ReconcilerOnlyConfig> {
  const whole = { ...SettingDefaults, ...read.settings };
  const keys = chooseKeySource('callback', read, whole.PLUGIN_WEBHOOK_KEY_ID);
  const url = whole.PLUGIN_WEBHOOK_URL;
  const urlProblems = url === undefined ? [] : webhookUrlProblems(url);
  const problems = [
    ...missingSettings(REQUIRED, read),
    ...urlProblems.map((problem) => `PLUGIN_WEBHOOK_URL ${problem}`),
    ...keys.problems,
    ...rhythmProblems(whole),
  ];
  if (keys.source === undefined || url === undefined || urlProblems.length > 0) return { problems };
  const config: ReconcilerOnlyConfig = {
    callbackKeys: keys.source,
    webhook: {
      url,
      signedPath: whole.PLUGIN_WEBHOOK_SIGNED_PATH ?? pathSeenByPlugin(url),
      keyId: whole.PLUGIN_WEBHOOK_KEY_ID,
    },
    tickIntervalMs: whole.TICK_INTERVAL_MS,
    sweepIntervalMs: whole.SWEEP_INTERVAL_MS,
    orphanGraceMs: whole.ORPHAN_GRACE_MS,
    orphanBrakeCount: whole.ORPHAN_BRAKE_COUNT,
    orphanBrakeShare: whole.ORPHAN_BRAKE_SHARE,
    identityCenterOutstandingMax: whole.IDENTITY_CENTER_OUTSTANDING_MAX,
    sweepRateShare: whole.SWEEP_RATE_SHARE,
    leaseDurationMs: whole.LEASE_DURATION_MS,
  };
  return { config, problems };
}

function rhythmProblems(whole: {
  readonly TICK_INTERVAL_MS: number;
  readonly SWEEP_INTERVAL_MS: number;
  readonly LEASE_DURATION_MS: number;
}): string[] {
  const { TICK_INTERVAL_MS: tick, SWEEP_INTERVAL_MS: sweep, LEASE_DURATION_MS: lease } = whole;
  const problems: string[] = [];
  if (lease < TICKS_PER_LEASE * tick) {
    problems.push(
      `LEASE_DURATION_MS is ${lease}: expected at least ${TICKS_PER_LEASE * tick}, ${TICKS_PER_LEASE} times TICK_INTERVAL_MS`,
    );
  }
  if (sweep < tick)
    problems.push(`SWEEP_INTERVAL_MS is ${sweep}: expected at least TICK_INTERVAL_MS, ${tick}`);
  return problems;
}
