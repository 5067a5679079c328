// The raw body of a call, exactly as sent, within a size and a time: a stranger must not be able to fill our memory or
// keep a connection busy. It never inflates and never parses.

import type { IncomingMessage } from 'node:http';
import type { Timer } from '../src/clock.ts';
import { type Problem, problem } from './problem.ts';

export const BODY_BYTES_MAX = 64 * 1024;
export const BODY_TIME_MS = 10_000;

/** The bytes; or why there are none. `too_slow` also where the caller went away. */
export async function readBody(
  message: IncomingMessage,
  timer: Timer,
): Promise<{ readonly bytes: Buffer } | Problem> {
  if (Number(message.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return tooLarge();
  if (isHere(message)) return collect(message);
  const stop = new AbortController();
  try {
    const late = timer.sleep(BODY_TIME_MS, stop.signal).then(tooSlow);
    return await Promise.race([collect(message, stop.signal), late]);
  } finally {
    stop.abort();
  }
}

/** Most bodies come together with their headers: then there is nothing to wait for, and no time to limit. */
function isHere({ complete, headers, readableLength }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return complete || (length !== undefined && Number(length) === readableLength);
}

function collect(
  message: IncomingMessage,
  stopped?: AbortSignal,
): Promise<{ readonly bytes: Buffer } | Problem> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.byteLength;
      chunks.push(chunk);
      if (size > BODY_BYTES_MAX) finish(tooLarge());
    };
    const onEnd = () => finish({ bytes: Buffer.concat(chunks) });
    const onGone = () => finish(tooSlow());
    const finish = (result: { readonly bytes: Buffer } | Problem) => {
      message.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      // Without a listener an error of the connection would end the process.
      message.on('error', () => undefined);
      resolve(result);
    };
    message.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    stopped?.addEventListener('abort', onGone, { once: true });
  });
}

function tooLarge(): Problem {
  return problem('too_large', `The body is larger than ${BODY_BYTES_MAX} bytes; send less.`);
}

function tooSlow(): Problem {
  return problem('too_slow', `The body did not arrive within ${BODY_TIME_MS / 1000} seconds; send it again.`);
}
