// Watches the wall clock of this process by AWS's answers, and puts it right where it is wrong: what is written and
// compared is then as if the clock were right. That nothing is ended by such a clock is for the plan.

import type { Clock, WallClock } from '../src/clock.ts';
import {
  type Agreement,
  agreementOf,
  type ClockState,
  clockOffsetMs,
  type DateAnswer,
  isNothingNew,
  type TimeNote,
  timeNote,
  UNMEASURED,
  withNote,
  wrongBeyondMs,
} from '../src/clock-offset.ts';

export type ClockWatch = {
  /** As the process's own, and less the offset while it is wrong. */
  readonly clock: Clock;
  /** For the door to a source of answers: what is to be told of each, and the clock that it is to be timed by. */
  listenTo(source: string): { readonly clock: WallClock; readonly onDate: (answer: DateAnswer) => void };
  state(): ClockState;
};

/** `clockSkewMs`: by how much clocks may differ, as configured. */
export function watchClock(own: Clock, clockSkewMs: number): ClockWatch {
  const wrongMs = wrongBeyondMs(clockSkewMs);
  let notes: readonly TimeNote[] = [];
  // Once known, it stays known: answers that disagree must not let a wrong clock pass for one that nobody knows.
  let agreement: Agreement | undefined;
  let wrongSinceMs: number | undefined;

  const reading = () => ({ nowMs: own.nowMs(), elapsedMs: own.elapsedMs() });
  const state = (): ClockState => {
    if (agreement === undefined) return UNMEASURED;
    const now = reading();
    const offsetMs = clockOffsetMs(agreement, now);
    const isWrong = Math.abs(offsetMs) > wrongMs;
    wrongSinceMs = isWrong ? (wrongSinceMs ?? now.nowMs - offsetMs) : undefined;
    return {
      ...{ offsetMs, answers: agreement.answers, isWrong },
      ...(wrongSinceMs === undefined ? {} : { wrongSinceMs }),
    };
  };

  return {
    clock: {
      nowMs() {
        const { isWrong, offsetMs } = state();
        return isWrong ? Math.floor(own.nowMs() - (offsetMs ?? 0)) : own.nowMs();
      },
      elapsedMs: () => own.elapsedMs(),
      sleep: (durationMs, signal) => own.sleep(durationMs, signal),
      alarm: (durationMs, ring) => own.alarm(durationMs, ring),
    },
    listenTo: (source) => ({
      clock: own,
      onDate(answer) {
        const note = timeNote(source, answer, reading());
        if (note === undefined || isNothingNew(notes, note, agreement)) return;
        notes = withNote(notes, note);
        agreement = agreementOf(notes) ?? agreement;
      },
    }),
    state,
  };
}
