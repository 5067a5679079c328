// The numbers that decisions stand on, all handed in. Durations in milliseconds.

import type { ManagedScope } from './managed-scope.ts';

export type Policy = {
  readonly scope: ManagedScope;
  /** Two looks that must agree are this far apart: `ORPHAN_GRACE_MS` + `CLOCK_SKEW_MS`. */
  readonly graceMs: number;
  /** How far clocks may differ between processes: `CLOCK_SKEW_MS`. */
  readonly skewMs: number;
  /** How long after an ending a late Create of a paused former leader is undone as stated: twice the lease plus the grace. */
  readonly watchMs: number;
  /** A request that nobody answers lapses after this. */
  readonly pendingTtlMs: number;
  /** The permission set of old rows that do not name theirs. */
  readonly defaultPermissionSetArn: string;
};

/** An operation without a verdict for this long gives up its place, and an ending does not wait for it any longer. */
export const VERDICT_PATIENCE_MS = 120_000;

/** Out of scope, nothing is called; it is looked at again now and then, because the scope may come back. */
export const OUT_OF_SCOPE_LOOK_MS = 60_000;

const STUCK_ATTEMPTS = 5;
const STUCK_AFTER_MS = 120_000;
const BACK_OFF_FIRST_MS = 1_000;
/** No row sleeps longer while something is to be done about it. */
export const BACK_OFF_CEILING_MS = 60_000;
const BACK_OFF_FLOOR_MS = 100;
const FOLLOW_FIRST_MS = 500;
const FOLLOW_CEILING_MS = 10_000;

/**
 * Full jitter from 1 s doubling to 60 s, never to never. `jitter` is in [0, 1), `attempts` counts from 1. What AWS will
 * not do without a person is asked for at the ceiling from the start.
 */
export function backOffMs(
  attempts: number,
  jitter: number,
  options: { readonly refused?: boolean } = {},
): number {
  if (options.refused === true) return Math.max(BACK_OFF_FLOOR_MS, Math.round(BACK_OFF_CEILING_MS * jitter));
  const ceiling = Math.min(BACK_OFF_CEILING_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(attempts - 1, 16));
  return Math.max(BACK_OFF_FLOOR_MS, Math.round(ceiling * jitter));
}

/** When to ask after an operation again that was asked after `looks` times. Most take a second or two. */
export function followMs(looks: number): number {
  return Math.min(FOLLOW_CEILING_MS, Math.round(FOLLOW_FIRST_MS * 1.5 ** Math.min(looks, 16)));
}

/** Tried, and still there: from then on it is listed with its cause and alerted on, and tried on all the same. */
export function isStuck(
  trying: {
    readonly attempts: number;
    readonly trying_since?: number | undefined;
    readonly last_error?: { readonly kind: string } | undefined;
  },
  nowMs: number,
): boolean {
  if (trying.last_error?.kind === 'refused') return true;
  if (trying.attempts >= STUCK_ATTEMPTS) return true;
  return trying.trying_since !== undefined && nowMs - trying.trying_since >= STUCK_AFTER_MS;
}
