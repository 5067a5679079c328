// The body of an answer as text, within a size: what answers at the given address need not be the API.

import type { IncomingMessage } from 'node:http';

const TEXT_MAX_BYTES = 64 * 1024 * 1024;

/** Rejects where the answer breaks off, or is larger than anything that the API answers at once. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.byteLength;
    if (bytes > TEXT_MAX_BYTES) throw new Error(`the answer has more than ${TEXT_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
