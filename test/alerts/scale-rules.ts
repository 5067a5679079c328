// The rules with every duration divided by one factor, so that an hour of them can be lived through in a minute. All else
// stays as it is: what is proved of the scaled rules is proved of the real ones. Pure.

import { type AlertRules, allRules } from '../deploy/alert-rules.ts';

type Rule = AlertRules['groups'][number]['rules'][number];

/**
 * What each bare number of an expression counts. Seconds are scaled; a number that is not named here is refused, so that
 * nobody adds one without saying which it is.
 */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, 'seconds' | 'other'>>>> = {
  JitAccessOverdue: { 60: 'seconds', 300: 'seconds' },
  JitDrift: { 0: 'other' },
  JitContested: { 0: 'other' },
  JitStuckOperations: { 0: 'other' },
  JitNoPass: { 86400: 'seconds', 120: 'seconds' },
  JitNoFullSweep: { 86400: 'seconds', 3600: 'seconds' },
  JitSweepUnreadPairs: { 0: 'other' },
  JitPassesFailing: { 3: 'other', 120: 'seconds' },
  // What a clock is off by is as it is, however fast the rules live.
  JitClockOffset: { 5: 'other' },
  JitNoLeader: { 0: 'other', 120: 'seconds' },
  JitTwoLeaders: { 1: 'other' },
  JitBrakeTripped: { 0: 'other' },
  JitRevocationsWithheld: { 0: 'other' },
  JitIdentityCenterThrottled: { 0.05: 'other' },
  JitOutboxOld: { 300: 'seconds', 0: 'other' },
  JitSignatureRejections: { 4: 'other' },
  // The canary's interval is a number of seconds that the reconciler shows: two of them are scaled by their factor.
  JitCanaryNotClosed: { 259200: 'seconds', 2: 'seconds', 0: 'other' },
  JitRevocationObjective: { 14.4: 'other', 0.01: 'other', 6: 'other', 3: 'other' },
};

/** The bucket of the objective, 60 s. There must be one of 60 s divided by the factor. */
const BUCKET = /le=~"60\(\\\\\.0\)\?"/g;
const BUCKET_SECONDS = 60;
const BUCKETS: readonly number[] = [1, 2.5, 5, 10, 20, 30, 60];

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws for a factor without a bucket, and for a number that is not named above. */
export function scaleRules(rules: AlertRules, factor: number): AlertRules {
  if (!BUCKETS.includes(BUCKET_SECONDS / factor))
    throw new Error(`there is no bucket of ${BUCKET_SECONDS / factor} s, for the factor ${factor}`);
  return {
    groups: rules.groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => scaleRule(rule, factor)),
    })),
  };
}

function scaleRule(rule: Rule, factor: number): Rule {
  if ('record' in rule) return { ...rule, expr: scaleExpr(rule.expr, factor, {}, rule.record) };
  const expr = scaleExpr(rule.expr, factor, NUMBERS[rule.alert] ?? {}, rule.alert);
  return rule.for === undefined ? { ...rule, expr } : { ...rule, expr, for: scaleDuration(rule.for, factor) };
}

// Strings and names first, so that what they hold is no number; then durations, then numbers.
const TOKEN = /"(?:[^"\\]|\\.)*"|[a-zA-Z_:][\w:]*|\d+[smhd]\b|\d+(?:\.\d+)?/g;

function scaleExpr(
  expr: string,
  factor: number,
  numbers: Readonly<Record<string, 'seconds' | 'other'>>,
  name: string,
): string {
  return expr.replace(BUCKET, `le="${BUCKET_SECONDS / factor}"`).replace(TOKEN, (token) => {
    if (/^\d+[smhd]$/.test(token)) return scaleDuration(token, factor);
    if (!/^\d/.test(token)) return token;
    const counts = numbers[token];
    if (counts === undefined) throw new Error(`${name} has the number ${token}: say what it counts`);
    return counts === 'seconds' ? String(Number(token) / factor) : token;
  });
}

/** `15m` by 60 is `15000ms`: Prometheus reads no fractions. */
function scaleDuration(duration: string, factor: number): string {
  const ms = Number.parseInt(duration, 10) * (UNITS_MS[duration.slice(-1)] ?? Number.NaN);
  return `${Math.round(ms / factor)}ms`;
}

/** Numbers that are named and that no rule has any more. */
export function unusedNumbers(rules: AlertRules): readonly string[] {
  const exprs = new Map<string, string>();
  for (const rule of allRules(rules))
    if ('alert' in rule) exprs.set(rule.alert, `${exprs.get(rule.alert) ?? ''} ${rule.expr}`);
  return Object.entries(NUMBERS).flatMap(([alert, numbers]) =>
    Object.keys(numbers)
      .filter((number) => !tokensOf(exprs.get(alert) ?? '').includes(number))
      .map((number) => `${alert} ${number}`),
  );
}

function tokensOf(expr: string): readonly string[] {
  return [...expr.matchAll(TOKEN)].map(([token]) => token);
}
