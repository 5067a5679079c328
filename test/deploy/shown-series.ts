// What a process shows at `/metrics`, and what an expression asks for that none does.

import { createMetrics } from '../../src/metrics.ts';
import { type Selector, selectorsOf } from './promql-selectors.ts';

// What a scrape adds, and the rules sum up by.
const TARGET_LABELS = ['cluster', 'namespace'];

type Series = { readonly metric: string; readonly labels: Readonly<Record<string, string>> };

/** Every series that a process shows when it starts. */
export async function shownSeries(): Promise<readonly Series[]> {
  const text = await createMetrics().registry.metrics();
  return [...text.matchAll(/^(jit_\w+)(?:\{(.*)\})? /gm)].map(([, metric = '', inner = '']) => ({
    metric,
    labels: Object.fromEntries(
      [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    ),
  }));
}

function matches({ matchers }: Selector, { labels }: Series): boolean {
  return matchers.every(({ label, operator, value }) => {
    const actual = labels[label] ?? '';
    const isSame = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value;
    return operator.startsWith('!') ? !isSame : isSame;
  });
}

/** What an expression asks for that no process shows. */
export async function unknownIn(expr: string, recorded: readonly string[]): Promise<readonly string[]> {
  const shown = await shownSeries();
  const { selectors, grouping } = selectorsOf(expr);
  const own = selectors.filter(({ metric }) => !recorded.includes(metric));
  const labels = own.flatMap(({ metric }) =>
    shown.filter((each) => each.metric === metric).flatMap((each) => Object.keys(each.labels)),
  );
  return [
    ...own.flatMap((selector) => missingOf(selector, shown)),
    ...grouping.filter((label) => ![...labels, ...TARGET_LABELS].includes(label)),
  ];
}

/** Of an alternative in a pattern, each has to exist. */
function missingOf(selector: Selector, shown: readonly Series[]): readonly string[] {
  const of = shown.filter(({ metric }) => metric === selector.metric);
  return selector.matchers.length === 0
    ? of.length > 0
      ? []
      : [selector.metric]
    : selector.matchers.flatMap((matcher) => {
        const isWords = /^[\w|]+$/.test(matcher.value);
        const values = matcher.operator.endsWith('~') && isWords ? matcher.value.split('|') : [matcher.value];
        const positive = matcher.operator.endsWith('~') && !isWords ? '=~' : '=';
        return values
          .map((value) => ({ ...selector, matchers: [{ ...matcher, operator: positive, value }] }))
          .filter((one) => !of.some((series) => matches(one, series)))
          .map((one) => `${one.metric}{${matcher.label}="${one.matchers[0]?.value}"}`);
      });
}
