// `npm run alerts`: writes what is made from the rules of the alerts, and the dashboards. With `--runbooks ADDRESS` it first lets them name
// their runbooks there, and their tests expect them there.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ALERT_STORIES } from '../alerts/alert-stories.ts';
import { parseRules, promtoolTests, RULES_FILE, rulesText } from './alert-rules.ts';
import { dashboardTexts } from './dashboards/dashboard-texts.ts';
import { prometheusRule, runbooksProblem, withRunbooksAt, withStories, withTable } from './from-rules.ts';

const at = (file: string) => fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url));
const README = at('prometheus/README.md');

const { values } = parseArgs({ options: { runbooks: { type: 'string' } } });
const problem = values.runbooks === undefined ? undefined : runbooksProblem(values.runbooks);
if (problem === undefined) write(values.runbooks);
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

function write(runbooks: string | undefined): void {
  if (runbooks !== undefined) {
    for (const file of [RULES_FILE, ...promtoolTests()])
      writeFileSync(file, withRunbooksAt(readFileSync(file, 'utf8'), runbooks));
  }
  const text = rulesText();
  writeFileSync(at('kubernetes/components/prometheus-operator/prometheus-rule.yaml'), prometheusRule(text));
  const readme = withTable(readFileSync(README, 'utf8'), parseRules(text));
  writeFileSync(README, withStories(readme, ALERT_STORIES));
  for (const [file, json] of Object.entries(dashboardTexts(parseRules(text))))
    writeFileSync(at(`grafana/${file}`), json);
}
