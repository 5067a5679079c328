// One whole pass and what came of it: the loop runs until it has swept everything once and nothing is left to do, or
// until it is clear that this process will not get there.

import type { Clock } from '../src/clock.ts';
import type { PassReport } from '../src/pass.ts';

/** What is left, as it is seen now. */
export type Standing = {
  /** What would be done next, and what was not or cannot be looked at. */
  readonly report: PassReport;
  /** Assignments with a call to AWS that is not proved yet. */
  readonly underWay: number;
  readonly notificationsPending: number;
};

export type PassOnceDeps = {
  readonly mode: 'observe' | 'enforce';
  readonly clock: Clock;
  readonly withinMs: number;
  readonly hasSwept: () => boolean;
  /** An observer takes no lease, and does not ask. */
  readonly otherLeads: () => Promise<boolean>;
  /** Throws while the tables or Identity Center do not answer. */
  readonly look: () => Promise<Standing>;
  readonly onError: (error: unknown) => void;
};

export type Outcome = 'settled' | 'observed' | 'not everything was read' | 'time is up' | 'another leads';
export type PassedOnce = { readonly outcome: Outcome; readonly standing?: Standing };

/** Of the process, by what came of it. 1 is for one that did not start, 2 for one that was not understood. */
export const OutcomeExitCodes: Readonly<Record<Outcome, number>> = {
  settled: 0,
  observed: 0,
  'another leads': 3,
  'not everything was read': 4,
  'time is up': 4,
};

const LOOK_INTERVAL_MS = 1_000;
/** A plugin that answers is told before the process ends; one that does not must not hold it up. */
const TELL_WITHIN_MS = 10_000;

export async function passOnce(deps: PassOnceDeps): Promise<PassedOnce> {
  const { clock, withinMs } = deps;
  const startedMs = clock.elapsedMs();
  let agreedMs: number | undefined;
  let standing: Standing | undefined;
  while (clock.elapsedMs() - startedMs < withinMs) {
    await clock.sleep(LOOK_INTERVAL_MS);
    if (deps.mode === 'enforce' && (await deps.otherLeads())) return { outcome: 'another leads' };
    standing = deps.hasSwept() ? await lookNow(deps) : undefined;
    if (standing === undefined || !agrees(deps.mode, standing)) {
      agreedMs = undefined;
      continue;
    }
    agreedMs ??= clock.elapsedMs();
    const isTold = standing.notificationsPending === 0 || clock.elapsedMs() - agreedMs >= TELL_WITHIN_MS;
    if (isTold || deps.mode === 'observe') return { outcome: outcomeOf(deps.mode, standing), standing };
  }
  return { outcome: 'time is up', ...(standing === undefined ? {} : { standing }) };
}

/** An observer changes nothing: it has done its work when it has seen everything. */
function agrees(mode: PassOnceDeps['mode'], { report, underWay }: Standing): boolean {
  return mode === 'observe' || (report.totals.changes === 0 && underWay === 0);
}

function outcomeOf(mode: PassOnceDeps['mode'], { report }: Standing): Outcome {
  if (report.unread.length > 0) return 'not everything was read';
  return mode === 'observe' ? 'observed' : 'settled';
}

async function lookNow({ look, onError }: PassOnceDeps): Promise<Standing | undefined> {
  try {
    return await look();
  } catch (error) {
    onError(error);
    return undefined;
  }
}
