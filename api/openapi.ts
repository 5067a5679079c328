// The API's description of itself, made from the very routes and schemas that serve and check it.

import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { SignatureHeaders } from '../src/signature.ts';
import { ProblemAnswer } from './problem.ts';
import type { Route } from './route.ts';

/** The OpenAPI document of these routes. */
export function describeApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operation(route);
    paths[route.path] = path;
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Temporary access to AWS accounts',
      version: '1.0.0',
      description:
        'Every call is signed: X-JIT-Signature is the HMAC-SHA256, in hexadecimal, over timestamp, nonce, method, path without query, and the SHA-256 of the body in hexadecimal, one a line.',
    },
    components: { securitySchemes: { signature: SIGNATURE_SCHEME } },
    security: [{ signature: [] }],
    paths: paths as ZodOpenApiPathsObject,
  });
}

const SIGNATURE_SCHEME = {
  type: 'apiKey',
  in: 'header',
  name: SignatureHeaders.signature,
  description: `Together with ${SignatureHeaders.keyId}, ${SignatureHeaders.timestamp} and ${SignatureHeaders.nonce}.`,
} as const;

function operation(route: Route): ZodOpenApiOperationObject {
  const { status, schema, contentType = 'application/json' } = route.answers;
  const params = pathParameters(route.path);
  return {
    summary: route.summary,
    tags: [route.callers === 'ops' ? 'operators' : 'plugin'],
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(route.query === undefined ? {} : { query: route.query }),
    },
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      [`${status}`]: { description: 'done', content: { [contentType]: { schema } } },
      ...(route.path === '/reconcile'
        ? { '202': { description: 'asked for', content: { [contentType]: { schema } } } }
        : {}),
      default: { description: 'refused', content: { 'application/json': { schema: ProblemAnswer } } },
    },
  };
}

function pathParameters(path: string): z.ZodObject | undefined {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  if (names.length === 0) return undefined;
  return z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}
