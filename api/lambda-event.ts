// What an event of the `jit-api` function asks for. The shape of an event grants no authority: whatever comes in, only
// the signature counts. Pure.

import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

/** An API Gateway event of version 2.0 with nothing in it but what we have read. */
export type CleanEvent = {
  readonly version: '2.0';
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isBase64Encoded: false;
  readonly requestContext: {
    readonly http: { readonly method: string; readonly path: string; readonly sourceIp: string };
  };
};

export type LambdaRequest =
  | { readonly kind: 'call'; readonly event: CleanEvent }
  /** A step of a workflow of the previous system that still runs. */
  | { readonly kind: 'workflow'; readonly requestId: string | undefined }
  | { readonly kind: 'refused'; readonly problem: Problem };

const Http = z.object({
  method: z.string().regex(/^[A-Za-z]{1,16}$/),
  path: z.string().regex(/^\//),
  sourceIp: z.string().catch(''),
});

const ApiEvent = z.object({
  requestContext: z.object({ http: Http }),
  rawPath: z.string().optional(),
  rawQueryString: z.string().nullish(),
  headers: z.record(z.string(), z.unknown()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});
type ApiEvent = z.output<typeof ApiEvent>;

// Nobody has signed it: an id that cannot be the key of a row would make every read fail that it is part of.
const WorkflowEvent = z.object({
  action: z.unknown(),
  request_id: z.string().min(1).max(256).optional().catch(undefined),
});

/** Anything but a call or a workflow's step is refused, with what a call has to look like. */
export function readLambdaEvent(event: unknown): LambdaRequest {
  const workflow = WorkflowEvent.safeParse(event);
  if (workflow.success && workflow.data.action !== undefined)
    return { kind: 'workflow', requestId: workflow.data.request_id };
  const parsed = ApiEvent.safeParse(event);
  if (!parsed.success)
    return refused(
      'The event is not a call; expected requestContext.http with method and path, headers and body.',
    );
  const { rawPath, requestContext } = parsed.data;
  // One of the two is verified and the other might be routed: they must be one.
  if (rawPath !== undefined && rawPath !== requestContext.http.path)
    return refused('rawPath differs from requestContext.http.path; expected the same path in both.');
  return { kind: 'call', event: cleanEvent(parsed.data) };
}

// Built anew, so that no field that we did not read (`requestPath`, `multiValueHeaders`, …) can change what is served.
function cleanEvent({
  requestContext,
  headers,
  body,
  isBase64Encoded,
  rawQueryString,
}: ApiEvent): CleanEvent {
  const { method, path, sourceIp } = requestContext.http;
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: rawQueryString ?? '',
    headers: lowerCased(headers ?? {}),
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded: false,
    requestContext: { http: { method: method.toUpperCase(), path, sourceIp } },
  };
}

// Two spellings of one name become a list, which is no valid value of any header that counts. The length is that of the
// bytes we have.
function lowerCased(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const lowered: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    const key = name.toLowerCase();
    lowered[key] = key in lowered ? `${lowered[key]}, ${value}` : value;
  }
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = lowered;
  return rest;
}

function refused(message: string): LambdaRequest {
  return { kind: 'refused', problem: problem('malformed', message) };
}
