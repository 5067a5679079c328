// All benchmarks by name, in the order in which they run. Each is loaded by itself, so that none pays for another.

import type { Bench } from './bench.ts';

export const Benches: Readonly<Record<string, () => Promise<Bench>>> = {
  storm: async () => (await import('./storm/bench-storm.ts')).benchStorm,
  overtaking: async () => (await import('./overtaking/bench-overtaking.ts')).benchOvertaking,
  latency: async () => (await import('./latency/bench-latency.ts')).benchLatency,
  api: async () => (await import('./api/bench-api.ts')).benchApi,
  life: async () => (await import('./life/bench-life.ts')).benchLife,
  idle: async () => (await import('./idle/bench-idle.ts')).benchIdle,
  sweep: async () => (await import('./sweep/bench-sweep.ts')).benchSweep,
  plan: async () => (await import('./plan/bench-plan.ts')).benchPlan,
  soak: async () => (await import('./soak/bench-soak.ts')).benchSoak,
};
