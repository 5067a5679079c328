// The stories of the alerts, told by Prometheus's own promtool: each fires, does not fire just below, and ends.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../needs.ts';
import { alertsOf, parseRules, promtoolTests, RULES_FILE, rulesText } from './alert-rules.ts';
import { PROMTOOL, promtool } from './promtool.ts';

test('there is a story of every alert in which it fires', () => {
  const told = promtoolTests()
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  for (const { alert, annotations } of alertsOf(parseRules(rulesText()))) {
    expect(told, alert).toContain(`alertname: ${alert}\n`);
    expect(told, alert).toContain(annotations.runbook_url);
  }
});

describe('promtool', needs({ prometheus: PROMTOOL !== undefined }), () => {
  test('finds nothing wrong with the rules', () => {
    expect(promtool('check', 'rules', RULES_FILE)).toContain('SUCCESS');
  });

  test.each(promtoolTests().map((file) => [path.basename(file), file]))('tells %s', (_name, file) => {
    expect(promtool('test', 'rules', file)).toContain('SUCCESS');
  });
});
