// A door in front of DynamoDB that refuses chosen calls the way AWS refuses a right that is missing. All else passes.

import { createServer } from 'node:http';
import { freePort } from '../free-port.ts';

export type RefusingDoor = {
  readonly url: string;
  /** From now on calls whose operation and body match are refused, or one in so many of them; without it none is. */
  refuse(calls?: RegExp, oneIn?: number): void;
  close(): Promise<void>;
};

const DENIED = JSON.stringify({
  __type: 'com.amazon.coral.service#AccessDeniedException',
  Message: 'User is not authorized to perform this action.',
});

export async function openRefusingDoor(upstream: string): Promise<RefusingDoor> {
  let refused: RegExp | undefined;
  let refusedOneIn = 1;
  let matched = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isMeant = refused?.test(`${request.headers['x-amz-target']} ${body}`) === true;
    if (isMeant) matched += 1;
    if (isMeant && matched % refusedOneIn === 0) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(DENIED);
      return;
    }
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(upstream, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { status } = answer;
    const type = answer.headers.get('content-type') ?? 'application/x-amz-json-1.0';
    response.writeHead(status, { 'content-type': type }).end(bytes);
  });
  // What breaks on the way breaks for the caller too, who tries again.
  server.on('clientError', (_error, socket) => socket.destroy());
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    refuse: (calls, oneIn = 1) => {
      refused = calls;
      refusedOneIn = oneIn;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
