// The metrics of one process as numbers: what is set is kept, what is counted is added up. Made in a moment, where the
// registry that Prometheus reads costs more than all else of a new world.

import type { Metrics } from '../../src/metrics.ts';

export type SeenMetrics = {
  /** To be handed to a process. */
  readonly metrics: Metrics;
  /** What a level was set to, or a counter was raised to, summed over the label values given; 0 where it never was. */
  value(name: keyof Metrics, labels?: string): number;
};

export function createSeenMetrics(): SeenMetrics {
  const values = new Map<string, Map<string, number>>();
  const seriesOf = (name: string): Map<string, number> => {
    const known = values.get(name) ?? new Map<string, number>();
    values.set(name, known);
    return known;
  };
  const instruments = new Map<string, unknown>();
  const instrument = (name: string) => {
    const series = seriesOf(name);
    return {
      set: (labels: unknown, value?: number) =>
        typeof labels === 'number' ? series.set('', labels) : series.set(textOf(labels), value ?? 0),
      inc: (labels: unknown, by = 1) => series.set(textOf(labels), (series.get(textOf(labels)) ?? 0) + by),
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
      if (labels !== undefined) return series.get(labels) ?? 0;
      return [...series.values()].reduce((sum, value) => sum + value, 0);
    },
  };
}

function textOf(labels: unknown): string {
  return typeof labels === 'object' && labels !== null ? Object.values(labels).join(' ') : '';
}
