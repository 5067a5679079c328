// What a caller is told when a call is not answered as asked: a sentence that helps, and a code for programs. Nothing
// of the inside of this system may ever stand in one: no exception text, no table name, no secret.

import { z } from 'zod';

export const ProblemStatuses = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  too_slow: 408,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof ProblemStatuses;

export type Problem = {
  readonly problem: ProblemCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
};

/** How a problem looks on the wire. */
export const ProblemAnswer = z
  .object({
    message: z.string().meta({ description: 'a sentence for people' }),
    code: z.string().meta({ description: 'one of the problem codes, for programs' }),
  })
  .meta({ id: 'Problem' });

const RETRY_AFTER_SECONDS = 5;

/** A refusal that stands until something changes. */
export function problem(
  code: Exclude<ProblemCode, 'unavailable' | 'rate_limited'>,
  message: string,
): Problem {
  return { problem: code, message };
}

/** A refusal that passes: the caller is told when to come again. */
export function unavailable(message: string, retryAfterSeconds = RETRY_AFTER_SECONDS): Problem {
  return { problem: 'unavailable', message, retryAfterSeconds };
}

export function isProblem(value: object): value is Problem {
  return 'problem' in value && 'message' in value;
}
