// A door on loopback in front of an AWS endpoint: notes what each request asks of IAM, and hands it on as it is. Who asks
// is told by the access key that signed the request, as IAM tells it.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsCall, CALLERS, type Caller } from './aws-call.ts';
import { callsOfRequest } from './calls-of-request.ts';
import { noteCall } from './noted-calls.ts';

export type RecordingDoor = { readonly url: string; close(): Promise<void> };

/** Told of every call; by default it is written down for the end of the run. */
type Note = (caller: Caller, call: AwsCall) => unknown;

/** Listens when it resolves. Whoever opens it closes it. */
export async function openRecordingDoor(endpoint: string, note: Note = noteCall): Promise<RecordingDoor> {
  const server = createServer(async (incoming, response) => {
    const body = await readAll(incoming);
    noteRequest(incoming, body, note);
    pass(endpoint, incoming, body, response);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function noteRequest(
  { url = '', headers }: IncomingMessage,
  body: Buffer,
  note: Note = noteCall,
): void {
  const target = headers['x-amz-target'];
  const asked = { path: url, target: typeof target === 'string' ? target : undefined, body: body.toString() };
  for (const call of callsOfRequest(asked)) note(callerOf(headers.authorization), call);
}

export async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Any other key is of a process with several parts. */
function callerOf(authorization = ''): Caller {
  const key = /Credential=(\w+)\//.exec(authorization)?.[1];
  return CALLERS.find((caller) => caller === key) ?? 'several';
}

/** A connection that breaks behind the door breaks in front of it too. */
function pass(endpoint: string, incoming: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const onwards = request(new URL(url ?? '/', endpoint), { method: method ?? 'POST', headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  onwards.on('error', () => response.destroy());
  response.on('close', () => onwards.destroy());
  onwards.end(body);
}
