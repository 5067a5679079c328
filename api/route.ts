// A route as a value: what it is called with, what it answers, who may call it. The same value routes the call, checks
// it and describes it in the API's own description, so that none of the three can differ.

import type { z } from 'zod';
import type { HttpRoutes } from '../src/metrics.ts';
import type { KeySetName } from '../src/signing-keys.ts';
import type { Answer } from './answer.ts';
import { parseJsonObject, parseQuery, parseWith } from './parse-input.ts';
import { isProblem, type Problem } from './problem.ts';

export type Caller = { readonly keyId: string; readonly set: KeySetName };

/** A verified call, not yet checked. */
export type VerifiedCall = {
  readonly caller: Caller;
  /** The raw target, with its query. */
  readonly target: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type Call<Body, Query> = {
  readonly caller: Caller;
  /** The part of the path that names what the call is about; empty where the route has none. */
  readonly id: string;
  readonly body: Body;
  readonly query: Query;
};

type Description = {
  /** Which keys may call: ops keys may do all that plugin keys may. */
  readonly callers: KeySetName;
  /** Revokes have a rate limit of their own, which nothing else can use up. */
  readonly bucket: 'general' | 'revoke';
  readonly summary: string;
  readonly answers: {
    readonly status: 200 | 201 | 202;
    readonly schema: z.ZodType;
    readonly contentType?: 'application/json' | 'application/x-ndjson';
  };
};

type RouteName = Exclude<(typeof HttpRoutes)[number], { readonly method: 'OTHER' }>;

export type Route = Description & {
  readonly method: 'GET' | 'POST';
  readonly path: RouteName['route'];
  readonly name: RouteName;
  readonly body?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly handle: (call: VerifiedCall) => Promise<Answer | Problem>;
};

type Handler<Body, Query> = (call: Call<Body, Query>) => Promise<Answer | Problem>;

/** A route that changes something: it reads its body and never the query. */
export function postRoute<Body extends z.ZodObject>(
  path: Extract<RouteName, { method: 'POST' }>['route'],
  route: Description & { readonly body: Body; readonly handle: Handler<z.output<Body>, undefined> },
): Route {
  return {
    ...route,
    method: 'POST',
    path,
    name: { method: 'POST', route: path } as RouteName,
    handle: async ({ caller, params, body: bytes }) => {
      const object = parseJsonObject(bytes);
      if (isProblem(object)) return object;
      const body = parseWith(route.body, object.value);
      return isProblem(body)
        ? body
        : route.handle({ caller, id: idOf(params), body: body.value, query: undefined });
    },
  };
}

/** A route that only reads: it reads its query and never the body. */
export function getRoute<Query extends z.ZodObject>(
  path: Extract<RouteName, { method: 'GET' }>['route'],
  route: Description & { readonly query: Query; readonly handle: Handler<undefined, z.output<Query>> },
): Route {
  return {
    ...route,
    method: 'GET',
    path,
    name: { method: 'GET', route: path } as RouteName,
    handle: async ({ caller, params, target }) => {
      const pairs = parseQuery(target);
      if (isProblem(pairs)) return pairs;
      const query = parseWith(route.query, pairs.value);
      return isProblem(query)
        ? query
        : route.handle({ caller, id: idOf(params), body: undefined, query: query.value });
    },
  };
}

function idOf(params: Readonly<Record<string, string>>): string {
  return Object.values(params)[0] ?? '';
}
