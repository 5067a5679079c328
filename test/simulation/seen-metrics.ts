// The metrics of one process as numbers: what is set is kept, what is counted is added up. Made in a moment, where the
// registry that Prometheus reads costs more than all else of a new world.

import type { Metrics } from '../../src/metrics.ts';

export type SeenMetrics = {
  /** To be handed to a process. */
  readonly metrics: Metrics;
  /** What a level was set to, or a counter was raised to, summed over the label values given; 0 where it never was. */
  value(name: keyof Metrics, labels?: string): number;
  /** Everything that was set or counted, as Prometheus would read it. */
  samples(): readonly SeenSample[];
};

export type SeenSample = {
  readonly name: keyof Metrics;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export function createSeenMetrics(): SeenMetrics {
  const values = new Map<string, Map<string, SeenSample>>();
  const seriesOf = (name: string): Map<string, SeenSample> => {
    const known = values.get(name) ?? new Map<string, SeenSample>();
    values.set(name, known);
    return known;
  };
  const instruments = new Map<string, unknown>();
  const instrument = (name: string) => {
    const series = seriesOf(name);
    const put = (labels: unknown, value: number) =>
      series.set(textOf(labels), { name: name as keyof Metrics, labels: labelsOf(labels), value });
    return {
      set: (labels: unknown, value?: number) =>
        typeof labels === 'number' ? put(undefined, labels) : put(labels, value ?? 0),
      inc: (labels: unknown, by = 1) => put(labels, (series.get(textOf(labels))?.value ?? 0) + by),
      observe: () => undefined,
    };
  };
  const metrics = new Proxy({} as Metrics, {
    get(_target, name) {
      const known = instruments.get(String(name)) ?? instrument(String(name));
      instruments.set(String(name), known);
      return known;
    },
  });
  return {
    metrics,
    value(name, labels) {
      const series = values.get(name);
      if (series === undefined) return 0;
      if (labels !== undefined) return series.get(labels)?.value ?? 0;
      return [...series.values()].reduce((sum, { value }) => sum + value, 0);
    },
    samples: () => [...values.values()].flatMap((series) => [...series.values()]),
  };
}

function labelsOf(labels: unknown): SeenSample['labels'] {
  return typeof labels === 'object' && labels !== null ? (labels as SeenSample['labels']) : {};
}

function textOf(labels: unknown): string {
  return Object.values(labelsOf(labels)).join(' ');
}
