// The parts of a deployment on loopback, each where it would be: the API and any number of reconcilers as processes, the
// tables in DynamoDB Local, and over HTTP the stand-ins for Identity Center and the plugin, which live in the test. Each
// part has an access key of its own, and reaches AWS through doors that note what it calls.

import { inject } from 'vitest';
import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import {
  type IdentityCenterServer,
  startIdentityCenterServer,
} from '../../local/identity-center/http-server.ts';
import { isolateFromAws } from '../../local/isolate-from-aws.ts';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { seedDemo } from '../../local/seed-demo.ts';
import { startWebhook, type Webhook, type WebhookBehaviour } from '../../local/webhook.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDynamoDbStore, type TableNames } from '../../src/aws/dynamodb-store.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { freePort } from '../free-port.ts';
import type { Caller } from '../least-privilege/aws-call.ts';
import { openRecordingDoor } from '../least-privilege/recording-door.ts';
import { createTestClient, tableSettings, uniqueTableNames } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { createLocalCaller, type LocalCaller } from './local-caller.ts';
import { FAST, type Settings } from './local-stage.ts';
import { type NodeProcess, type NodeProcessOptions, startNodeProcess } from './node-process.ts';
import type { Observed } from './settled.ts';

export type ServerProcess = NodeProcess & {
  /** Where it answers for its health and shows its metrics. */
  readonly adminUrl: string;
  /** The status of `/healthz` or `/readyz`, or 0 where nothing answers. */
  health(path: '/healthz' | '/readyz'): Promise<number>;
};
export type ReconcilerProcess = ServerProcess & { isLeading(): Promise<boolean> };

export type StartOptions = Partial<Omit<NodeProcessOptions, 'entry'>>;

export type WireStage = Observed & {
  readonly urls: { readonly api: string; readonly dynamoDb: string; readonly identityCenter: string };
  readonly api: ServerProcess;
  readonly tableNames: TableNames;
  /** What its processes are started with, but for their ports. */
  readonly env: Settings;
  /** Another API on the same tables, and who speaks to it. Resolves when it is ready. */
  startApi(options?: StartOptions): Promise<LocalCaller>;
  /** Resolves when it leads, or stands by. */
  startReconciler(options?: StartOptions): Promise<ReconcilerProcess>;
  /** Changes how the plugin answers from now on. */
  plugin(behaviour: WebhookBehaviour): Promise<void>;
  /** Ends all processes and stand-ins. */
  close(): Promise<void>;
};

/** Ready when it resolves; whoever opens it closes it. Without `dynamoDb` it has tables of its own on the test run's. */
export async function openWireStage(
  options: { readonly dynamoDb?: string; readonly api?: StartOptions } = {},
): Promise<WireStage> {
  const { dynamoDb = inject('dynamoDbEndpoint') } = options;
  const tableNames = uniqueTableNames();
  const client = createTestClient(dynamoDb);
  await createTables({ client, tableNames });
  const store = createDynamoDbStore({ client, tableNames });
  await seedDemo(store, Date.now());
  const told = new Map<string, string[]>();
  const webhook = await startPlugin(told);
  const identityCenter = await startIdentityCenter();
  const doors = {
    dynamoDb: await openRecordingDoor(dynamoDb),
    identityCenter: await openRecordingDoor(identityCenter.url),
  };
  const apiPort = await freePort();
  const urls = { api: `http://127.0.0.1:${apiPort}`, dynamoDb, identityCenter: identityCenter.url };
  const env = environment({
    urls: { dynamoDb: doors.dynamoDb.url, identityCenter: doors.identityCenter.url },
    tableNames,
    webhook,
  });
  const processes: NodeProcess[] = [];
  const close = async () => {
    await Promise.all(processes.map((each) => each.end('SIGKILL')));
    await webhook.close();
    await doors.dynamoDb.close();
    await doors.identityCenter.close();
    await identityCenter.close();
    client.destroy();
  };
  const start = async (entry: string, caller: Caller, { env: extra, ...rest }: StartOptions = {}) => {
    const adminPort = await freePort();
    const ports = { ADMIN_PORT: `${adminPort}`, API_PORT: `${apiPort}` };
    // What earlier code asks for is no use that the policies of today are for.
    const key = rest.cwd === undefined ? caller : 'several';
    const own = { ...env, ...ports, AWS_ACCESS_KEY_ID: key, ...extra };
    const started = startNodeProcess({ ...rest, entry, env: own });
    processes.push(started);
    return withHealth(started, `http://127.0.0.1:${adminPort}`);
  };
  try {
    const api = await start('api/main.ts', 'api', options.api);
    await untilReady(api);
    return {
      ...{ urls, store, told, api, env, tableNames, close },
      caller: createLocalCaller(urls),
      startApi: async (given) => {
        const port = await freePort();
        const own = { ...given, env: { ...given?.env, API_PORT: `${port}` } };
        const beside = await start('api/main.ts', 'api', own);
        await untilReady(beside);
        return createLocalCaller({ ...urls, api: `http://127.0.0.1:${port}` });
      },
      startReconciler: async (given) => {
        const caller = given?.env?.RECONCILE_MODE === 'observe' ? 'observer' : 'reconciler';
        const started = await start('reconciler/main.ts', caller, given);
        await untilReady(started);
        return started;
      },
      plugin: (behaviour) => behave(webhook, behaviour),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startPlugin(told: Map<string, string[]>): Promise<Webhook> {
  return startWebhook({
    port: 0,
    clock: systemClock,
    onMessage: (_text, { request_id, status }) => {
      told.set(request_id, [...(told.get(request_id) ?? []), status]);
    },
  });
}

function startIdentityCenter(): Promise<IdentityCenterServer> {
  return startIdentityCenterServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: Math.random,
    organisation: DEMO_ORGANISATION,
    settings: { operationMs: 300 },
  });
}

function environment({
  urls,
  tableNames,
  webhook,
}: {
  readonly urls: { readonly dynamoDb: string; readonly identityCenter: string };
  readonly tableNames: TableNames;
  readonly webhook: Webhook;
}): Settings {
  const isolated: Record<string, string> = {};
  isolateFromAws(isolated);
  return {
    ...isolated,
    ...lambdaEnvironment({
      LOCAL_DYNAMODB_PORT: new URL(urls.dynamoDb).port,
      LOCAL_IDENTITY_CENTER_PORT: new URL(urls.identityCenter).port,
    }),
    ...FAST,
    ...tableSettings(tableNames),
    PLUGIN_WEBHOOK_URL: webhook.url,
    REVOKE_WAIT_MS: '0',
    LOG_LEVEL: 'info',
  };
}

/** A process that answers for its health at `url`. */
export function withHealth(started: NodeProcess, url: string): ReconcilerProcess {
  const ask = (path: string) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) });
  return {
    ...started,
    adminUrl: url,
    health: (path) =>
      ask(path).then(
        ({ status }) => status,
        () => 0,
      ),
    isLeading: async () => /^jit_leader 1$/m.test(await (await ask('/metrics')).text()),
  };
}

/** Rejects when it ends instead. */
export async function untilReady(server: ServerProcess): Promise<void> {
  await eventually('a process to be ready', async () => {
    if (!server.isRunning()) throw new Error(`it ended by itself:\n${server.output()}`);
    return (await server.health('/readyz')) === 200 ? true : undefined;
  });
}

async function behave({ port }: Webhook, behaviour: WebhookBehaviour): Promise<void> {
  const body = JSON.stringify(behaviour);
  const answer = await fetch(`http://127.0.0.1:${port}/admin/behaviour`, { method: 'PUT', body });
  if (!answer.ok) throw new Error(`the plugin's stand-in answered ${answer.status}`);
}
