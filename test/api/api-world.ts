// A little organisation in front of the API: Ana asks, Ben approves, operators look. The tables are the model, time is
// virtual, and calls go through the whole application, signature included, without a socket.

import { randomUUID } from 'node:crypto';
import serverless from 'serverless-http';
import type { ApiDeps, ApiSettings } from '../../api/api-deps.ts';
import { createApp } from '../../api/app.ts';
import { type Directory, DirectoryError, type DirectoryUser } from '../../src/directory.ts';
import type { LogFields } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Nudge } from '../../src/nudge.ts';
import { signRequest } from '../../src/signature.ts';
import type { KeySets } from '../../src/signing-keys.ts';
import type { Row, Store } from '../../src/store.ts';
import { permittedStore } from '../least-privilege/permitted.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';

export const ADMIN_SET = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333';
export const READ_SET = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-bbbb111122223333';
export const FOREIGN_SET = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-cccc111122223333';
export const DEV = '111111111111';
export const STAGING = '222222222222';

type Someone = { readonly email: string; readonly mmUserId: string; readonly principalId: string };
const someone = (name: string, digit: string): Someone => ({
  email: `${name}@example.com`,
  mmUserId: `mm-${name}`,
  principalId: `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`,
});
export const ANA = someone('ana', '1');
export const BEN = someone('ben', '2');
export const CLEO = someone('cleo', '3');
export const PROTECTED = someone('root', '9');

export const PLUGIN = { keyId: 'plugin-1', secret: 'plugin-secret' };
export const OPS = { keyId: 'ops-1', secret: 'ops-secret' };
const KEYS: KeySets = {
  plugin: { kind: 'named', keys: [{ id: PLUGIN.keyId, secret: PLUGIN.secret }] },
  ops: { kind: 'named', keys: [{ id: OPS.keyId, secret: OPS.secret }] },
};

export const SETTINGS: ApiSettings = {
  mode: 'enforce',
  defaultPermissionSetArn: ADMIN_SET,
  scope: {
    permissionSetArns: [ADMIN_SET, READ_SET],
    excludedAccountIds: ['999999999999'],
    protectedPrincipalIds: [PROTECTED.principalId],
  },
  maxRequestHours: 12,
  pendingTtlHours: 24,
  revokeWaitMs: 0,
  clockSkewMs: 0,
  identityCenterRate: 15,
  apiBasePath: '',
};

// biome-ignore lint/suspicious/noExplicitAny: an answer may hold anything, and the tests say what.
export type Answered = { status: number; headers: Record<string, string>; text: string; body: any };
type CallOptions = {
  readonly key?: { readonly keyId: string; readonly secret: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly nonce?: string;
};

export type ApiWorld = {
  readonly store: ModelStore;
  readonly clock: VirtualClock;
  readonly deps: ApiDeps;
  readonly nudges: Omit<Nudge, 'at'>[];
  readonly logged: { level: string; message: string; fields: LogFields | undefined }[];
  readonly users: Map<string, DirectoryUser>;
  /** While true, the directory throws. */
  readonly faults: { directory: boolean; keys: boolean };
  call(method: string, target: string, body?: unknown, options?: CallOptions): Promise<Answered>;
  ops(method: string, target: string, body?: unknown): Promise<Answered>;
  row(requestId: string): Row;
  audit(subject: string): readonly Row[];
  /** Ana asks in channel demo for an hour of the default permission set. */
  anaAsks(change?: Record<string, unknown>): Promise<Answered>;
  anaHasAsked(change?: Record<string, unknown>): Promise<string>;
  benApproves(requestId: string, change?: Record<string, unknown>): Promise<Answered>;
  benHasApproved(requestId: string): Promise<void>;
  revoke(requestId: string, change?: Record<string, unknown>): Promise<Answered>;
  /** As the loop does it once the access was seen gone. */
  settle(requestId: string): Promise<void>;
};

export type WorldOptions = {
  readonly settings?: Partial<ApiSettings>;
  readonly keys?: KeySets;
  /** Wraps the store, to make it fail. */
  readonly store?: (store: ModelStore) => Store;
  readonly metrics?: ApiDeps['metrics'];
  /** Real time, for a store that answers over the network. */
  readonly clock?: VirtualClock;
};

export function binding(change: Record<string, unknown> = {}): Row {
  return {
    channel_id: 'demo',
    account_id: DEV,
    approver_mm_user_ids: new Set([BEN.mmUserId, CLEO.mmUserId]),
    approval_policy: 'one_of_n',
    allow_self_approval: false,
    max_request_hours: 4,
    session_duration_minutes: 60,
    updated_at: '2026-01-01T00:00:00Z',
    permission_set_arns: [ADMIN_SET, READ_SET],
    ...change,
  };
}

export function createApiWorld(options: WorldOptions = {}): ApiWorld {
  const store = createModelStore();
  store.load('config', [binding(), binding({ account_id: STAGING })]);
  store.load(
    'control',
    [DEV, STAGING].map((id) => ({ name: `account#${id}`, channel_id: 'demo', account_id: id })),
  );
  const clock = options.clock ?? createVirtualClock();
  const nudges: Omit<Nudge, 'at'>[] = [];
  const logged: ApiWorld['logged'] = [];
  const faults = { directory: false, keys: false };
  const users = new Map(
    [ANA, BEN, CLEO, PROTECTED].map(({ email, principalId }) => [
      email,
      { kind: 'found', principalId, emails: [email], status: 'ENABLED' } as DirectoryUser,
    ]),
  );
  const deps: ApiDeps = {
    store: permittedStore('api', options.store?.(store) ?? store),
    clock,
    keys: async () => {
      if (faults.keys) throw new Error('the key file is gone');
      return options.keys ?? KEYS;
    },
    directory: directoryOf(users, faults),
    nudge: (added) => nudges.push(...added),
    newId: () => randomUUID(),
    log: logTo(logged),
    metrics: options.metrics ?? createMetrics(),
    settings: { ...SETTINGS, ...options.settings },
  };
  const handler = serverless(createApp(deps));

  const call: ApiWorld['call'] = async (method, target, body, { key = PLUGIN, headers, nonce } = {}) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const [rawPath = '', rawQueryString = ''] = target.split('?');
    const timestamp = String(Math.floor(clock.nowMs() / 1000));
    const signed = { timestamp, nonce: nonce ?? randomUUID(), method, path: rawPath, body: text };
    const event = {
      version: '2.0',
      requestContext: { http: { method, path: rawPath, sourceIp: '127.0.0.1' } },
      rawPath: `${deps.settings.apiBasePath}${rawPath}`,
      rawQueryString,
      headers: {
        'x-jit-keyid': key.keyId,
        'x-jit-timestamp': timestamp,
        'x-jit-nonce': signed.nonce,
        'x-jit-signature': signRequest({ ...signed, secret: key.secret }),
        ...headers,
      },
      body: text,
    };
    const result = (await clock.run(handler(event, {}))) as {
      statusCode: number;
      headers: Record<string, string>;
      body: string;
    };
    const isJson = result.body !== '' && result.headers['content-type']?.startsWith('application/json');
    return {
      status: result.statusCode,
      headers: result.headers,
      text: result.body,
      body: isJson ? JSON.parse(result.body) : undefined,
    };
  };

  const world: ApiWorld = {
    store,
    clock,
    deps,
    nudges,
    logged,
    users,
    faults,
    call,
    ops: (method, target, body) => call(method, target, body, { key: OPS }),
    row: (requestId) => store.dump('requests').find((row) => row.request_id === requestId) ?? {},
    audit: (subject) => store.dump('audit').filter((row) => row.request_id === subject),
    anaAsks: (change) =>
      call('POST', '/requests', {
        account_id: DEV,
        channel_id: 'demo',
        requester_mm_user_id: ANA.mmUserId,
        requester_email: ANA.email,
        jira: 'OPS-1',
        reason: 'restart the queue',
        requested_duration_minutes: 60,
        ...change,
      }),
    async anaHasAsked(change) {
      const asked = await world.anaAsks(change);
      if (asked.status !== 201) throw new Error(`Ana could not ask: ${asked.text}`);
      return asked.body.request_id;
    },
    benApproves: (requestId, change) =>
      call('POST', `/requests/${requestId}/approve`, {
        approver_mm_user_id: BEN.mmUserId,
        approver_email: BEN.email,
        ...change,
      }),
    async benHasApproved(requestId) {
      const approved = await world.benApproves(requestId);
      if (approved.status !== 200) throw new Error(`Ben could not approve: ${approved.text}`);
    },
    revoke: (requestId, change) =>
      call('POST', `/requests/${requestId}/revoke`, {
        actor_mm_user_id: 'mm-admin',
        actor_email: 'admin@example.com',
        ...change,
      }),
    async settle(requestId) {
      await store.transact([
        {
          kind: 'update',
          table: 'requests',
          key: { request_id: requestId },
          set: { assignment_status: 'GONE', removed_at: '2026-01-15T12:00:05Z' },
          remove: ['due_at'],
        },
      ]);
    },
  };
  return world;
}

function directoryOf(users: Map<string, DirectoryUser>, faults: { directory: boolean }): Directory {
  const answer = async (found: DirectoryUser | undefined) => {
    if (faults.directory) throw new DirectoryError('ask', { cause: new Error('connect ECONNREFUSED') });
    return found ?? ({ kind: 'absent' } as const);
  };
  return {
    findUser: (email) => answer(users.get(email)),
    findPrincipal: (id) => answer([...users.values()].find((user) => user.principalId === id)),
  };
}

function logTo(logged: ApiWorld['logged']): ApiDeps['log'] {
  const at = (level: string) => (message: string, fields?: LogFields) => {
    logged.push({ level, message, fields });
  };
  const log: ApiDeps['log'] = { info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}
