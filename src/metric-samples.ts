// The values of a registry at this moment, for whoever sends them elsewhere.

import type { Registry } from 'prom-client';
import type { Sample } from './metric-data.ts';

/** Every series of the metrics of these names. Not for histograms, whose parts have names of their own. */
export async function metricSamples(
  registry: Registry,
  names: readonly string[],
): Promise<readonly Sample[]> {
  const metrics = await Promise.all(names.map((name) => registry.getSingleMetric(name)?.get()));
  return metrics.flatMap((metric) =>
    (metric?.values ?? []).map(({ labels, value }) => ({
      name: metric?.name ?? '',
      labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
      value,
    })),
  );
}
