// The rules of the alerts as plain data, read from their only source.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** critical: somebody is woken up. warning: somebody looks within the day. */
export const Severities = ['critical', 'warning'] as const;

const Alert = z.strictObject({
  alert: z.string().regex(/^Jit[A-Za-z]+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(Severities) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.url() }),
});
export type Alert = z.output<typeof Alert>;

const Recorded = z.strictObject({ record: z.string(), expr: z.string() });
const Rules = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([Alert, Recorded])) })),
});
export type AlertRules = z.output<typeof Rules>;

const FOLDER = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));
export const RULES_FILE = path.join(FOLDER, 'rules.yaml');

/** The files of stories that promtool tells. */
export function promtoolTests(): readonly string[] {
  const tests = path.join(FOLDER, 'tests');
  return readdirSync(tests).map((name) => path.join(tests, name));
}

export function rulesText(): string {
  return readFileSync(RULES_FILE, 'utf8');
}

export function parseRules(text: string): AlertRules {
  return Rules.parse(parse(text));
}

export function alertsOf(rules: AlertRules): readonly Alert[] {
  return allRules(rules).flatMap((rule) => ('alert' in rule ? [rule] : []));
}

export function recordedNames(rules: AlertRules): readonly string[] {
  return allRules(rules).flatMap((rule) => ('record' in rule ? [rule.record] : []));
}

export function allRules(rules: AlertRules): AlertRules['groups'][number]['rules'] {
  return rules.groups.flatMap((group) => group.rules);
}
