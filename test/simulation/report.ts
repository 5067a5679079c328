// A run's summary as people read it.

import { countFaults, coverageTable, type Summary } from './summary.ts';

export function report(summary: Summary, tookMs: number): string {
  return [
    '',
    coverageTable(summary),
    '',
    `${summary.histories} histories in ${(tookMs / 1000).toFixed(0)} s, ${summary.failures.length} failed`,
    `${summary.acts} acts, ${summary.effects} effects, ${countFaults(summary)} of them met a fault`,
    `${(summary.virtualMs / 3_600_000).toFixed(1)} virtual hours`,
    `slowest settling: ${summary.slowest.settledMs / 1000} s, ${summary.slowest.where}`,
  ].join('\n');
}
