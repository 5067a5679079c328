// What a page asks of each controller. The labels of controllers are kept to the end: where several are looked at, the one
// that works must not hide the one that does not.

import { CHOSEN } from './panel-plan.ts';

type Level = {
  readonly metric: string;
  readonly window: string;
  readonly matcher?: string;
  readonly label?: string;
};

/** The highest that any process said within the window: those that do not lead say 0. */
export function highest({ metric, window, matcher, label }: Level): string {
  const by = ['cluster', 'namespace', ...(label === undefined ? [] : [label])].join(', ');
  const matchers = [...(matcher === undefined ? [] : [matcher]), CHOSEN].join(', ');
  return `max by (${by}) (max_over_time(${metric}{${matchers}}[${window}]))`;
}

/**
 * Only while passes complete: without them the processes that are left say 0 of what nobody looks at. A new leader knows
 * nothing until it has looked, and says 0 too: the window of `highest` is for that.
 */
export function whilePassing(expr: string): string {
  const lastPass = highest({ metric: 'jit_last_pass_timestamp_seconds', window: '5m' });
  return `(${expr}) and on (cluster, namespace) (time() - ${lastPass} < 120)`;
}

/** Seconds since an instant; a day is a day or more, or never. */
export function since(metric: string): string {
  return `clamp_max(time() - ${highest({ metric, window: '1d' })}, 86400)`;
}
