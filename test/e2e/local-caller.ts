// Speaks to a local stack as the plugin and the operators do, signed; and looks at AWS through the stand-in's own door.

import { randomUUID } from 'node:crypto';
import {
  DEMO_ACCOUNTS,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import type { Assignment } from '../../local/identity-center/organisation.ts';
import { LocalKeys } from '../../local/local-keys.ts';
import { SignatureHeaders, signRequest } from '../../src/signature.ts';
import { eventually, PATIENCE } from './eventually.ts';

export type Fields = Readonly<Record<string, unknown>>;
export type Answered = { readonly status: number; readonly body: Fields };

export type LocalCaller = ReturnType<typeof createLocalCaller>;

export function createLocalCaller(urls: { readonly api: string; readonly identityCenter: string }) {
  const call = (method: string, target: string, body?: Fields) =>
    signedCall(urls.api, LocalKeys.plugin, { method, target, body });
  const ops = (method: string, target: string, body?: Fields) =>
    signedCall(urls.api, LocalKeys.ops, { method, target, body });
  const request = async (id: string) => expectStatus(200, await call('GET', `/requests/${id}`));
  return {
    call,
    ops,
    request,
    /** Asks for an hour; the id of the request. Ana, JIT-Admin and dev unless said otherwise. */
    async ask(wish: Fields = {}): Promise<string> {
      const answer = await call('POST', '/requests', { ...ANA_ASKS, ...wish });
      return String(expectStatus(201, answer).request_id);
    },
    async approve(id: string, approver: 'ben' | 'cleo' = 'ben'): Promise<Fields> {
      const body = { approver_mm_user_id: `mm-${approver}`, approver_email: DEMO_USERS[approver].email };
      return expectStatus(200, await call('POST', `/requests/${id}/approve`, body));
    },
    async revoke(id: string): Promise<Fields> {
      return expectStatus(200, await call('POST', `/requests/${id}/revoke`, BEN_REVOKES));
    },
    /** The request once it has these fields. */
    until: (id: string, fields: Fields, options?: { readonly withinMs?: number }) =>
      eventually(
        `request ${id} to be ${JSON.stringify(fields)}`,
        async () => {
          const shown = await request(id);
          return Object.entries(fields).every(([name, value]) => shown[name] === value) ? shown : undefined;
        },
        options,
      ),
    /** What is truly assigned. */
    assignments: () => askStandIn<Assignment[]>(urls.identityCenter, 'GET', '/admin/assignments'),
    admin: (method: string, path: string, body?: Fields) =>
      askStandIn<unknown>(urls.identityCenter, method, path, body),
  };
}

const ANA_ASKS = {
  account_id: DEMO_ACCOUNTS.dev,
  channel_id: 'demo',
  requester_mm_user_id: 'mm-ana',
  requester_email: DEMO_USERS.ana.email,
  reason: 'restart the queue',
  requested_duration_minutes: 60,
  permission_set_arn: DEMO_PERMISSION_SETS.jitAdmin,
};
const BEN_REVOKES = { actor_mm_user_id: 'mm-ben', actor_email: DEMO_USERS.ben.email };

const ANSWERS_WITHIN_MS = 20_000 * PATIENCE;

async function signedCall(
  url: string,
  key: { readonly id: string; readonly secret: string },
  {
    method,
    target,
    body,
  }: { readonly method: string; readonly target: string; readonly body?: Fields | undefined },
): Promise<Answered> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomUUID();
  const path = target.split('?')[0] ?? '';
  const signature = signRequest({ secret: key.secret, timestamp, nonce, method, path, body: text });
  const answer = await fetch(`${url}${target}`, {
    method,
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    headers: {
      'Content-Type': 'application/json',
      [SignatureHeaders.keyId]: key.id,
      [SignatureHeaders.timestamp]: timestamp,
      [SignatureHeaders.nonce]: nonce,
      [SignatureHeaders.signature]: signature,
    },
    ...(text === '' ? {} : { body: text }),
  });
  return { status: answer.status, body: (await answer.json()) as Fields };
}

function expectStatus(status: number, answer: Answered): Fields {
  if (answer.status === status) return answer.body;
  throw new Error(`the API answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
}

async function askStandIn<T>(url: string, method: string, path: string, body?: Fields): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
