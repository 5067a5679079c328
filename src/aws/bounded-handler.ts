// The one door to the network for every client of the SDK. The SDK's own time-outs end with the headers of an answer: a
// body that stalls is awaited for ever, and one without end is read until the memory is full. Here the whole answer is
// read within a time and a size, and only then handed on.

import { Readable } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { WallClock } from '../clock.ts';

/** When AWS says that an answer was made (its `Date` has whole seconds), and between which instants of ours that was. */
export type DatedAnswer = {
  readonly dateMs: number;
  /** Before a connection was sought for it. */
  readonly sentMs: number;
  /** When its headers were there. */
  readonly receivedMs: number;
};

/** `clock` gives the instants of ours. `onDate` must not throw; it is not called for an answer without a usable date. */
export type DateHook = { readonly clock: WallClock; readonly onDate: (answer: DatedAnswer) => void };

export type HandlerLimits = {
  readonly connectMs: number;
  /** From beginning to connect until the last byte of the answer. */
  readonly attemptMs: number;
  readonly answerMaxBytes: number;
};

/** What a client of the SDK asks of its `requestHandler`. */
export type BoundedHandler = Pick<
  NodeHttpHandler,
  'handle' | 'destroy' | 'metadata' | 'updateHttpClientConfig' | 'httpHandlerConfigs'
>;

const TOO_LARGE = 'AnswerTooLargeError';

type Sent = Awaited<ReturnType<NodeHttpHandler['handle']>>;

/**
 * Rejects with `TimeoutError` when an attempt takes too long, whatever it waits for, and with `AnswerTooLargeError`:
 * after both, nobody knows whether AWS acted. The connection is destroyed. Bodies of answers are handed on as bytes.
 */
export function createBoundedHandler(limits: HandlerLimits, dates?: DateHook): BoundedHandler {
  const inner = new NodeHttpHandler({
    connectionTimeout: limits.connectMs,
    requestTimeout: limits.attemptMs,
    socketTimeout: limits.attemptMs,
    // Without this the SDK only logs a warning and goes on waiting.
    throwOnRequestTimeout: true,
  });
  const ask: NodeHttpHandler['handle'] = async (request, options) => {
    const sentMs = dates?.clock.nowMs() ?? 0;
    const sent = await inner.handle(request, options);
    tellDate(dates, sentMs, sent.response.headers);
    return { response: await withWholeBody(sent, limits.answerMaxBytes) };
  };
  return {
    metadata: inner.metadata,
    destroy: () => inner.destroy(),
    updateHttpClientConfig: (key, value) => inner.updateHttpClientConfig(key, value),
    httpHandlerConfigs: () => inner.httpHandlerConfigs(),
    handle: (request, options = {}) =>
      withinAttempt(limits.attemptMs, signalOf(options.abortSignal), (abortSignal) =>
        ask(request, { ...options, abortSignal }),
      ),
  };
}

/** By this name the SDK tries again where it may, and `classifyError` knows that AWS may have acted. */
export function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError' });
}

/** The SDK still takes signals of a kind that was there before Node had one; we make none. */
function signalOf(given: unknown): AbortSignal | undefined {
  return given instanceof AbortSignal ? given : undefined;
}

/** Raced and not only aborted: where what is aborted hangs on, there would be no limit. */
async function withinAttempt<T>(
  attemptMs: number,
  given: AbortSignal | undefined,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const givenUp = rejectionOf(ending.signal);
  const tooLate = () =>
    ending.abort(timeoutError(`no whole answer within ${attemptMs} ms; it may have taken effect`));
  const passOn = () => ending.abort(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
  const timer = setTimeout(tooLate, attemptMs);
  given?.addEventListener('abort', passOn);
  if (given?.aborted === true) passOn();
  try {
    return await Promise.race([givenUp, attempt(ending.signal)]);
  } finally {
    clearTimeout(timer);
    given?.removeEventListener('abort', passOn);
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

async function withWholeBody({ response }: Sent, answerMaxBytes: number): Promise<Sent['response']> {
  const stream: unknown = response.body;
  // Iterated to its end or left early, a stream is destroyed, and its connection with it where something was left in it.
  if (stream instanceof Readable) response.body = await readWhole(stream, answerMaxBytes);
  return response;
}

async function readWhole(stream: Readable, answerMaxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > answerMaxBytes) throw answerTooLarge(answerMaxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

export function isAnswerTooLarge(error: unknown): boolean {
  return error instanceof Error && error.name === TOO_LARGE;
}

function answerTooLarge(answerMaxBytes: number): Error {
  const message = `the answer has more than ${answerMaxBytes} bytes and was not read; what was asked for may have taken effect`;
  return Object.assign(new Error(message), { name: TOO_LARGE });
}

function tellDate(dates: DateHook | undefined, sentMs: number, headers: Sent['response']['headers']): void {
  const dateMs = Date.parse(headers.date ?? '');
  if (dates === undefined || Number.isNaN(dateMs)) return;
  dates.onDate({ dateMs, sentMs, receivedMs: dates.clock.nowMs() });
}
