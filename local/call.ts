// `npm run call -- METHOD PATH [BODY] [--ops]`: one signed call to the API of local mode, for trying things out. It
// knows the public local keys only, and speaks to loopback only.

import { request } from 'node:http';
import { textOf } from '../cli/text-of.ts';
import { callUsage, type LocalCall, parseCall } from './parse-call.ts';
import { signedHeaders } from './signed-headers.ts';

const DEFAULT_PORT = '8080';
const TIMEOUT_MS = 35_000;

type Reply = { readonly status: number; readonly statusText: string; readonly body: string };

// Not fetch(): it would resolve dot segments and re-encode, and then what is sent is not what was signed.
function send(call: LocalCall, port: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = signedHeaders(call);
    if (call.body !== '') {
      headers['Content-Type'] = 'application/json';
      headers['Content-Length'] = Buffer.byteLength(call.body);
    }
    const outgoing = request({ host: '127.0.0.1', port, method: call.method, path: call.target, headers });
    outgoing.setTimeout(TIMEOUT_MS, () =>
      outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
    );
    outgoing.on('error', reject);
    outgoing.on('response', async (incoming) => {
      try {
        const body = await textOf(incoming);
        resolve({ status: incoming.statusCode ?? 0, statusText: incoming.statusMessage ?? '', body });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.end(call.body);
  });
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}

function explain(error: unknown, port: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return `nothing listens on 127.0.0.1:${port}: is \`npm start\` running?`;
  return `the call failed: ${error instanceof Error ? error.message : String(error)}`;
}

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseCall(args);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problem}\n\n${callUsage('call')}\n`);
    return 1;
  }
  const port = env.API_PORT || DEFAULT_PORT;
  if (!/^\d{1,5}$/.test(port)) {
    process.stderr.write(`API_PORT is "${port}": expected a port\n`);
    return 1;
  }
  try {
    const { status, statusText, body } = await send(parsed.call, port);
    process.stdout.write(`${status} ${statusText}\n${body === '' ? '' : `${pretty(body)}\n`}`);
    return status >= 200 && status < 300 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${explain(error, port)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2), process.env);
