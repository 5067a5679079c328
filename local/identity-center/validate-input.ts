// Checks the input of a call as AWS does, and refuses it in AWS's words. The SDK sends anything: a client that is
// only ever tested against a lenient stand-in meets these refusals in production.

import type { z } from 'zod';
import { AwsError } from './aws-error.ts';

/** The input as the schema gives it; throws ValidationException or SerializationException. */
export function validateInput<S extends z.ZodObject>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const wrongType = issues.find((issue) => issue.code === 'invalid_type' && !isAbsent(issue.input));
  if (wrongType !== undefined) throw new AwsError('SerializationException', serializationMessage(wrongType));
  throw new AwsError('ValidationException', validationMessage(issues));
}

/** To AWS a null member is a member that is not there. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function serializationMessage(issue: z.core.$ZodIssue): string {
  const expected = issue.code === 'invalid_type' ? issue.expected : 'structure';
  return `${typeof issue.input} value at '${memberPath(issue.path)}' can not be converted to ${expected}`;
}

function validationMessage(issues: readonly z.core.$ZodIssue[]): string {
  const noun = issues.length === 1 ? 'validation error' : 'validation errors';
  return `${issues.length} ${noun} detected: ${issues.map(describeViolation).join('; ')}`;
}

function describeViolation(issue: z.core.$ZodIssue): string {
  const value = isAbsent(issue.input) ? 'null' : printed(issue.input);
  return `Value '${value}' at '${memberPath(issue.path)}' failed to satisfy constraint: ${constraint(issue)}`;
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
}

function constraint(issue: z.core.$ZodIssue): string {
  if (isAbsent(issue.input)) return 'Member must not be null';
  if (issue.code === 'invalid_format')
    return `Member must satisfy regular expression pattern: ${unanchored(issue)}`;
  if (issue.code === 'invalid_value')
    return `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
  const noun = 'origin' in issue && issue.origin === 'string' ? 'length' : 'value';
  if (issue.code === 'too_small') return `Member must have ${noun} greater than or equal to ${issue.minimum}`;
  if (issue.code === 'too_big') return `Member must have ${noun} less than or equal to ${issue.maximum}`;
  return issue.message;
}

/** `/^(?:X)$/u` → `X`: AWS prints its patterns without anchors. */
function unanchored(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return (issue.pattern ?? '').replace(/^\/\^\(\?:(.*)\)\$\/u?$/s, '$1').replaceAll('\\/', '/');
}

/** AWS names members in lower camel case: `filter.accountId`. */
function memberPath(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .map((name) => name.charAt(0).toLowerCase() + name.slice(1))
    .join('.');
}
