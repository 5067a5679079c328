// How an alert is provoked in a running system, what somebody is told then, and how it is mended. The table in the README of
// the alerts is made from these.

import type { WatchedSystem } from './watched-system.ts';

export type AlertStory = {
  /** Of the alert that it is about. */
  readonly alert: string;
  /** All that somebody is told: `alertname severity`, sorted. */
  readonly told: readonly string[];
  /** What of it goes on after it is mended, because it looks back for days. */
  readonly goesOn?: readonly string[];
  /** In words, for the README. */
  readonly broken: string;
  readonly mended: string;
  breakIt(system: WatchedSystem): Promise<unknown>;
  mendIt(system: WatchedSystem): Promise<unknown>;
};
