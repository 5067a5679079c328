// Parses what a person or a script hands in, and says what is wrong in one line that names field and value.
// For operators' input only: what AWS's clients send is refused in AWS's own words, by `validate-input.ts`.

import type { z } from 'zod';

/** The input was refused; the message names every field, its value and what was expected. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
}

export function parseOrExplain<S extends z.ZodType>(schema: S, value: unknown, subject: string): z.output<S> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => explain(issue, subject));
  throw new InvalidInputError(problems.join('; '));
}

function explain(issue: z.core.$ZodIssue, subject: string): string {
  const path = [subject, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path}.${key}: unknown field`).join('; ');
  }
  return `${path}: ${issue.message}, got ${JSON.stringify(issue.input) ?? 'nothing'}`;
}
