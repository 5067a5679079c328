// Makes an application answer on an address, with limits on callers who take their time, and ends it.

import { createServer, type RequestListener } from 'node:http';
import type { Address } from '../src/common-config.ts';

export type Listening = {
  /** Takes no more calls, and resolves when those that are being answered have been. */
  close(): Promise<void>;
};

// A call has its own time limit for the body; these end what does not even get that far. Longer than any answer takes.
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Listens when it resolves; rejects when the port is in use. */
export async function listen(app: RequestListener, { host, port }: Address): Promise<Listening> {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(limits, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
