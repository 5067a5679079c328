// What `GET /status` says of the clock of the process that publishes it. Pure.

import type { ClockState } from '../src/clock-offset.ts';
import type { ReconcilerStatus } from '../src/published-state.ts';
import { toTimestamp } from '../src/timestamp.ts';

export function describeClock(state: ClockState): NonNullable<ReconcilerStatus['clock']> {
  const { offsetMs, answers, isWrong, wrongSinceMs } = state;
  return {
    ...(offsetMs === undefined ? {} : { offset_seconds: offsetMs / 1000 }),
    answers,
    wrong: isWrong,
    ...(wrongSinceMs === undefined ? {} : { wrong_since: toTimestamp(wrongSinceMs) }),
    ...(isWrong ? { says: 'the clock of this process is wrong: nothing is ended by the clock' } : {}),
  };
}
