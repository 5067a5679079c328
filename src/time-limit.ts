// A wait across a port has an end: after its limit it counts as failed, whatever may still come of it.

import type { Timer } from './clock.ts';
import { beforeAlarm } from './within.ts';

const TIMEOUT = 'TimeoutError';
/** No answer: one of undefined is an answer. */
const LATE = Symbol('late');

/**
 * What `work` answers. Rejects with an Error of the name `TimeoutError` where it takes longer than `limitMs`; `action`
 * says what was tried. The work goes on unheard: what it answers later, or fails with, is nobody's.
 */
export async function withTimeLimit<T>(
  timer: Timer,
  limitMs: number,
  action: string,
  work: () => Promise<T>,
): Promise<T> {
  const answer = await beforeAlarm(work(), (ring) => timer.alarm(limitMs, ring), LATE);
  if (answer === LATE) throw timedOut(action, limitMs);
  return answer;
}

export function timedOut(action: string, limitMs: number): Error {
  const error = new Error(`could not ${action}: no answer within ${limitMs / 1000} s`);
  // As the SDK names its own, so that both are understood alike.
  error.name = TIMEOUT;
  return error;
}

/** Whether something failed because an answer did not come in time, ours or the SDK's, however deep that lies. */
export function isTimeout(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause.name === TIMEOUT) return true;
  return false;
}
