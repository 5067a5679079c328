// Puts an answer on the wire. It decides nothing but how to say it.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../src/log.ts';
import type { HttpStatuses } from '../src/metrics.ts';
import type { Answer } from './answer.ts';
import { isProblem, type Problem, ProblemStatuses } from './problem.ts';

type Status = (typeof HttpStatuses)[number];

/** The status that was sent, once the answer is out. */
export async function sendAnswer(
  answer: Answer | Problem,
  message: IncomingMessage,
  response: ServerResponse,
  log: Log,
): Promise<Status> {
  // Answers are about people's access: nobody on the way may keep them, no browser may take them for something else.
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // The rest of a body that we refused to read would be taken for the next call.
  if (!message.complete) response.setHeader('Connection', 'close');
  if (isProblem(answer)) return sendProblem(answer, response);
  if ('body' in answer) return sendJson(answer.status, answer.body, response);
  await sendLines(answer.lines, response, log);
  return answer.status;
}

function sendProblem(refusal: Problem, response: ServerResponse): Status {
  if (refusal.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(refusal.retryAfterSeconds));
  const status = ProblemStatuses[refusal.problem];
  return sendJson(status, { message: refusal.message, code: refusal.problem }, response);
}

function sendJson<S extends Status>(status: S, body: object, response: ServerResponse): S {
  const bytes = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', bytes.byteLength);
  response.end(bytes);
  return status;
}

/** Resolves when there is room again or the reader is gone, and leaves no listener behind: a list may be long. */
async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    done.abort();
  }
}

async function sendLines(lines: AsyncIterable<object>, response: ServerResponse, log: Log): Promise<void> {
  response.statusCode = 200;
  response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  try {
    for await (const line of lines) {
      if (response.destroyed) return;
      // Waits while the reader is slow, so that a long list never piles up in memory.
      if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response);
    }
    response.end();
  } catch (error) {
    log.error('a stream of lines broke off', { error });
    // The status is out already: a last line says that the list is not whole.
    response.end(
      `${JSON.stringify({ message: 'The list breaks off here; ask again.', code: 'unavailable' })}\n`,
    );
  }
}
