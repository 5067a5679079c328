// The stand-in as an HTTP server on loopback: AWS's wire format at `/`, the operators' door under `/admin/`. It adds
// no behaviour of AWS: that is all in the model.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../src/clock.ts';
import { type AdminDeps, serveAdmin } from './admin-door.ts';
import { type PerformCall, serveAws } from './aws-door.ts';
import { type CallHistory, createCallHistory } from './call-history.ts';
import {
  type Answer,
  createIdentityCenterModel,
  type IdentityCenterModel,
  type ServiceCall,
} from './model.ts';
import type { Organisation } from './organisation.ts';
import type { Settings } from './settings.ts';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts';

/** Calls that `GET /admin/calls` remembers. */
const HISTORY_CALLS = 500;
/** Longer than clients keep an idle connection, so that none is reset by chance: resets are injected. */
const KEEP_ALIVE_MS = 120_000;
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

export type IdentityCenterServerOptions = {
  /** A loopback address; anything else is refused. */
  host: string;
  /** 0 takes any free port. */
  port: number;
  clock: Pick<Clock, 'nowMs' | 'sleep'>;
  /** `[0, 1)`, like Math.random. */
  random: () => number;
  /** What it starts with, unless the snapshot file says otherwise. */
  organisation: Organisation;
  /** What differs from the defaults; wins over the settings in the snapshot file. */
  settings?: Partial<Settings>;
  /** Where the state is kept between runs; nothing is kept without it. */
  snapshotFile?: string;
};

export type IdentityCenterServer = {
  /** For example `http://127.0.0.1:8001`: the endpoint of both services. */
  url: string;
  model: IdentityCenterModel;
  /** Ends open connections and waiting answers at once. */
  close(): Promise<void>;
};

/** Listens when it resolves. Rejects for a host that is not loopback, a port in use or a malformed snapshot. */
export async function startIdentityCenterServer(
  options: IdentityCenterServerOptions,
): Promise<IdentityCenterServer> {
  const { host, port, clock, snapshotFile } = options;
  if (!LOOPBACK_HOSTS.includes(host)) {
    throw new Error(`Cannot listen on host "${host}": expected one of ${LOOPBACK_HOSTS.join(', ')}`);
  }
  const model = createModel(options);
  const history = createCallHistory(HISTORY_CALLS);
  const closing = new AbortController();
  const save = () => snapshotFile !== undefined && writeSnapshotFile(snapshotFile, model.snapshot());
  const perform = performer({ model, history, clock, save, closing: closing.signal });
  const admin: AdminDeps = { model, history, nowMs: () => clock.nowMs(), save };
  const server = createServer((request, response) => void serve(request, response, perform, admin));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, host, port);
  return { url: urlOf(server, host), model, close: () => close(server, closing) };
}

function createModel(options: IdentityCenterServerOptions): IdentityCenterModel {
  const { random, organisation, settings = {}, snapshotFile } = options;
  const snapshot = snapshotFile === undefined ? undefined : readSnapshotFile(snapshotFile);
  if (snapshot === undefined) return createIdentityCenterModel({ random, settings, organisation });
  return createIdentityCenterModel({ random, settings, snapshot });
}

type PerformerParts = {
  model: IdentityCenterModel;
  history: CallHistory;
  clock: Pick<Clock, 'nowMs' | 'sleep'>;
  save: () => void;
  closing: AbortSignal;
};

/** What changed is made durable before anything is answered. */
function performer({ model, history, clock, save, closing }: PerformerParts): PerformCall {
  const settleAnswer = async (call: ServiceCall, answer: Answer): Promise<Answer> => {
    history.add(call, answer, clock.nowMs());
    if (answer.changed) save();
    if (answer.delayMs > 0) await clock.sleep(answer.delayMs, closing);
    return answer;
  };
  return async (call) => {
    const answer = await settleAnswer(call, model.call(call, clock.nowMs()));
    if (answer.outcome.kind !== 'not-arrived' || closing.aborted) return answer;
    return settleAnswer(call, model.callLate(call, clock.nowMs()));
  };
}

/** Whatever is thrown here is a fault of the stand-in or of its disk: said to the caller, never swallowed. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  perform: PerformCall,
  admin: AdminDeps,
): Promise<void> {
  try {
    if (request.url?.startsWith('/admin/')) await serveAdmin(request, response, admin);
    else await serveAws(request, response, perform);
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    const message = `The stand-in itself failed: ${String(error)}`;
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ __type: 'InternalFailure', Message: message }));
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function close(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
