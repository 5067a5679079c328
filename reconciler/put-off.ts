// The steps that could not be written lately, with their back-off. It is a memory of this leader: losing it only means that
// a step is tried sooner.

import type { MonotonicClock } from '../src/clock.ts';
import { backOffMs } from '../src/policy.ts';

export type PutOff = {
  /** The steps of an assignment that are left for later at this moment, by `stepOf`. */
  steps(assignmentId: string): ReadonlySet<string>;
  /** Why a step was put off last; undefined where it was not, or long ago. */
  why(assignmentId: string, step: string): string | undefined;
  failed(assignmentId: string, step: string, why: string): void;
  written(assignmentId: string, step: string): void;
};

type Failed = { readonly attempts: number; readonly untilMs: number; readonly why: string };

/** A step that was not planned again for so long needs no memory: it was overtaken by something else. */
const FORGOTTEN_MS = 10 * 60_000;

export function createPutOff(deps: {
  readonly clock: MonotonicClock;
  /** In [0, 1). */
  readonly random: () => number;
}): PutOff {
  const byAssignment = new Map<string, Map<string, Failed>>();
  const forget = (id: string, isOver: (failed: Failed, step: string) => boolean) => {
    const steps = byAssignment.get(id);
    for (const [step, failed] of steps ?? []) if (isOver(failed, step)) steps?.delete(step);
    if (steps?.size === 0) byAssignment.delete(id);
  };
  return {
    steps(id) {
      const nowMs = deps.clock.elapsedMs();
      forget(id, ({ untilMs }) => nowMs - untilMs > FORGOTTEN_MS);
      const waiting = [...(byAssignment.get(id) ?? [])].filter(([, { untilMs }]) => untilMs > nowMs);
      return new Set(waiting.map(([step]) => step));
    },
    why: (id, step) => byAssignment.get(id)?.get(step)?.why,
    failed(id, step, why) {
      const steps = byAssignment.get(id) ?? new Map<string, Failed>();
      const attempts = (steps.get(step)?.attempts ?? 0) + 1;
      const untilMs = deps.clock.elapsedMs() + backOffMs(attempts, deps.random());
      byAssignment.set(id, steps.set(step, { attempts, untilMs, why }));
    },
    written: (id, step) => forget(id, (_, name) => name === step),
  };
}
