// The assignments that are being converged right now: each once, however many passes find it. What is under way here is
// also in the ledger, so losing all of it loses nothing but a few seconds.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { MonotonicClock, Timer } from '../src/clock.ts';
import type { Log } from '../src/log.ts';
import type { Converged, ConvergeOptions } from './converge-assignment.ts';
import { beginTurn, type Turn } from './turn.ts';

export type WorkOptions = Omit<ConvergeOptions, 'woken' | 'stopped' | 'followMaxMs'>;

export type AssignmentWork = {
  /**
   * Begins to converge an assignment, unless it is being converged already; then it is woken, and that run is answered.
   * Undefined where it failed or was abandoned. Never rejects.
   */
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

type Run = { readonly done: Promise<Converged | undefined>; wake(): void; end(): void };

/**
 * A run that does not move for so long is abandoned. Each of its calls has a limit of its own, of which the longest is
 * three tries of a question to AWS, 45 s; waiting for a turn is moving.
 */
export const RUN_STANDS_STILL_MAX_MS = 120_000;

export function createAssignmentWork(deps: {
  /** All that it does across a port it does as a step of its turn. */
  readonly converge: (assignment: Assignment, options: ConvergeOptions, turn: Turn) => Promise<Converged>;
  readonly followMaxMs: number;
  /** What is known of an assignment after a run. */
  readonly onConverged: (converged: Converged) => void;
  /** A run threw, or was abandoned: nothing is known, and nobody works on it until it is found again. */
  readonly onFailed: (assignment: Assignment, cause: unknown) => void;
  readonly clock: MonotonicClock & Timer;
  readonly log: Log;
}): AssignmentWork {
  const { clock } = deps;
  const runs = new Map<string, Run>();
  let isStopped = false;

  const failed = (assignment: Assignment, { passId: pass_id }: WorkOptions, error: unknown): undefined => {
    // Stopping ends what waits for its turn; that is no failure.
    if (isStopped) return;
    const assignment_id = assignmentId(assignment);
    deps.log.error('converging an assignment failed', { assignment_id, pass_id, error });
    deps.onFailed(assignment, error);
  };

  const run = (assignment: Assignment, options: WorkOptions): Run => {
    const id = assignmentId(assignment);
    let waking = new AbortController();
    const limits = { clock, limitMs: RUN_STANDS_STILL_MAX_MS, action: `converge ${id}` };
    const { done, end } = beginTurn(limits, (turn) =>
      deps.converge(
        assignment,
        {
          ...options,
          woken: () => waking.signal,
          stopped: turn.ended,
          followMaxMs: deps.followMaxMs,
        },
        turn,
      ),
    );
    return {
      done: done
        .then((converged) => {
          deps.onConverged(converged);
          return converged;
        })
        // One bad item never stops the others; the ledger says what is due, and the next pass finds it.
        .catch((error: unknown) => failed(assignment, options, error))
        .finally(() => runs.delete(id)),
      wake() {
        const woken = waking;
        waking = new AbortController();
        woken.abort();
      },
      end,
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
      if (isStopped) return Promise.resolve(undefined);
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
      isStopped = true;
      for (const { end, wake } of runs.values()) {
        end();
        wake();
      }
    },
  };
}
