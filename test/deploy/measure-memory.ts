// Measures what the API and the reconciler take, as a deployment has them: the built code, a process each, over HTTP
// against the stand-ins; idle, and while three hundred people are given access and lose it again. For the requests and
// limits in deploy/kubernetes/. Linux only: `npm run build && npx tsx test/deploy/measure-memory.ts [NODE_OPTIONS]`.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pRetry from 'p-retry';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { startIdentityCenterServer } from '../../local/identity-center/http-server.ts';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { startWebhook } from '../../local/webhook.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { eventually } from '../e2e/eventually.ts';
import { createLocalCaller, type LocalCaller } from '../e2e/local-caller.ts';
import { endWithUs } from '../end-with-us.ts';
import { freePort } from '../free-port.ts';
import { BUSY_ACCOUNT_IDS, BUSY_CHANNEL, BUSY_ORGANISATION, BUSY_WISHES } from './busy-organisation.ts';
import { takenBy } from './resident-memory.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE_OPTIONS = process.argv[2] ?? '--max-old-space-size=160 --max-semi-space-size=8';
const IDLE_MS = 30_000;
const SAMPLE_INTERVAL_MS = 500;
const EAT_MEMORY = `const eaten = [];
process.on('SIGWINCH', function eat() {
  eaten.push(Array.from({ length: 20_000 }, (_, at) => ({ at })));
  setImmediate(eat);
});`;
const CALLERS = 32;
// More than the stand-in's directory answers, which keeps AWS's 20 calls a second: then a person is told, and asks again.
const ASK_AGAIN = { retries: 20, minTimeout: 500, maxTimeout: 2_000 };
const PROVED_WITHIN_MS = 300_000;

type Part = { readonly name: string; readonly pid: number; readonly process: ChildProcess };
type World = {
  readonly env: Readonly<Record<string, string>>;
  readonly caller: LocalCaller;
  close(): Promise<void>;
};

async function main(): Promise<void> {
  const world = await openWorld();
  const parts = [await startPart('api', world.env), await startPart('reconciler', world.env)];
  try {
    await measure('idle', parts, () => delay(IDLE_MS));
    const ids = await measure('asking', parts, () => askForAll(world.caller));
    await measure('ending', parts, () => endAll(world.caller, ids));
    await measure('idle again', parts, () => delay(IDLE_MS));
    await Promise.all(parts.map(endPart));
    for (const { name } of parts) await measureFullHeap(name, world.env);
  } finally {
    await Promise.all(parts.map(endPart));
    await world.close();
  }
}

/** What a process takes whose heap is full: with a lower limit the container would be killed without a word instead. */
async function measureFullHeap(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(EAT_MEMORY)}`];
  const part = await startPart(name, env, { nodeArgs, stderr: 'ignore' });
  const ended = once(part.process, 'exit');
  part.process.kill('SIGWINCH');
  let peakMiB = 0;
  const sampler = setInterval(() => {
    // It may have ended since the last look.
    const now = existsSync(`/proc/${part.pid}/status`) ? takenBy(part.pid).peakMiB : Number.NaN;
    if (now > peakMiB) peakMiB = now;
  }, 20);
  await ended;
  clearInterval(sampler);
  process.stdout.write(`${'full heap'.padEnd(10)} ${name.padEnd(10)} at most ${Math.round(peakMiB)} MiB\n`);
}

async function openWorld(): Promise<World> {
  const [dynamoDbPort, apiPort] = [await freePort(), await freePort()];
  const dynamoDb = await startDynamoDbLocal({ port: dynamoDbPort });
  const identityCenter = await startIdentityCenterServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: Math.random,
    organisation: BUSY_ORGANISATION,
    settings: { operationMs: 1_000 },
  });
  const webhook = await startWebhook({ port: 0, clock: systemClock, onMessage: () => undefined });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = createDocumentClient({ region: 'us-east-1', endpoint: dynamoDb.endpoint, credentials });
  await createTables({ client, tableNames: defaultTableNames() });
  client.destroy();
  const env = {
    ...lambdaEnvironment({
      LOCAL_DYNAMODB_PORT: `${dynamoDbPort}`,
      LOCAL_IDENTITY_CENTER_PORT: new URL(identityCenter.url).port,
    }),
    PLUGIN_WEBHOOK_URL: webhook.url,
    API_PORT: `${apiPort}`,
    LOG_LEVEL: 'info',
    NODE_OPTIONS,
  };
  return {
    env,
    caller: createLocalCaller({ api: `http://127.0.0.1:${apiPort}`, identityCenter: identityCenter.url }),
    async close() {
      await webhook.close();
      await identityCenter.close();
      await dynamoDb.stop();
    },
  };
}

function defaultTableNames() {
  const { requests, audit, config, nonces, assignments, outbox, control } = TableDefinitions;
  return {
    requests: requests.defaultName,
    audit: audit.defaultName,
    config: config.defaultName,
    nonces: nonces.defaultName,
    assignments: assignments.defaultName,
    outbox: outbox.defaultName,
    control: control.defaultName,
  };
}

/** Resolves when it is ready. What it logs is not looked at, and must not fill a pipe. */
async function startPart(
  name: string,
  env: Readonly<Record<string, string>>,
  { nodeArgs = [], stderr = 'inherit' }: { nodeArgs?: readonly string[]; stderr?: 'inherit' | 'ignore' } = {},
): Promise<Part> {
  const adminPort = await freePort();
  const child = endWithUs(
    spawn(process.execPath, [...nodeArgs, `dist/${name}/main.js`], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env, ADMIN_PORT: `${adminPort}` },
      stdio: ['ignore', 'ignore', stderr],
    }),
  );
  await eventually(
    `${name} to be ready`,
    async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
      const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
      return answer?.ok || undefined;
    },
    { withinMs: 60_000 },
  );
  return { name, pid: child.pid ?? 0, process: child };
}

async function endPart({ process: child }: Part): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Does it, and prints what each process took meanwhile. */
async function measure<T>(phase: string, parts: readonly Part[], act: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const before = parts.map(({ pid }) => takenBy(pid).processorMs);
  const most = parts.map(() => 0);
  const sampler = setInterval(() => {
    for (const [at, { pid }] of parts.entries()) most[at] = Math.max(most[at] ?? 0, takenBy(pid).residentMiB);
  }, SAMPLE_INTERVAL_MS);
  try {
    return await act();
  } finally {
    clearInterval(sampler);
    const tookMs = performance.now() - startedMs;
    for (const [at, { name, pid }] of parts.entries()) {
      const { peakMiB, processorMs } = takenBy(pid);
      const share = Math.round((1000 * (processorMs - (before[at] ?? 0))) / tookMs);
      process.stdout.write(
        `${phase.padEnd(10)} ${name.padEnd(10)} ${Math.round(tookMs / 1000)} s: resident at most ` +
          `${Math.round(most[at] ?? 0)} MiB, since the start ${Math.round(peakMiB)} MiB, processor ${share} m\n`,
      );
    }
  }
}

/** Asks, approves, and waits until all have it. */
async function askForAll(caller: LocalCaller): Promise<readonly string[]> {
  for (const account_id of BUSY_ACCOUNT_IDS) {
    await expectOk(caller.call('POST', '/config/bind', { channel_id: BUSY_CHANNEL, account_id }));
  }
  const approvers = { channel_id: BUSY_CHANNEL, approver_ids: ['mm-ben'] };
  await expectOk(caller.call('POST', '/config/approvers', approvers));
  const ids = await byCallers(BUSY_WISHES, async (wish) => {
    const id = await pRetry(() => caller.ask(wish), ASK_AGAIN);
    await pRetry(() => caller.approve(id), ASK_AGAIN);
    return id;
  });
  await untilLive(caller, ids.length);
  return ids;
}

async function endAll(caller: LocalCaller, ids: readonly string[]): Promise<void> {
  await byCallers(ids, (id) => pRetry(() => caller.revoke(id), ASK_AGAIN));
  await untilLive(caller, 0);
}

async function untilLive(caller: LocalCaller, count: number): Promise<void> {
  const look = async () => (await caller.assignments()).length === count || undefined;
  await eventually(`${count} assignments`, look, { withinMs: PROVED_WITHIN_MS, everyMs: 1_000 });
}

/** A few at a time, as people are. */
async function byCallers<A, B>(all: readonly A[], act: (one: A) => Promise<B>): Promise<readonly B[]> {
  const waiting = [...all];
  const done: B[] = [];
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) done.push(await act(one));
  };
  await Promise.all(Array.from({ length: CALLERS }, work));
  return done;
}

async function expectOk(answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`the API answered ${status}: ${JSON.stringify(body)}`);
}

await main();
