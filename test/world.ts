// A whole organisation under virtual time: the tables, Identity Center, the API's own handlers, any number of reconciler
// processes, and the chat that is told. Stories begin from agreement and disturb one thing.

import { randomUUID } from 'node:crypto';
import type { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import type { Answer } from '../api/answer.ts';
import type { ApiDeps } from '../api/api-deps.ts';
import { allRoutes } from '../api/app.ts';
import { isProblem, type Problem, ProblemStatuses } from '../api/problem.ts';
import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../local/identity-center/demo-organisation.ts';
import { createInProcessClients } from '../local/identity-center/in-process-client.ts';
import { createIdentityCenterModel, type IdentityCenterModel } from '../local/identity-center/model.ts';
import type { Organisation } from '../local/identity-center/organisation.ts';
import type { Settings } from '../local/identity-center/settings.ts';
import type { AssignmentChange } from '../local/identity-center/world.ts';
import { type Reconciler, type ReconcilerDeps, runForever } from '../reconciler/run-forever.ts';
import { watchClock } from '../reconciler/watch-clock.ts';
import { createDirectory } from '../src/aws/directory.ts';
import { openIdentityCenter } from '../src/aws/open-identity-center.ts';
import { createMetrics, type Metrics } from '../src/metrics.ts';
import type { NotificationBody } from '../src/notification.ts';
import type { Policy } from '../src/policy.ts';
import type { Row, Store } from '../src/store.ts';
import { datedBy, datedStore } from './dated.ts';
import { permittedDirectory, permittedSend, permittedStore } from './least-privilege/permitted.ts';
import { createModelStore, type ModelStore } from './model-store.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export const { jitAdmin: ADMIN, jitReadOnly: READ_ONLY, permanentAdmin: PERMANENT } = DEMO_PERMISSION_SETS;
export const { dev: DEV, staging: STAGING, prod: PROD } = DEMO_ACCOUNTS;
export const { ana: ANA, ben: BEN, cleo: CLEO, dora: DORA } = DEMO_USERS;
export type Person = (typeof DEMO_USERS)[keyof typeof DEMO_USERS];

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** The setting's own. */
const CLOCK_SKEW_MS = 30 * SECOND;

/** Mulberry32: the same seed gives the same world. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type WorldOptions = {
  readonly seed?: number;
  readonly policy?: Partial<Policy>;
  readonly limits?: { readonly count: number; readonly share: number };
  readonly clock?: VirtualClock;
  /** The tables, where they are to answer from an earlier state. */
  readonly store?: ModelStore;
  /** The demonstration's unless given; it must hold that one's people and accounts. */
  readonly organisation?: Organisation;
  /** How AWS behaves, where it differs from the world's own answers. */
  readonly settings?: Partial<Settings>;
  /** Told of every assignment that appears or disappears in AWS, whoever did it. */
  readonly onAssignmentChange?: (change: AssignmentChange) => void;
  /** What the API is fitted together from, where it is to be another process than the world itself. */
  readonly api?: (parts: ApiDeps) => Partial<ApiDeps>;
  /** Its own unless given: making them costs as much as minutes of a world's life. */
  readonly metrics?: Metrics;
  /** Told of every entry of the log; silent unless given. */
  readonly onLog?: (level: string, message: string, fields: unknown) => void;
};

export type Process = { readonly reconciler: Reconciler; kill(): void; stop(): Promise<void> };

export type World = Awaited<ReturnType<typeof createWorld>>;

type Ask = { readonly account?: string; readonly permissionSetArn?: string; readonly minutes?: number };

export async function createWorld(options: WorldOptions = {}) {
  const clock: VirtualClock = options.clock ?? createVirtualClock();
  const random = seededRandom(options.seed ?? 1);
  const store: ModelStore = options.store ?? createModelStore();
  const model: IdentityCenterModel = createIdentityCenterModel({
    random,
    organisation: options.organisation ?? DEMO_ORGANISATION,
    settings: { operationMs: 1_000, operationJitter: 0, ...options.settings },
    ...(options.onAssignmentChange === undefined ? {} : { onAssignmentChange: options.onAssignmentChange }),
  });
  const clients = createInProcessClients({ model, clock });
  const messages: NotificationBody[] = [];
  const chat: { answer: 'ok' | 'down' } = { answer: 'ok' };
  const metrics: Metrics = options.metrics ?? createMetrics();
  const policy = worldPolicy(options.policy);
  const log = worldLog(options.onLog);
  const processes: Process[] = [];
  let names = 0;
  /** `afterCall`: AWS has been called, and its answer is still on the way. */
  const hooks: { afterCall?: (operation: string) => void } = {};

  const parts: ApiDeps = {
    store,
    clock,
    keys: () => Promise.reject(new Error('the world calls the handlers, not the door')),
    directory: createDirectory({
      client: {
        send: permittedDirectory('api', (command) => clients.identityStore.send(command)),
      } as unknown as IdentitystoreClient,
      identityStoreId: DEMO_ORGANISATION.identityStoreId,
    }),
    nudge: (nudges) => {
      for (const { reconciler } of processes) reconciler.nudge(nudges);
    },
    newId: () => randomUUID(),
    log,
    metrics,
    settings: {
      mode: 'enforce',
      defaultPermissionSetArn: ADMIN,
      scope: policy.scope,
      maxRequestHours: 12,
      pendingTtlHours: 24,
      revokeWaitMs: 0,
      clockSkewMs: 0,
      identityCenterRate: 15,
      apiBasePath: '',
    },
  };
  const fitted: ApiDeps = { ...parts, ...options.api?.(parts) };
  const api: ApiDeps = { ...fitted, store: permittedStore('api', fitted.store) };
  const routes = allRoutes(api);

  /** Calls a handler of the API as a verified caller; time has to move for it to be answered. */
  const ask = async (
    method: string,
    path: string,
    body: unknown = {},
    id = '',
  ): Promise<{ status: number; body: Row }> => {
    const route = routes.find((each) => each.method === method && each.path === path);
    if (route === undefined) throw new Error(`no route ${method} ${path}`);
    const answer = await route.handle({
      caller: { keyId: 'world', set: 'ops' },
      target: path,
      params: id === '' ? {} : { id },
      body: Buffer.from(JSON.stringify(body)),
    });
    return answered(answer);
  };
  /** The same, letting time pass as far as is needed. */
  const call: typeof ask = (...args) => clock.run(ask(...args));

  const world = {
    hooks,
    clock,
    store,
    model,
    messages,
    chat,
    metrics,
    policy,
    api,
    call,
    clients,
    /** Begins a call of the API and lets no time pass. */
    begin: ask,
    processes,
    /** Starts a reconciler process of its own clock and life. Killed, it does nothing any more, in the middle of anything. */
    /** With `clockState` what is given is taken as it is; else its clock is watched, as that of a deployment is. */
    start(overrides: Partial<ReconcilerDeps> = {}): Process {
      names += 1;
      const life = { dead: false };
      const watch = watchClock(overrides.clock ?? clock, CLOCK_SKEW_MS);
      const ownStore = datedStore(
        overrides.store ?? mortalStore(store, life),
        datedBy(clock, watch.listenTo('DynamoDB')),
      );
      const fromAws = datedBy(clock, watch.listenTo('Identity Center'));
      const mortal = <T>(work: Promise<T>): Promise<T> =>
        life.dead ? new Promise<T>(() => undefined) : work;
      const send = async (command: { readonly input: unknown }): Promise<unknown> => {
        if (life.dead) return new Promise(() => undefined);
        const reply = clients.ssoAdmin.send(command);
        hooks.afterCall?.(command.constructor.name.replace(/Command$/, ''));
        return fromAws(reply).finally(() => mortal(Promise.resolve()));
      };
      const scope = (overrides.policy ?? policy).scope;
      const reconciler = runForever({
        clock: overrides.clock ?? clock,
        openIdentityCenter: () =>
          openIdentityCenter({
            send: permittedSend('reconciler', scope, send),
            instanceArn: DEMO_INSTANCE_ARN,
            clock,
            ratePerSecond: 15,
            outstandingMax: 10,
            sweepShare: 0.3,
            onCall: () => undefined,
          }),
        send: async (body) => {
          if (life.dead) return new Promise(() => undefined);
          if (chat.answer === 'down') return { kind: 'unreachable', why: 'down' };
          messages.push(body);
          return { kind: 'accepted' };
        },
        random,
        holder: `process-${names}`,
        policy,
        limits: options.limits ?? { count: 5, share: 0.1 },
        tickIntervalMs: 5_000,
        sweepIntervalMs: 60_000,
        leaseDurationMs: 15_000,
        metrics,
        log,
        ...overrides,
        ...(overrides.clockState === undefined
          ? { clock: watch.clock, clockState: watch.state, store: permittedStore('reconciler', ownStore) }
          : {
              clockState: overrides.clockState,
              store: permittedStore('reconciler', overrides.store ?? store),
            }),
      });
      const process: Process = {
        reconciler,
        kill() {
          life.dead = true;
          processes.splice(processes.indexOf(process), 1);
        },
        async stop() {
          await clock.run(reconciler.stop());
          processes.splice(processes.indexOf(process), 1);
        },
      };
      processes.push(process);
      return process;
    },
    async stop() {
      for (const process of [...processes]) await process.stop();
    },
    advance: (durationMs: number) => clock.advance(durationMs),

    async ask(
      person: Person,
      { account = DEV, permissionSetArn = ADMIN, minutes = 60 }: Ask = {},
    ): Promise<string> {
      const created = await call('POST', '/requests', {
        account_id: account,
        channel_id: 'demo',
        requester_mm_user_id: chatId(person),
        requester_email: person.email,
        reason: 'an incident',
        requested_duration_minutes: minutes,
        permission_set_arn: permissionSetArn,
      });
      if (created.status !== 201) throw new Error(`asking failed: ${JSON.stringify(created)}`);
      return String(created.body.request_id);
    },
    approve: (id: string, by: Person = BEN) =>
      call(
        'POST',
        '/requests/{id}/approve',
        { approver_mm_user_id: chatId(by), approver_email: by.email },
        id,
      ),
    revoke: (id: string, by: Person = CLEO) =>
      call('POST', '/requests/{id}/revoke', { actor_mm_user_id: chatId(by), actor_email: by.email }, id),
    /** Asked, approved and seen live. */
    async granted(person: Person, ask: Ask = {}): Promise<string> {
      const id = await world.ask(person, ask);
      await world.approve(id, person.id === BEN.id ? CLEO : BEN);
      for (let i = 0; i < 60 && world.row(id).status !== 'GRANTED'; i += 1) await clock.advance(SECOND);
      if (world.row(id).status !== 'GRANTED')
        throw new Error(`not granted: ${JSON.stringify(world.row(id))}`);
      return id;
    },
    row(id: string): Row {
      const row = store.dump('requests').find((each) => each.request_id === id);
      if (row === undefined) throw new Error(`no request ${id}`);
      return row;
    },
    ledger: (): readonly Row[] => store.dump('assignments'),
    /** The types of a subject's events, oldest first. */
    audit: (subject: string): readonly string[] =>
      store
        .dump('audit')
        .filter((event) => event.request_id === subject)
        .sort((a, b) => (String(a.event_time_event_id) < String(b.event_time_event_id) ? -1 : 1))
        .map((event) => String(event.event_type)),
    said: (id: string): readonly string[] =>
      messages.filter((message) => message.request_id === id).map((message) => message.status),
    isLive: (person: Person, account: string = DEV, permissionSetArn: string = ADMIN): boolean =>
      model.isAssigned(
        { accountId: account, permissionSetArn, principalType: 'USER', principalId: person.id },
        clock.nowMs(),
      ),
    /** Another hand in AWS. */
    assign: (person: Person, account: string = DEV, permissionSetArn: string = ADMIN) =>
      change(model, 'assign', person, { account, permissionSetArn }, clock.nowMs()),
    unassign: (person: Person, account: string = DEV, permissionSetArn: string = ADMIN) =>
      change(model, 'unassign', person, { account, permissionSetArn }, clock.nowMs()),
    /** A hand in the tables. */
    async edit(id: string, set: Row, remove: readonly string[] = []): Promise<void> {
      await store.transact([{ kind: 'update', table: 'requests', key: { request_id: id }, set, remove }]);
    },
    async drop(id: string): Promise<void> {
      await store.transact([{ kind: 'delete', table: 'requests', key: { request_id: id } }]);
    },
    control: (name: string): Row | undefined => store.dump('control').find((row) => row.name === name),
  };
  await bindDemo(world.call);
  return world;
}

/** A world with one process, which has swept once. */
export async function startedWorld(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  world.start();
  await world.advance(2 * MINUTE);
  return world;
}

async function bindDemo(
  call: (method: string, path: string, body: unknown) => Promise<{ status: number }>,
): Promise<void> {
  for (const account_id of [DEV, STAGING]) {
    await call('POST', '/config/bind', { channel_id: 'demo', account_id });
    await call('POST', '/config/settings', {
      channel_id: 'demo',
      account_id,
      permission_set_arns: [ADMIN, READ_ONLY],
    });
  }
  await call('POST', '/config/approvers', { channel_id: 'demo', approver_ids: ['mm-ben', 'mm-cleo'] });
}

function worldPolicy(overrides: Partial<Policy> = {}): Policy {
  return {
    scope: {
      permissionSetArns: [ADMIN, READ_ONLY],
      excludedAccountIds: [],
      protectedPrincipalIds: [],
    },
    graceMs: 60_000,
    skewMs: 0,
    watchMs: 90_000,
    pendingTtlMs: 24 * HOUR,
    defaultPermissionSetArn: ADMIN,
    ...overrides,
  };
}

function change(
  model: IdentityCenterModel,
  kind: 'assign' | 'unassign',
  person: Person,
  { account, permissionSetArn }: { readonly account: string; readonly permissionSetArn: string },
  nowMs: number,
): void {
  const assignment = {
    accountId: account,
    permissionSetArn,
    principalType: 'USER' as const,
    principalId: person.id,
  };
  model.change({ kind, assignment }, nowMs);
}

export function chatId(person: Person): string {
  return `mm-${person.email.split('@')[0]}`;
}

function answered(answer: Answer | Problem): { status: number; body: Row } {
  if (isProblem(answer))
    return { status: ProblemStatuses[answer.problem], body: { message: answer.message } };
  return 'body' in answer
    ? { status: answer.status, body: { ...answer.body } }
    : { status: answer.status, body: {} };
}

function mortalStore(store: Store, life: { readonly dead: boolean }): Store {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    if (life.dead) return new Promise<T>(() => undefined);
    const done = await work();
    return life.dead ? new Promise<T>(() => undefined) : done;
  };
  return {
    get: (...args) => guard(() => store.get(...args)),
    getMany: (...args) => guard(() => store.getMany(...args)),
    query: (...args) => guard(() => store.query(...args)),
    scan: (...args) => guard(() => store.scan(...args)),
    transact: (...args) => guard(() => store.transact(...args)),
  };
}

export function worldLog(onLog: WorldOptions['onLog']): ApiDeps['log'] {
  const log: ApiDeps['log'] = {
    info: (message, fields) => onLog?.('info', message, fields),
    warn: (message, fields) => onLog?.('warn', message, fields),
    error: (message, fields) => onLog?.('error', message, fields),
    child: (carried) =>
      worldLog((level, message, fields) => onLog?.(level, message, { ...carried, ...Object(fields) })),
  };
  return log;
}
