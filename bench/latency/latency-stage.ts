// A deployment on loopback with many granted requests, ready to be revoked one after the other. Tables in DynamoDB Local,
// Identity Center's stand-in and our own processes are each a process of their own.

import { accountClaimKey } from '../../api/binding-key.ts';
import { isolateFromAws } from '../../local/isolate-from-aws.ts';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { startWebhook, type Webhook } from '../../local/webhook.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore, type TableNames } from '../../src/aws/dynamodb-store.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { NUDGES_KEY } from '../../src/nudge.ts';
import type { Store } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { toTimestamp } from '../../src/timestamp.ts';
import { eventually } from '../../test/e2e/eventually.ts';
import { createLocalCaller, type LocalCaller } from '../../test/e2e/local-caller.ts';
import { freePort } from '../../test/free-port.ts';
import { type Child, startChild } from './child.ts';
import { AccountIds, MANAGED_SET, type Wish } from './latency-organisation.ts';
import type { NotedCall } from './note-calls.ts';
import type { Arrival } from './stand-in.ts';

/** `one`: the API and the reconciler share a process. `two`: each has its own, and a nudge goes through the tables. */
export type Mode = 'one' | 'two';

export type Granted = Wish & { readonly requestId: string };

export type LatencyStage = {
  readonly urls: { readonly dynamoDb: string; readonly identityCenter: string };
  readonly caller: LocalCaller;
  /** Names of the tables, and of empty ones beside them for the baseline. */
  readonly tables: { readonly ours: TableNames; readonly bare: TableNames };
  /** Asks, approves, and waits until everything is granted. */
  grant(wishes: readonly Wish[]): Promise<readonly Granted[]>;
  /** As after the two minutes in which a nudge is kept: the one before is not heard again with the next. */
  forgetNudges(): Promise<void>;
  /** What our processes called since they were last asked. */
  calls(): Promise<readonly NotedCall[]>;
  /** What arrived at the stand-in since it was last asked. */
  arrivals(): Promise<readonly Arrival[]>;
  close(): Promise<void>;
};

const CHANNEL = 'latency';
const PRELOAD = 'bench/latency/note-calls.ts';
const ENTRIES = { one: ['bench/latency/one-process.ts'], two: ['api/main.ts', 'reconciler/main.ts'] };

/** Ready when it resolves; whoever opens it closes it. */
export async function openLatencyStage(options: {
  readonly mode: Mode;
  readonly dynamoDb: string;
  /** How long every operation of Identity Center takes. */
  readonly operationMs: number;
}): Promise<LatencyStage> {
  const { mode, dynamoDb, operationMs } = options;
  const standIn = startChild({
    entry: 'bench/latency/stand-in.ts',
    env: { OPERATION_MS: String(operationMs) },
  });
  const identityCenter = String(await standIn.said());
  const tables = { ours: namesUnder(`${mode}-ours`), bare: namesUnder(`${mode}-bare`) };
  const store = await openTables(dynamoDb, tables);
  const webhook = await startWebhook({ port: 0, clock: systemClock, onMessage: () => undefined });
  const apiPort = await freePort();
  const env = environment({ dynamoDb, identityCenter, webhook, tables: tables.ours });
  const parts: Child[] = [];
  for (const entry of ENTRIES[mode]) {
    const ports = { API_PORT: String(apiPort), ADMIN_PORT: String(await freePort()) };
    parts.push(startChild({ entry, preload: PRELOAD, env: { ...env, ...ports } }));
  }
  const caller = createLocalCaller({ api: `http://127.0.0.1:${apiPort}`, identityCenter });
  await untilAnswering(caller);
  return {
    urls: { dynamoDb, identityCenter },
    caller,
    tables,
    grant: (wishes) => grantAll(caller, store, wishes),
    forgetNudges: () => emptyNudges(store),
    calls: async () => (await Promise.all(parts.map((part) => part.ask()))).flat() as NotedCall[],
    arrivals: async () => (await standIn.ask()) as Arrival[],
    async close() {
      await Promise.all(parts.map((part) => part.end()));
      await standIn.end();
      await webhook.close();
    },
  };
}

function namesUnder(prefix: string): TableNames {
  const names = Object.entries(TableDefinitions).map(([table, { defaultName }]) => [
    table,
    `${prefix}-${defaultName}`,
  ]);
  return Object.fromEntries(names) as TableNames;
}

async function openTables(endpoint: string, tables: LatencyStage['tables']): Promise<Store> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = createDocumentClient({ region: 'us-east-1', endpoint, credentials });
  for (const tableNames of [tables.ours, tables.bare]) await createTables({ client, tableNames });
  const store = createDynamoDbStore({ client, tableNames: tables.ours });
  for (const accountId of AccountIds) await bind(store, accountId);
  return store;
}

async function emptyNudges(store: Store): Promise<void> {
  const version = Number((await store.get('control', NUDGES_KEY))?.version ?? 0);
  const row = { ...NUDGES_KEY, version: version + 1, recent: [] };
  const onlyIf =
    version === 0 ? { attribute: 'version', absent: true as const } : { attribute: 'version', is: version };
  await store.transact([{ kind: 'put', table: 'control', row, onlyIf: [onlyIf] }]);
}

async function bind(store: Store, accountId: string): Promise<void> {
  const wish = { channel_id: CHANNEL, account_id: accountId };
  const rules = {
    approver_mm_user_ids: new Set(['mm-ben']),
    approval_policy: 'one_of_n',
    allow_self_approval: false,
    max_request_hours: 4,
    permission_set_arns: [MANAGED_SET],
    updated_at: toTimestamp(Date.now()),
  };
  await store.transact([
    { kind: 'put', table: 'config', row: { ...wish, ...rules } },
    { kind: 'put', table: 'control', row: { ...accountClaimKey(accountId), ...wish } },
  ]);
}

/** Everything that has a default has it: what is measured is what a deployment would see. */
function environment(parts: {
  readonly dynamoDb: string;
  readonly identityCenter: string;
  readonly webhook: Webhook;
  readonly tables: TableNames;
}): Record<string, string> {
  const isolated: Record<string, string> = {};
  isolateFromAws(isolated);
  const tables = Object.entries(parts.tables).map(([table, name]) => [`TABLE_${table.toUpperCase()}`, name]);
  return {
    ...isolated,
    ...lambdaEnvironment({
      LOCAL_DYNAMODB_PORT: new URL(parts.dynamoDb).port,
      LOCAL_IDENTITY_CENTER_PORT: new URL(parts.identityCenter).port,
    }),
    ...Object.fromEntries(tables),
    MANAGED_PERMISSION_SET_ARNS: MANAGED_SET,
    PLUGIN_WEBHOOK_URL: parts.webhook.url,
  };
}

async function untilAnswering(caller: LocalCaller): Promise<void> {
  const look = () =>
    caller.call('GET', `/requests?channel_id=${CHANNEL}`).then(
      () => true,
      () => undefined,
    );
  await eventually('the API to answer', look, { withinMs: 60_000 });
}

async function grantAll(
  caller: LocalCaller,
  store: Store,
  wishes: readonly Wish[],
): Promise<readonly Granted[]> {
  const granted: Granted[] = [];
  for (const wish of wishes) {
    const { accountId: account_id, email: requester_email } = wish;
    const requestId = await caller.ask({
      ...{ account_id, requester_email, channel_id: CHANNEL, requester_mm_user_id: 'mm-someone' },
      permission_set_arn: MANAGED_SET,
      requested_duration_minutes: 240,
    });
    await caller.approve(requestId);
    granted.push({ ...wish, requestId });
  }
  const keys = granted.map(({ requestId }) => ({ request_id: requestId }));
  const look = async () => {
    const rows = await store.getMany('requests', keys);
    return rows.every(({ status }) => status === 'GRANTED') ? true : undefined;
  };
  await eventually(`${wishes.length} requests to be granted`, look, { withinMs: 300_000, everyMs: 1_000 });
  return granted;
}
