// One operator's call as a process: the answer goes to standard output, what went wrong to standard error.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Caller, callerOf } from './caller-of.ts';
import type { ApiCall } from './operator-commands.ts';
import { sendCall } from './send-call.ts';
import { textOf } from './text-of.ts';

/** The exit code: 0 answered, 1 refused or failed, 2 not understood. */
export async function runCall(
  call: ApiCall,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const parsed = callerOf(env, (path) => readFileSync(path, 'utf8'));
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.join('\n')}\n`);
    return 2;
  }
  try {
    const answer = await sendCall(parsed.caller, call);
    return isGood(answer) ? await printAnswer(answer) : await printRefusal(answer);
  } catch (error) {
    process.stderr.write(`${explain(error, parsed.caller)}\n`);
    return 1;
  }
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** Lines as they come, since there may be very many; anything else as indented JSON. */
async function printAnswer(answer: IncomingMessage): Promise<number> {
  // Whoever reads only the first lines (`head`) has what they want.
  process.stdout.on('error', () => process.exit(0));
  if (answer.headers['content-type']?.startsWith('application/x-ndjson') === true) {
    for await (const chunk of answer) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    return 0;
  }
  process.stdout.write(`${pretty(await textOf(answer))}\n`);
  return 0;
}

async function printRefusal(answer: IncomingMessage): Promise<number> {
  const { statusCode } = answer;
  const text = await textOf(answer);
  const problem = jsonOf(text);
  const message = isProblem(problem) ? `${problem.message} (${problem.code})` : text.slice(0, 500);
  process.stderr.write(`the API refused, ${statusCode}: ${message}\n`);
  return 1;
}

function pretty(text: string): string {
  const value = jsonOf(text);
  return value === undefined ? text : JSON.stringify(value, undefined, 2);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is { readonly message: string; readonly code: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'code' in value;
}

function explain(error: unknown, { apiUrl }: Caller): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return `nothing listens at JIT_API_URL, ${apiUrl.href}`;
  return `the call to ${apiUrl.href} failed: ${error instanceof Error ? error.message : String(error)}`;
}
