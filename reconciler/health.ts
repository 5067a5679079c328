// Health and metrics, on a port of their own that is not for the internet. Unsigned, so it says yes, no and numbers, and
// nothing about people.

import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';

export type HealthDeps = {
  /** False when only a restart would help. */
  readonly isHealthy: () => boolean;
  /** Whether this process can do its job, or take it over at any moment. */
  readonly isReady: () => boolean;
  readonly registry: { metrics(): Promise<string>; readonly contentType: string };
};

export type HealthServer = { readonly port: number; close(): Promise<void> };

// Nobody who asks this needs longer.
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Answers `GET /healthz`, `/readyz` and `/metrics`. */
export function answerHealth(deps: HealthDeps): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/healthz') return sayYesOrNo(response, deps.isHealthy());
    if (isRead && path === '/readyz') return sayYesOrNo(response, deps.isReady());
    if (isRead && path === '/metrics') return void sendMetrics(response, deps.registry);
    sendJson(response, 404, { message: 'There is nothing at this path.', code: 'not_found' });
  };
}

/** Listens; `port` 0 takes any. Rejects when it cannot. */
export async function listenForHealth(
  { host, port }: { readonly host: string; readonly port: number },
  deps: HealthDeps,
): Promise<HealthServer> {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(limits, answerHealth(deps));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => close(server),
  };
}

function sayYesOrNo(response: ServerResponse, yes: boolean): void {
  sendJson(response, yes ? 200 : 503, { status: yes ? 'ok' : 'unavailable' });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

async function sendMetrics(response: ServerResponse, registry: HealthDeps['registry']): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'Content-Type': registry.contentType });
    response.end(text);
  } catch {
    sayYesOrNo(response, false);
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // A scraper that keeps its connection open must not hold up the end of the process.
    server.closeAllConnections();
  });
}
