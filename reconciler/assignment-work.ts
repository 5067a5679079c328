// The assignments that are being converged right now: each once, however many passes find it. What is under way here is
// also in the ledger, so losing all of it loses nothing but a few seconds.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { Log } from '../src/log.ts';
import type { Converged, ConvergeOptions } from './converge-assignment.ts';

export type WorkOptions = Omit<ConvergeOptions, 'woken' | 'stopped' | 'followMaxMs'>;

export type AssignmentWork = {
  /** Begins to converge an assignment, unless it is being converged already; then it is woken, and that run is answered. */
  begin(assignment: Assignment, options: WorkOptions): Promise<Converged | undefined>;
  /** Something was learned about an assignment: where it is being converged, it is looked at now. */
  wake(id: string): void;
  readonly size: () => number;
  isUnderWay(id: string): boolean;
  /** Waits until nothing is under way. */
  drained(): Promise<void>;
  /** Ends what is under way at its next step; what it had begun stays in the ledger. */
  stop(): void;
};

type Run = { readonly done: Promise<Converged | undefined>; wake(): void };

export function createAssignmentWork(deps: {
  readonly converge: (assignment: Assignment, options: ConvergeOptions) => Promise<Converged>;
  readonly followMaxMs: number;
  /** What is known of an assignment after a run. */
  readonly onConverged: (converged: Converged) => void;
  readonly log: Log;
}): AssignmentWork {
  const runs = new Map<string, Run>();
  const stopping = new AbortController();

  const run = (assignment: Assignment, options: WorkOptions): Run => {
    let waking = new AbortController();
    const converge = async (): Promise<Converged | undefined> => {
      const converged = await deps.converge(assignment, {
        ...options,
        woken: () => waking.signal,
        stopped: stopping.signal,
        followMaxMs: deps.followMaxMs,
      });
      deps.onConverged(converged);
      return converged;
    };
    const done = converge()
      // One bad item never stops the others; the ledger says what is due, and the next pass finds it.
      .catch((error: unknown) => {
        // Stopping ends what waits for its turn; that is no failure.
        if (stopping.signal.aborted) return undefined;
        const { passId: pass_id } = options;
        const assignment_id = assignmentId(assignment);
        deps.log.error('converging an assignment failed', { assignment_id, pass_id, error });
        return undefined;
      })
      .finally(() => runs.delete(assignmentId(assignment)));
    return {
      done,
      wake() {
        const woken = waking;
        waking = new AbortController();
        woken.abort();
      },
    };
  };

  return {
    begin(assignment, options) {
      const id = assignmentId(assignment);
      const known = runs.get(id);
      if (known !== undefined) {
        known.wake();
        return known.done;
      }
      if (stopping.signal.aborted) return Promise.resolve(undefined);
      const begun = run(assignment, options);
      runs.set(id, begun);
      return begun.done;
    },
    wake: (id) => runs.get(id)?.wake(),
    size: () => runs.size,
    isUnderWay: (id) => runs.has(id),
    async drained() {
      while (runs.size > 0) await Promise.all([...runs.values()].map(({ done }) => done));
    },
    stop() {
      stopping.abort();
      for (const { wake } of runs.values()) wake();
    },
  };
}
