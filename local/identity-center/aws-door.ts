// AWS's wire format, JSON 1.1, in front of the state machine: both services by the prefix of `X-Amz-Target`.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { Answer, Outcome, ServiceCall } from './model.ts';
import { type Service, TARGET_PREFIX } from './operation-names.ts';
import { readBody } from './read-body.ts';
import { toWireJson } from './wire-json.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const HTML_503 = '<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>';

/** Carries out a call, all its waiting included. */
export type PerformCall = (call: ServiceCall) => Promise<Answer>;

export async function serveAws(
  request: IncomingMessage,
  response: ServerResponse,
  perform: PerformCall,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  if (request.method !== 'POST' || !isAwsJson(request)) {
    response.writeHead(404, { 'content-type': 'text/xml' }).end('<UnknownOperationException/>\n');
    return;
  }
  const call = callOf(request, body);
  if (call instanceof AwsError) sendError(response, call);
  else sendAnswer(response, await perform(call));
}

/** Also what keeps web pages out: a browser asks first before it sends this type, and is not answered. */
function isAwsJson(request: IncomingMessage): boolean {
  return request.headers['content-type']?.toLowerCase().startsWith(CONTENT_TYPE) === true;
}

function callOf(request: IncomingMessage, body: string): ServiceCall | AwsError {
  const [prefix, operation] = String(request.headers['x-amz-target'] ?? '').split('.');
  const service = serviceWithPrefix(prefix);
  if (service === undefined || operation === undefined) return new AwsError('UnknownOperationException');
  try {
    // To AWS a null member is a member that is not there.
    const input: unknown = JSON.parse(body, (_, value) => value ?? undefined);
    return { service, operation, input };
  } catch {
    return new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

function serviceWithPrefix(prefix: string | undefined): Service | undefined {
  if (prefix === TARGET_PREFIX.sso) return 'sso';
  return prefix === TARGET_PREFIX.identitystore ? 'identitystore' : undefined;
}

function sendAnswer(response: ServerResponse, { outcome, requestId }: Answer): void {
  switch (outcome.kind) {
    case 'reply':
      sendJson(response, 200, toWireJson(outcome.output), requestId);
      break;
    case 'error':
      sendError(response, outcome, requestId);
      break;
    case 'html-503':
      response.writeHead(503, { 'content-type': 'text/html' }).end(HTML_503);
      break;
    case 'connection-reset':
    case 'not-arrived':
      response.socket?.resetAndDestroy();
      break;
  }
}

type SentError = Pick<Extract<Outcome, { kind: 'error' }>, 'name' | 'message' | 'members' | 'httpStatusCode'>;

/** Client faults are 400; both the SDK and the aws command read `__type` and `Message`. */
function sendError(response: ServerResponse, error: SentError, requestId?: string): void {
  const { name, message, members, httpStatusCode } = error;
  const body = JSON.stringify({ __type: name, Message: message, ...members });
  sendJson(response, httpStatusCode, body, requestId);
}

function sendJson(response: ServerResponse, status: number, body: string, requestId?: string): void {
  response.writeHead(status, {
    'content-type': CONTENT_TYPE,
    'content-length': Buffer.byteLength(body),
    ...(requestId !== undefined && { 'x-amzn-RequestId': requestId }),
  });
  response.end(body);
}
