// Answers the events of the `jit-api` function with the same application that listens elsewhere.

import type { Express } from 'express';
import serverless from 'serverless-http';
import type { Timer } from '../src/clock.ts';
import type { SendNudges } from './api-deps.ts';
import { readLambdaEvent } from './lambda-event.ts';
import { type Problem, ProblemStatuses } from './problem.ts';

// After the answer the process is frozen, and a nudge or a metric that is on its way with it. A little patience, and no
// more: losing a nudge costs a tick, and what is counted goes with the next.
const PATIENCE_MS = 1000;

/** The function's handler. `settled` resolves when no nudge is on its way. */
export function createLambdaHandler(deps: {
  readonly app: Express;
  readonly nudge: SendNudges;
  readonly settled: () => Promise<void>;
  /** Sends what was counted, where there is something and it is time to. */
  readonly report?: () => Promise<void>;
  readonly timer: Timer;
}): (event: unknown) => Promise<object> {
  const serve = serverless(deps.app, { requestId: '' });
  const answer = async (event: unknown): Promise<object> => {
    const request = readLambdaEvent(event);
    if (request.kind === 'refused') return answerProblem(request.problem);
    if (request.kind === 'call') return serve(request.event, {});
    // The workflow's timer means nothing any more, but its request may be worth a look.
    if (request.requestId !== undefined) deps.nudge([{ request_id: request.requestId }]);
    return { status: 'ignored', request_id: request.requestId ?? '' };
  };
  return async (event) => {
    const answered = await answer(event);
    const stop = new AbortController();
    const afterwards = Promise.all([deps.settled(), deps.report?.()]);
    await Promise.race([afterwards, deps.timer.sleep(PATIENCE_MS, stop.signal)]);
    stop.abort();
    return answered;
  };
}

function answerProblem({ problem, message }: Problem): object {
  return {
    statusCode: ProblemStatuses[problem],
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify({ message, code: problem }),
    isBase64Encoded: false,
  };
}
