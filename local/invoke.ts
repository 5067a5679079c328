// `npm run invoke -- METHOD PATH [BODY] [--ops]`: option 2 of the break-glass runbook on one machine. It prints the event
// and hands it to the built function, which meets it as Lambda would; the tables are those of the running local mode.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isolateFromAws } from './isolate-from-aws.ts';
import { lambdaEnvironment } from './lambda-environment.ts';
import { callUsage, type LocalCall, parseCall } from './parse-call.ts';
import { signedHeaders } from './signed-headers.ts';

const BUILT = new URL('../dist/api/lambda.js', import.meta.url);

/** The event of the runbook: it has neither `version` nor `rawPath` nor a content type. */
function runbookEvent(call: LocalCall): object {
  return {
    requestContext: { http: { method: call.method, path: call.target } },
    body: call.body,
    headers: signedHeaders(call),
  };
}

async function main(): Promise<number> {
  const parsed = parseCall(process.argv.slice(2));
  if (!parsed.ok) return complain(`${parsed.problem}\n\n${callUsage('invoke')}`);
  if (!existsSync(fileURLToPath(BUILT))) return complain('there is no built function yet: run npm run build');
  isolateFromAws(process.env);
  Object.assign(process.env, lambdaEnvironment(process.env));
  const event = runbookEvent(parsed.call);
  process.stdout.write(`${JSON.stringify(event)}\n`);
  const { handler } = (await import(BUILT.href)) as {
    handler: (event: unknown) => Promise<{ statusCode: number }>;
  };
  try {
    const answer = await handler(event);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return answer.statusCode < 300 ? 0 : 1;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return complain(`the function failed: ${why}\nis \`npm start\` running?`);
  }
}

function complain(why: string): number {
  process.stderr.write(`${why}\n`);
  return 1;
}

process.exit(await main());
