// What the benchmarks left in bench/results/.

import { readFileSync } from 'node:fs';
import type { BenchResult } from '../bench.ts';
import { type Measured, measuredBy } from './month-costs.ts';

const RESULTS = new URL('../results/', import.meta.url);

export function readMeasured(): Measured {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8')) as BenchResult;
  return measuredBy({ idle: read('idle'), life: read('life') });
}
