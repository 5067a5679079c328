// A wire between a process and a service that can be made bad: connections are cut before a call arrives, after it took
// effect, or in the middle of its answer, and answers are held. It also notes what was asked through it, and when.

import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to a call on its way. `lost`: it arrives and takes effect, and its answer does not come back. `swallowed`:
 * it does not arrive, its connection stays open, and nothing is ever answered. `stalled`: it takes effect, its answer stops
 * before its last byte, and the connection stays open.
 */
const Fates = ['whole', 'cut', 'lost', 'torn', 'held', 'swallowed', 'stalled'] as const;
export type Fate = (typeof Fates)[number];

export type PastCall = { readonly atMs: number; readonly target: string; readonly fate: Fate };

export type TcpProxy = {
  readonly port: number;
  /** For example `CreateAccountAssignment`, oldest first. */
  readonly calls: readonly PastCall[];
  /**
   * From now on every call meets one of these, drawn with equal chances; one alone is certain. With `only`, those calls
   * whose text it finds; all others are whole.
   */
  disturb(fates: readonly Fate[], only?: RegExp): void;
  close(): Promise<void>;
};

export type TcpProxyOptions = {
  /** Where the service answers. */
  readonly url: string;
  /** In [0, 1). */
  readonly random: () => number;
  /** How long a held answer is held, at most. */
  readonly holdMaxMs?: number;
};

type Wire = {
  readonly port: number;
  readonly draw: (call: string) => { readonly fate: Fate; readonly holdMs: number };
  readonly note: (chunk: Buffer, fate: Fate) => void;
  readonly sockets: Set<Socket>;
};

/** Listens on loopback when it resolves. Whole until it is disturbed. */
export async function startTcpProxy({ url, random, holdMaxMs = 0 }: TcpProxyOptions): Promise<TcpProxy> {
  const calls: PastCall[] = [];
  const sockets = new Set<Socket>();
  let fates: readonly Fate[] = ['whole'];
  let meant = /^/;
  const wire: Wire = {
    port: Number(new URL(url).port),
    sockets,
    draw: (call) => ({
      fate: (meant.test(call) ? fates[Math.floor(random() * fates.length)] : undefined) ?? 'whole',
      holdMs: random() * holdMaxMs,
    }),
    note: (chunk, fate) => {
      const target = /^x-amz-target: *\w+\.(\w+)/im.exec(chunk.toString('latin1'))?.[1];
      if (target !== undefined) calls.push({ atMs: performance.now(), target, fate });
    },
  };
  const server = createServer((client) => relay(client, wire));
  const port = await listen(server);
  return {
    port,
    calls,
    disturb: (next, only = /^/) => {
      fates = next;
      meant = only;
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

/** A connection carries one call after the other: what comes while none is under way begins the next. */
function relay(client: Socket, { port, draw, note, sockets }: Wire): void {
  const service = connect(port, '127.0.0.1');
  let underWay: ReturnType<Wire['draw']> | undefined;
  const cut = () => {
    for (const socket of [client, service]) socket.destroy();
  };
  for (const socket of [client, service]) {
    sockets.add(socket);
    // `close` follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      cut();
    });
  }
  client.on('data', (chunk) => {
    if (underWay === undefined) {
      underWay = draw(chunk.toString('latin1'));
      note(chunk, underWay.fate);
    }
    if (underWay.fate === 'cut') return cut();
    if (underWay.fate === 'swallowed') return;
    service.write(chunk);
  });
  service.on('data', (chunk) => {
    const { fate, holdMs } = underWay ?? { fate: 'whole', holdMs: 0 };
    underWay = undefined;
    if (fate === 'lost') return cut();
    if (fate === 'stalled') return void client.write(chunk.subarray(0, -1));
    if (fate === 'torn') return void client.end(chunk.subarray(0, chunk.length / 2));
    if (fate === 'held') return hold(client, service, chunk, holdMs);
    client.write(chunk);
  });
}

function hold(client: Socket, service: Socket, chunk: Buffer, holdMs: number): void {
  service.pause();
  const timer = setTimeout(() => {
    client.write(chunk);
    service.resume();
  }, holdMs);
  service.once('close', () => clearTimeout(timer));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}
