// Bodies and queries as they are sent, turned into what a schema says; and what is wrong with one, as a sentence that
// names the field, its value and what was expected.

import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

type Parsed<T> = { readonly value: T } | Problem;

/** The JSON object in a body. An empty body is an empty object, so that the answer names the first missing field. */
export function parseJsonObject(body: Uint8Array): Parsed<Record<string, unknown>> {
  if (body.byteLength === 0) return { value: {} };
  const text = decodeUtf8(body);
  if (text === undefined) return problem('malformed', 'The body is not valid UTF-8; send JSON in UTF-8.');
  const value = parseJson(text);
  if (value === undefined) return problem('malformed', 'The body is not valid JSON; send one JSON object.');
  if (!isObject(value)) return problem('malformed', `The body is ${shown(value)}; send one JSON object.`);
  return { value };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The query of a target, each name once. An empty value counts as absent: forms send those. */
export function parseQuery(target: string): Parsed<Record<string, string>> {
  const at = target.indexOf('?');
  const pairs = at < 0 ? [] : [...new URLSearchParams(target.slice(at + 1))];
  const given = pairs.filter(([, value]) => value !== '');
  const query = Object.fromEntries(given);
  // Of two values, another reader of the same query may take the other one.
  const repeated = given.find(([name], index) => given.findIndex(([other]) => other === name) !== index);
  if (repeated !== undefined)
    return problem('malformed', `${repeated[0]} is given more than once; give it once.`);
  return { value: query };
}

/** Input as a schema says; unknown fields are ignored. The first few things wrong are said, in one sentence each. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Parsed<z.output<Schema>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data };
  const sentences = parsed.error.issues.map((issue) => explain(schema, input, issue));
  return problem('malformed', [...new Set(sentences)].slice(0, 5).join(' '));
}

function explain(schema: z.ZodType, input: unknown, issue: z.core.$ZodIssue): string {
  const [field] = issue.path;
  if (field === undefined) return `${issue.message}.`;
  const value = issue.path.reduce<unknown>(at, input);
  const state = value === undefined ? 'is missing' : `is ${shown(value)}`;
  return `${issue.path.join('.')} ${state}: expected ${expectation(schema, String(field), issue.message)}.`;
}

function expectation(schema: z.ZodType, field: string, fallback: string): string {
  const described = schema instanceof z.ZodObject ? descriptionOf(schema.shape[field]) : undefined;
  return described ?? fallback.replace(/^expected /, '');
}

function descriptionOf(field: unknown): string | undefined {
  if (!(field instanceof z.ZodType)) return undefined;
  if (field.description !== undefined) return field.description;
  return field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined;
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

const SHOWN_LENGTH_MAX = 80;

function shown(value: unknown): string {
  const text = writeJson(value) ?? 'nothing';
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}

/** Brackets in brackets in brackets can be read to any depth, and not written again. */
function writeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return 'nested too deeply';
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
