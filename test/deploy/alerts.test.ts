// What can be said of the alerts without Prometheus: that they ask for what exists, that somebody who is woken finds a page,
// and that whatever is made from the rules is up to date.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../cli/parse-command.ts';
import { ALERT_STORIES } from '../alerts/alert-stories.ts';
import { type Alert, alertsOf, allRules, parseRules, recordedNames, rulesText } from './alert-rules.ts';
import { prometheusRule, runbooksProblem, withRunbooksAt, withStories, withTable } from './from-rules.ts';
import { selectorsOf } from './promql-selectors.ts';
import { shownSeries, unknownIn } from './shown-series.ts';

const textOf = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), 'utf8');
const rules = parseRules(rulesText());
const alerts = alertsOf(rules);
const names = [...new Set(alerts.map(({ alert }) => alert))];

describe('the expressions', () => {
  test.each(allRules(rules).map(({ expr }) => expr))('%s asks for what is shown', async (expr) => {
    expect(selectorsOf(expr).selectors.length).toBeGreaterThan(0);
    expect(await unknownIn(expr, recordedNames(rules))).toEqual([]);
  });

  test.each([
    ['a metric', 'max(jit_drift) > 0', 'jit_drift'],
    ['a value', 'jit_drift_assignments{kind="lost"} > 0', 'jit_drift_assignments{kind="lost"}'],
    [
      'one of several',
      'jit_drift_assignments{kind=~"foreign|lost"} > 0',
      'jit_drift_assignments{kind="lost"}',
    ],
    [
      'a value that is left out',
      'jit_withheld_revocations{reason!="breaks"}',
      'jit_withheld_revocations{reason="breaks"}',
    ],
    ['a label', 'max by (sort) (jit_drift_assignments) > 0', 'sort'],
    ['a bucket', 'jit_revocation_seconds_bucket{le="61"}', 'jit_revocation_seconds_bucket{le="61"}'],
  ])('%s that nobody shows is noticed', async (_what, expr, unknown) => {
    expect(await unknownIn(expr, recordedNames(rules))).toEqual([unknown]);
  });

  test('what is not PromQL is noticed', () => {
    expect(() => selectorsOf('max by (kind (jit_leader)')).toThrow('not PromQL');
  });

  test.each(alerts)('$alert ($labels.severity) tells controllers apart, and its value in words', (alert) => {
    expect(alert.expr.includes('by (cluster, namespace') || alert.expr.includes('jit:')).toBe(true);
    expect(alert.annotations.description).toContain('$value');
  });
});

const HEADINGS = [
  'What it means',
  'Who is affected',
  'What to look at',
  'What to do',
  'How to know it is over',
];

/** The lines of a page that somebody copies into a shell. */
function commandsIn(page: string): readonly string[] {
  return [...page.matchAll(/^```bash\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
}

/** What is wrong with a command; nothing for one that exists. */
function commandProblem(line: string): string | undefined {
  const [command = '', ...words] = [...line.replace(/\s+# .*$/, '').matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(
    ([word]) => word.replace(/^['"]|['"]$/g, ''),
  );
  if (command === 'jit') {
    const parsed = parseCommand(words, { JIT_ACTOR_EMAIL: 'cleo@example.com' });
    return parsed.ok ? undefined : parsed.problem;
  }
  if (command === 'kubectl')
    return / # cluster$/.test(line) ? undefined : 'it needs a cluster, and does not say so';
  return command === 'curl' || /^DIGEST=/.test(command) ? undefined : 'nobody knows it';
}

describe('the runbooks', () => {
  test('there is one for each alert, and no other for an alert', () => {
    const pages = readdirSync(fileURLToPath(new URL('../../deploy/runbooks', import.meta.url)));
    expect(pages.filter((page) => page.startsWith('Jit')).toSorted()).toEqual(
      names.map((name) => `${name}.md`).toSorted(),
    );
  });

  test('all are at one place, where each alert finds its own', () => {
    const bases = alerts.map(({ alert, annotations }: Alert) => {
      expect(annotations.runbook_url.endsWith(`/${alert}.md`)).toBe(true);
      return annotations.runbook_url.slice(0, -`/${alert}.md`.length);
    });
    expect(new Set(bases).size).toBe(1);
  });

  describe.each(names)('%s', (name) => {
    const page = textOf(`runbooks/${name}.md`);

    test('has its headings, with something below each', () => {
      expect(page.split('\n')[0]).toBe(`# ${name}`);
      expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
      for (const section of page.split(/^## .*$/m).slice(1)) expect(section.trim()).not.toBe('');
    });

    test('has commands that exist', () => {
      const commands = commandsIn(page);
      expect(commands.length).toBeGreaterThan(0);
      expect(commands.map(commandProblem).filter((problem) => problem !== undefined)).toEqual([]);
    });

    test('names metrics that exist', async () => {
      const shown = new Set((await shownSeries()).map(({ metric }) => metric));
      const tables = new Set(['jit_control', 'jit_outbox']);
      const named = [...page.matchAll(/jit_\w+/g)].map(([metric]) => metric);
      expect(named.filter((metric) => !shown.has(metric) && !tables.has(metric))).toEqual([]);
    });
  });

  test.each([
    ['jit statsu', 'unknown verb "statsu"'],
    ['jit reconcile --wait 20', '"reconcile" needs --reason'],
    ['kubectl get pods', 'it needs a cluster, and does not say so'],
    ['rm -rf /', 'nobody knows it'],
  ])('the command "%s" is noticed', (line, problem) => {
    expect(commandProblem(line)).toBe(problem);
  });
});

describe('what is made from the rules', () => {
  const readme = textOf('prometheus/README.md');

  test('is up to date (else: npm run alerts)', () => {
    expect(readme).toBe(withTable(readme, rules));
    expect(readme).toBe(withStories(readme, ALERT_STORIES));
    expect(textOf('kubernetes/components/prometheus-operator/prometheus-rule.yaml')).toBe(
      prometheusRule(rulesText()),
    );
  });

  test('each alert was provoked in a running system', () => {
    const provoked = ALERT_STORIES.flatMap(({ told }) => told);
    const severities = alerts.map(({ alert, labels }) => `${alert} ${labels.severity}`);
    expect([...new Set(severities)].filter((name) => !provoked.includes(name))).toEqual([]);
    expect(names.filter((name) => !ALERT_STORIES.some(({ alert }) => alert === name))).toEqual([]);
  });

  test('the table has a row for each alert', () => {
    expect(readme.match(/^\| \[Jit/gm)).toHaveLength(alerts.length);
  });

  test('the runbooks can be put elsewhere, and nothing else changes', () => {
    const moved = withRunbooksAt(rulesText(), 'https://wiki.example.org/night/');
    const urls = alertsOf(parseRules(moved)).map(({ annotations }) => annotations.runbook_url);
    expect(urls).toEqual(alerts.map(({ alert }) => `https://wiki.example.org/night/${alert}.md`));
    const base = alerts[0]?.annotations.runbook_url.replace(/\/\w+\.md$/, '') ?? '';
    expect(withRunbooksAt(moved, base)).toBe(rulesText());
  });

  test.each(['deploy/runbooks', 'ftp://example.com', 'https://', 'https://a b', 'https://a#b', ''])(
    'the address "%s" for them is refused',
    (base) => {
      expect(runbooksProblem(base)).toBe(
        `--runbooks is "${base}": expected an address that begins with https:// or http://`,
      );
    },
  );

  test('an address of https is taken', () => {
    expect(runbooksProblem('https://git.example.com/a/b')).toBeUndefined();
  });
});
