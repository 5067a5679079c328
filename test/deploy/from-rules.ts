// What is made from the rules of the alerts: the table in the README, the PrometheusRule, and the rules themselves with
// another place for the runbooks. Pure.

import { type Alert, type AlertRules, alertsOf } from './alert-rules.ts';

const TABLE = /(<!-- alerts: .* -->\n)[\s\S]*(<!-- end of alerts -->)/;
const RUNBOOKS = /(runbook_url: )\S+\/(Jit\w+\.md)/g;

/** The README with the table of these rules. */
export function withTable(readme: string, rules: AlertRules): string {
  if (!TABLE.test(readme)) throw new Error('the README has no place for the table of alerts');
  const rows = alertsOf(rules).map(tableRow);
  const table = ['| alert | severity | says | after |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return readme.replace(TABLE, (_all, begin, end) => `${begin}\n${table}\n\n${end}`);
}

function tableRow({ alert, labels, annotations, for: after = 'at once' }: Alert): string {
  const cells = [`[${alert}](../runbooks/${alert}.md)`, labels.severity, annotations.summary, after];
  return `| ${cells.join(' | ')} |`;
}

const STORIES = /(<!-- provoked: .* -->\n)[\s\S]*(<!-- end of provoked -->)/;

/** The README with the table of how each alert was provoked. */
export function withStories(
  readme: string,
  stories: readonly {
    readonly alert: string;
    readonly told: readonly string[];
    readonly broken: string;
    readonly mended: string;
  }[],
): string {
  if (!STORIES.test(readme)) throw new Error('the README has no place for how the alerts were provoked');
  const rows = stories.map(
    ({ alert, told, broken, mended }) => `| ${[alert, broken, told.join(', '), mended].join(' | ')} |`,
  );
  const table = [
    '| alert | what was broken | what somebody is told | how it was mended |',
    '| --- | --- | --- | --- |',
    ...rows,
  ];
  return readme.replace(STORIES, (_all, begin, end) => `${begin}\n${table.join('\n')}\n\n${end}`);
}

/** The very same groups, as a resource of the Prometheus operator. */
export function prometheusRule(text: string): string {
  const groups = text.slice(text.indexOf('groups:')).trimEnd();
  const indented = groups.replace(/^(?=.)/gm, '  ');
  return `# Made from deploy/prometheus/rules.yaml by "npm run alerts": change that one. Whether your Prometheus looks for certain
# labels on a PrometheusRule, its ruleSelector says.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: jit-access-controller
  labels:
    app.kubernetes.io/name: jit-access-controller
spec:
${indented}
`;
}

/** The rules with every runbook below `base`. */
export function withRunbooksAt(text: string, base: string): string {
  const below = base.replace(/\/+$/, '');
  return text.replace(RUNBOOKS, (_all, key, page) => `${key}${below}/${page}`);
}

/** What is wrong with an address for the runbooks, in a sentence; undefined for a right one. */
export function runbooksProblem(base: string): string | undefined {
  const isRight = /^https?:\/\/[^\s"'#{}]+$/.test(base) && URL.canParse(base);
  return isRight
    ? undefined
    : `--runbooks is "${base}": expected an address that begins with https:// or http://`;
}
