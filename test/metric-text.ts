// What a registry shows, sample by sample, as somebody would read it at `/metrics`.

import type { Registry } from 'prom-client';

/** Answers the value of a series, named as it is written there; throws for one that is not shown. */
export async function registryText(registry: Registry): Promise<(series: string) => number> {
  const lines = (await registry.metrics()).split('\n');
  return (series) => {
    const line = lines.find((each) => each.startsWith(`${series} `));
    if (line === undefined) throw new Error(`${series} is not shown`);
    return Number(line.slice(series.length + 1));
  };
}
