// The operators' door: rehearse a bad day while everything runs. No part of AWS. It answers loopback names only and
// takes only JSON, so that no web page open in a browser on the same machine can use it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallHistory } from './call-history.ts';
import type { IdentityCenterModel } from './model.ts';
import { InvalidInputError, parseOrExplain } from './parse-or-explain.ts';
import { readBody } from './read-body.ts';
import { worldChangeSchema } from './world-change.ts';

export type AdminDeps = {
  model: IdentityCenterModel;
  history: CallHistory;
  nowMs: () => number;
  /** Makes a change durable; called before it is acknowledged. */
  save: () => void;
};

type Route = (deps: AdminDeps, body: unknown) => unknown;

/** What a body says is checked by the model, which names each bad field. */
const ROUTES: Record<string, Route> = {
  'GET /admin/settings': ({ model }) => model.settings(),
  'PUT /admin/settings': ({ model }, body) => model.changeSettings(body),
  'GET /admin/faults': ({ model }) => model.faults(),
  'POST /admin/faults': ({ model }, body) => model.addFault(body),
  'DELETE /admin/faults': ({ model }) => model.clearFaults(),
  'GET /admin/assignments': ({ model, nowMs }) => model.assignments(nowMs()),
  'POST /admin/assignments': (deps, body) => changeWorld(deps, { kind: 'assign', assignment: body }),
  'DELETE /admin/assignments': (deps, body) => changeWorld(deps, { kind: 'unassign', assignment: body }),
  'POST /admin/changes': changeWorld,
  'GET /admin/operations': ({ model, nowMs }) => model.operationsInFlight(nowMs()),
  'GET /admin/calls': ({ history }) => history.recent(),
};

const ROUTES_WITHOUT_BODY = new Set(['DELETE /admin/faults']);

function changeWorld({ model, nowMs }: AdminDeps, body: unknown): void {
  model.change(parseOrExplain(worldChangeSchema, body, 'change'), nowMs());
}

export async function serveAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  deps: AdminDeps,
): Promise<void> {
  const text = await readBody(request);
  const path = (request.url ?? '').split('?')[0];
  const name = `${request.method} ${path}`;
  const route = ROUTES[name];
  if (!isLoopbackName(request.headers.host)) return refuse(response, 403, 'expected a loopback Host header');
  if (route === undefined) return refuse(response, 404, `expected one of: ${Object.keys(ROUTES).join(', ')}`);
  if (text === undefined) return refuse(response, 413, 'the body is too large');
  const takesBody = request.method !== 'GET' && !ROUTES_WITHOUT_BODY.has(name);
  if (takesBody && !isJson(request)) return refuse(response, 415, 'expected content-type application/json');
  answer(
    response,
    deps,
    () => route(deps, takesBody ? parseJson(text) : undefined),
    request.method === 'GET',
  );
}

function answer(response: ServerResponse, deps: AdminDeps, act: () => unknown, isReading: boolean): void {
  try {
    const result = act();
    if (!isReading) deps.save();
    if (result === undefined) response.writeHead(204).end();
    else sendJson(response, 200, result);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    refuse(response, 400, error.message);
  }
}

/** Against DNS rebinding: a foreign page reaches loopback only under its own name. */
function isLoopbackName(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');
}

function isJson(request: IncomingMessage): boolean {
  return request.headers['content-type']?.toLowerCase().startsWith('application/json') === true;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInputError('body: expected JSON');
  }
}

function refuse(response: ServerResponse, status: number, error: string): void {
  sendJson(response, status, { error });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value, null, 2)}\n`;
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
