// The API's front door as callers come to it: signed calls to the whole application, each with a nonce of its own. There
// is no socket between, so that time stays virtual.

import { randomUUID } from 'node:crypto';
import serverless from 'serverless-http';
import { createApp } from '../../api/app.ts';
import { signRequest } from '../../src/signature.ts';
import type { KeySets } from '../../src/signing-keys.ts';
import type { Row } from '../../src/store.ts';
import type { World } from '../../test/world.ts';

const Secrets = { plugin: 'plugin-secret', ops: 'ops-secret' } as const;
export const SOAK_KEYS: KeySets = {
  plugin: { kind: 'named', keys: [{ id: 'plugin', secret: Secrets.plugin }] },
  ops: { kind: 'named', keys: [{ id: 'ops', secret: Secrets.ops }] },
};

export type Answered = { readonly status: number; readonly body: Row };
export type SignedDoor = (
  by: keyof typeof Secrets,
  method: 'GET' | 'POST',
  path: string,
  body?: Row,
) => Promise<Answered>;

export function openSignedDoor({ api, clock }: Pick<World, 'api' | 'clock'>): SignedDoor {
  const handler = serverless(createApp(api));
  return async (by, method, path, body) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const timestamp = String(Math.floor(clock.nowMs() / 1000));
    const nonce = randomUUID();
    const event = {
      version: '2.0',
      requestContext: { http: { method, path, sourceIp: '127.0.0.1' } },
      rawPath: path,
      rawQueryString: '',
      headers: {
        'x-jit-keyid': by,
        'x-jit-timestamp': timestamp,
        'x-jit-nonce': nonce,
        'x-jit-signature': signRequest({ timestamp, nonce, method, path, body: text, secret: Secrets[by] }),
      },
      body: text,
    };
    const answer = (await clock.run(handler(event, {}))) as {
      readonly statusCode: number;
      readonly body: string;
    };
    return { status: answer.statusCode, body: answer.body === '' ? {} : JSON.parse(answer.body) };
  };
}
