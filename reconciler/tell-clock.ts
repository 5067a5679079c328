// What this process says of its own clock: a metric always, and a line of the log when it turns out to be wrong, or to be
// right again.

import type { ClockState } from '../src/clock-offset.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';

export type ClockTellerDeps = {
  readonly clockState: () => ClockState;
  readonly metrics: Pick<Metrics, 'clockOffsetSeconds'>;
  readonly log: Log;
};

export function createClockTeller({ clockState, metrics, log }: ClockTellerDeps): () => void {
  let toldWrong = false;
  return () => {
    const { offsetMs = 0, isWrong, answers } = clockState();
    metrics.clockOffsetSeconds.set(offsetMs / 1000);
    if (isWrong === toldWrong) return;
    toldWrong = isWrong;
    const told = { offset_seconds: offsetMs / 1000, answers };
    if (isWrong) log.error("this process's clock is wrong: nothing is ended by the clock", told);
    else log.info("this process's clock is right again", told);
  };
}
