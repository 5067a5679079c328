// Makes every client of the SDK: none is without the bounded handler, and none of its calls without an end, whatever it
// waits for (credentials, the pause that an answer asks for before the next attempt).

import { type BoundedHandler, createBoundedHandler, type DateHook, timeoutError } from './bounded-handler.ts';

export type ClientLimits = {
  readonly connectMs: number;
  /** Of one attempt, from connecting until the last byte of its answer. */
  readonly attemptMs: number;
  readonly attemptsMax: number;
  /** Of one call as its caller sees it: all attempts, the credentials, the pauses. */
  readonly callMs: number;
  readonly answerMaxBytes: number;
};

/** No answer of the services has more, the tables apart: lists of a hundred rows, a secret of 64 KB. */
export const ANSWER_MAX_BYTES = 4 * 1024 * 1024;

/**
 * For what stands beside the tables and is asked now and then: secrets, the directory, the start of a function. A person
 * waits, or a start does, and dialogs die after three seconds: two quick tries, then they are told.
 */
export const EDGE_LIMITS: ClientLimits = {
  connectMs: 1_000,
  attemptMs: 2_000,
  attemptsMax: 2,
  callMs: 4_500,
  answerMaxBytes: ANSWER_MAX_BYTES,
};

/** What every client is made from; `Config` is what else its constructor takes. */
type Bounds = { readonly maxAttempts: number; readonly requestHandler: BoundedHandler };

type Handler = (args: never) => Promise<unknown>;
/** One form for the middleware of every step: it hands on what it is given. */
type Middleware = <Next extends Handler>(next: Next, context: object) => Next;
type Where<Step> = { readonly step: Step; readonly name: string; readonly priority: 'high' };

type Client = {
  readonly middlewareStack: {
    add(middleware: Middleware, where: Where<'initialize'>): void;
    add(middleware: Middleware, where: Where<'deserialize'>): void;
  };
};

/**
 * Calls of the client reject with `TimeoutError` or `AnswerTooLargeError` when a limit is reached; it is unknown then
 * whether they took effect, and no attempt of theirs begins any more. `dates` hears the date of every answer.
 */
export function createBoundedClient<Config extends object, C extends Client>(
  Client: new (config: Config & Bounds) => C,
  config: Config & { readonly [bound in keyof Bounds]?: never },
  limits: ClientLimits,
  dates?: DateHook,
): C {
  const client = new Client({
    ...config,
    maxAttempts: limits.attemptsMax,
    requestHandler: createBoundedHandler(limits, dates),
  });
  boundCalls(client, limits.callMs);
  return client;
}

/** Around everything that a call does, and again around each attempt: what was given up must not go on writing. */
function boundCalls({ middlewareStack }: Client, callMs: number): void {
  // The context is one object for each call.
  const givenUp = new WeakSet<object>();
  const endInTime: Middleware = (next, context) =>
    wrapping(next, (call) => withinCall(callMs, call, () => givenUp.add(context)));
  const beginNoMore: Middleware = (next, context) =>
    wrapping(next, async (attempt) => {
      if (givenUp.has(context)) throw callTimeout(callMs);
      return attempt();
    });
  middlewareStack.add(endInTime, { step: 'initialize', name: 'endInTime', priority: 'high' });
  middlewareStack.add(beginNoMore, { step: 'deserialize', name: 'beginNoMore', priority: 'high' });
}

function wrapping<Next extends Handler>(
  next: Next,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): Next {
  const wrapped: Handler = (args) => around(() => next(args));
  return wrapped as Next;
}

async function withinCall(callMs: number, call: () => Promise<unknown>, giveUp: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      giveUp();
      reject(callTimeout(callMs));
    }, callMs);
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function callTimeout(callMs: number): Error {
  return timeoutError(`the call was given up after ${callMs} ms; it may have taken effect`);
}
