// Makes an application answer on an address of this machine, and ends it within a bounded time.

import { createServer, type RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../src/common-config.ts';

export type Listening = {
  readonly url: string;
  /** Takes no more calls, lets those that are being answered end, and after two seconds breaks them off. */
  close(): Promise<void>;
};

const CLOSE_GRACE_MS = 2_000;

/** Listens when it resolves; rejects when the port is in use. */
export async function listen(app: RequestListener, { host, port }: Address): Promise<Listening> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host}:${actual}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const done = new AbortController();
      const late = delay(CLOSE_GRACE_MS, undefined, { signal: done.signal, ref: false }).catch(() => {});
      await Promise.race([closed, late]);
      done.abort();
      server.closeAllConnections();
      await closed;
    },
  };
}
