// A controller as it is deployed, the API and reconcilers as processes, watched by a real Prometheus and Alertmanager; and
// the ways in which somebody, or AWS, may break it.

import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { seedDemo } from '../../local/seed-demo.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { eventually } from '../e2e/eventually.ts';
import type { Settings } from '../e2e/local-stage.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from '../e2e/wire-stage.ts';
import { type Asked, approve, ask, type Wish } from '../e2e/wish.ts';
import { createTestClient, uniqueTableNames } from '../test-tables.ts';
import { FOREIGN_GROUPS } from './foreign-groups.ts';
import { openRefusingDoor, type RefusingDoor } from './refusing-door.ts';
import { openWatchPost, type WatchPost } from './watch-post.ts';

export type WatchedSystem = {
  readonly stage: WireStage;
  readonly post: WatchPost;
  readonly tables: RefusingDoor;
  /** What is scraped of it, each `host:port`. */
  targets(): readonly string[];
  /** What the reconcilers that run have logged. */
  logged(): string;
  /** Starts one more reconciler, and has it watched. */
  start(env?: Settings): Promise<ReconcilerProcess>;
  /** Ends all reconcilers but these. */
  endOthers(...kept: readonly ReconcilerProcess[]): Promise<void>;
  /** The settings of tables of their own, which exist. */
  otherTables(): Promise<Settings>;
  /** Asked for, approved and seen live. */
  granted(wish: Wish): Promise<Asked>;
  /** Revokes them, and waits until they are seen gone. */
  ended(...asked: readonly Asked[]): Promise<void>;
  /** How AWS answers from now on. */
  faults(...rules: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Everything withheld is released by its digest, as a person would after looking at it. */
  release(): Promise<void>;
  close(): Promise<void>;
};

const SETTLES_WITHIN_MS = 60_000;

/** Healthy when it resolves: one leads, has swept, and nothing drifts. */
export async function openWatchedSystem(): Promise<WatchedSystem> {
  const stage = await openWireStage();
  const { caller } = stage;
  const tables = await openRefusingDoor(String(stage.env.AWS_ENDPOINT_URL_DYNAMODB));
  const post = await openWatchPost();
  let running: ReconcilerProcess[] = [];
  const targets = () => [stage.api, ...running].map(({ adminUrl }) => adminUrl.replace('http://', ''));
  const watchAll = () => post.watch(targets());
  const system: WatchedSystem = {
    ...{ stage, post, tables, targets },
    logged: () => running.map((each) => each.output()).join(''),
    start: async (env = {}) => {
      const started = await stage.startReconciler({ env: { AWS_ENDPOINT_URL_DYNAMODB: tables.url, ...env } });
      running.push(started);
      await watchAll();
      return started;
    },
    endOthers: async (...kept) => {
      const others = running.filter((each) => !kept.includes(each));
      await Promise.all(others.map((each) => each.end('SIGTERM')));
      running = running.filter((each) => kept.includes(each));
      await watchAll();
    },
    otherTables,
    granted: async (wish) => {
      const asked = await ask(caller, wish);
      await approve(caller, asked);
      await caller.until(asked.id, { status: 'GRANTED' }, { withinMs: SETTLES_WITHIN_MS });
      return asked;
    },
    ended: async (...asked) => {
      for (const { id } of asked) await caller.revoke(id);
      const gone = { status: 'REVOKED', assignment_status: 'GONE' };
      for (const { id } of asked) await caller.until(id, gone, { withinMs: SETTLES_WITHIN_MS });
    },
    faults: async (...rules) => {
      await caller.admin('DELETE', '/admin/faults');
      for (const rule of rules) await caller.admin('POST', '/admin/faults', rule);
    },
    release: () => release(stage),
    close: async () => {
      await post.close();
      await stage.close();
      await tables.close();
    },
  };
  try {
    // The demonstration's own drift, which would be told, and rightly.
    for (const group of FOREIGN_GROUPS) await caller.admin('DELETE', '/admin/assignments', group);
    await system.start();
    return system;
  } catch (error) {
    await system.close();
    throw error;
  }
}

async function otherTables(): Promise<Settings> {
  const tableNames = uniqueTableNames();
  const client = createTestClient(inject('dynamoDbEndpoint'));
  await createTables({ client, tableNames });
  await seedDemo(createDynamoDbStore({ client, tableNames }), Date.now());
  client.destroy();
  const names = Object.entries(tableNames).map(([table, name]) => [`TABLE_${table.toUpperCase()}`, name]);
  return Object.fromEntries(names);
}

async function release({ caller }: WireStage): Promise<void> {
  const who = { actor_email: 'cleo@example.com', reason: 'looked at each' };
  const answers: unknown[] = [];
  await eventually(
    'what is withheld to be released and gone',
    async () => {
      const { status, body } = await caller.ops('GET', '/plan');
      if (status !== 200) return undefined;
      if (Array.isArray(body.withheld) && body.withheld.length === 0) return true;
      const released = { ...who, release_withheld: body.digest, wait_seconds: 10 };
      answers.push((await caller.ops('POST', '/reconcile', released)).body);
      await delay(500);
      return undefined;
    },
    { withinMs: SETTLES_WITHIN_MS },
  ).catch((error: unknown) => {
    throw new Error(`it is withheld still; the answers were ${JSON.stringify(answers)}`, { cause: error });
  });
}
