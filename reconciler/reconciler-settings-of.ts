// The numbers that the loop stands on, from the configuration. Pure: this is where two settings become one duration.

import type { ReconcilerConfig } from '../src/config.ts';
import type { ReconcilerDeps } from './run-forever.ts';

export type ReconcilerSettings = Pick<
  ReconcilerDeps,
  'policy' | 'limits' | 'canary' | 'tickIntervalMs' | 'sweepIntervalMs' | 'leaseDurationMs'
>;

const HOUR_MS = 3_600_000;

export function reconcilerSettingsOf(config: ReconcilerConfig): ReconcilerSettings {
  const { tickIntervalMs, sweepIntervalMs, leaseDurationMs } = config;
  const graceMs = config.orphanGraceMs + config.clockSkewMs;
  return {
    policy: {
      scope: config.scope,
      graceMs,
      skewMs: config.clockSkewMs,
      // A paused former leader may act for one lease more, and its successor waits for one: then what it made shows.
      watchMs: 2 * leaseDurationMs + graceMs,
      pendingTtlMs: config.pendingTtlHours * HOUR_MS,
      defaultPermissionSetArn: config.defaultPermissionSetArn,
    },
    canary: config.canary,
    limits: { count: config.orphanBrakeCount, share: config.orphanBrakeShare },
    tickIntervalMs,
    sweepIntervalMs,
    leaseDurationMs,
  };
}
