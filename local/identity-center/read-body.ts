// The body of a request, up to a limit.

import type { IncomingMessage } from 'node:http';

/** Far above anything the API takes: an inline policy is at most 32,768 bytes. */
const BODY_BYTES_MAX = 262_144;

/** Undefined if the body is larger than the limit. Reads on, so that the caller can still be answered. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : undefined;
}
