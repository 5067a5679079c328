// What a Prometheus would have read of a simulated history: the numbers of every reconciler, each quarter of a minute, and
// beside them what was true then.

import { createMetrics, type Metrics } from '../../src/metrics.ts';
import { endedFor } from '../simulation/due-endings.ts';
import { seenLedger } from '../simulation/ledger-row.ts';
import {
  belongsToSystem,
  keyOf,
  type SeenAssignment,
  seenAssignment,
} from '../simulation/seen-assignment.ts';
import type { Scene, Watcher } from '../simulation/watcher.ts';

export const SCRAPE_SECONDS = 15;

/** The series of what was true: how many assignments in scope are live past the end that somebody or the time has said. */
export const LIVE_PAST_END = 'true_live_past_end';
/** And how many endings the ledger has not seen done, whether they are or not. */
export const NOT_SEEN_DONE = 'true_not_seen_done';

export type Scraped = Watcher & {
  /** As promtool wants them: each with its values from the beginning on, `_` where nobody could be read. */
  inputSeries(): readonly { readonly series: string; readonly values: string }[];
  /** How long it lasted, whole minutes. */
  minutes(): number;
};

/** The name in the code, and that which Prometheus knows. */
const NAMES = new Map(
  Object.entries(createMetrics()).flatMap(([key, metric]): [string, string][] => {
    const name: unknown = Reflect.get(Object(metric), 'name');
    return typeof name === 'string' ? [[key, name]] : [];
  }),
);

export function scrapeSimulation(scene: Scene): Scraped {
  const columns = new Map<string, { readonly pod: string; readonly values: (number | undefined)[] }>();
  /** When each process could be read. */
  const up = new Map<string, Set<number>>();
  const beganMs = scene.nowMs();
  let scrapes = 0;

  const put = (pod: string, series: string, value: number) => {
    const column = columns.get(series) ?? { pod, values: [] };
    column.values[scrapes] = value;
    columns.set(series, column);
  };
  const scrape = (): void => {
    for (const { name } of scene.faults.atWork()) {
      up.set(name, (up.get(name) ?? new Set()).add(scrapes));
      for (const sample of scene.metricsOf(name)?.samples() ?? []) {
        const series = seriesOf(sample.name, { ...sample.labels, namespace: 'jit', pod: name });
        if (series !== undefined) put(name, series, sinceBegan(series, sample.value, beganMs));
      }
    }
    const past = [...known(scene)].filter((each) => isPastEnd(scene, each));
    put('', NOT_SEEN_DONE, past.length);
    put('', LIVE_PAST_END, past.filter((each) => scene.isLive(keyOf(each))).length);
    scrapes += 1;
  };
  return {
    look() {
      while (scene.elapsedMs() >= scrapes * SCRAPE_SECONDS * 1000) scrape();
    },
    inputSeries: () =>
      [...columns].map(([series, { pod, values }]) => ({
        series,
        // What was not set yet is shown as 0 by whoever can be read.
        values: Array.from(
          { length: scrapes },
          (_, at) => values[at] ?? (up.get(pod)?.has(at) ? 0 : '_'),
        ).join(' '),
      })),
    minutes: () => Math.floor((scrapes * SCRAPE_SECONDS) / 60),
  };
}

function seriesOf(name: keyof Metrics, labels: Readonly<Record<string, string>>): string | undefined {
  const known = NAMES.get(name);
  const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return known === undefined ? undefined : `${known}{${text.join(',')}}`;
}

/** promtool's time begins at 0. A time of 0 says that it never was. */
function sinceBegan(series: string, value: number, beganMs: number): number {
  return /_timestamp_seconds\{/.test(series) && value !== 0 ? Math.max(1, value - beganMs / 1000) : value;
}

function known({ store }: Scene): readonly SeenAssignment[] {
  return store.dump('assignments').flatMap((row) => seenAssignment(String(row.assignment_id)) ?? []);
}

/** By the true time, whoever knows it. */
function isPastEnd(scene: Scene, assignment: SeenAssignment): boolean {
  const leader = scene.faults.leader();
  if (leader !== undefined && !belongsToSystem(leader.policy.scope, assignment)) return false;
  const ledger = seenLedger(scene.store.peek('assignments', { assignment_id: keyOf(assignment) }));
  const faults = { ...scene.faults, leader: () => undefined, atWork: () => [] };
  const isOpen = Object.values(ledger?.entries ?? {}).some(({ gone }) => gone === undefined);
  return ledger !== undefined && isOpen && endedFor({ ...scene, faults }, assignment, ledger) !== undefined;
}
