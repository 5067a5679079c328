import { expect, test } from 'vitest';
import { createInProcessClients } from '../../local/identity-center/in-process-client.ts';
import { NotingRules } from '../../reconciler/observe-assignment.ts';
import { observeForever } from '../../reconciler/observe-forever.ts';
import { createObserveWriter } from '../../reconciler/observe-writer.ts';
import { createObserverMemory } from '../../reconciler/observer-memory.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { readChunkedList } from '../../src/chunked-list.ts';
import { UNMEASURED } from '../../src/clock-offset.ts';
import { DriftItem, WithheldItem } from '../../src/drift.ts';
import { LedgerRules } from '../../src/ledger-rules.ts';
import { createMetrics } from '../../src/metrics.ts';
import { NUDGES_KEY, nudgesWrite } from '../../src/nudge.ts';
import { PassRow } from '../../src/pass.ts';
import { CoverageHead, ReconcilerStatus } from '../../src/published-state.ts';
import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { createApiWorld } from '../api/api-world.ts';
import { permittedSend, permittedStore } from '../least-privilege/permitted.ts';
import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  type Person,
  READ_ONLY,
  SECOND,
  STAGING,
  type World,
  type WorldOptions,
} from '../world.ts';

const TABLES = Object.keys(TableDefinitions) as Table[];

/** Everything but what an observer may publish, as text. */
function untouchable(world: World): string {
  const rows = TABLES.map((table) => [
    table,
    world.store.dump(table).filter(({ name }) => !String(name).startsWith('observe#')),
  ]);
  return JSON.stringify(rows, (_key, value: unknown) => (value instanceof Set ? [...value] : value));
}

function startObserver(world: World, limits = { count: 5, share: 0.1 }) {
  const { ssoAdmin } = createInProcessClients({ model: world.model, clock: world.clock });
  const store = permittedStore('observer', world.store);
  const called: string[] = [];
  const metrics = createMetrics();
  const observer = observeForever({
    store,
    publisher: createObserveWriter(store),
    memory: createObserverMemory(store, world.clock),
    openIdentityCenter: () =>
      openIdentityCenter({
        send: permittedSend('observer', world.policy.scope, (command) => ssoAdmin.send(command)),
        instanceArn: 'arn:aws:sso:::instance/ssoins-1111222233334444',
        clock: world.clock,
        ratePerSecond: 15,
        outstandingMax: 10,
        sweepShare: 0.3,
        onCall: (operation) => called.push(operation),
      }),
    clock: world.clock,
    clockState: () => UNMEASURED,
    policy: world.policy,
    limits,
    tickIntervalMs: 5 * SECOND,
    sweepIntervalMs: MINUTE,
    metrics,
    log: world.api.log,
  });
  return { observer, called, metrics, stop: () => world.clock.run(observer.stop()) };
}

async function published(world: World, name: string): Promise<readonly unknown[]> {
  return (await readChunkedList(world.store, { name: `observe#${name}` }))?.items ?? [];
}

/** What `observe#drift` tells: `kind person`, sorted. */
async function drift(world: World): Promise<readonly string[]> {
  const items = (await published(world, 'drift')).map((item) => DriftItem.parse(item));
  return items.map((item) => `${item.kind} ${nameOf(item.principal_id)}`).sort();
}

function nameOf(principalId: string): string {
  if (principalId === '*') return 'everybody';
  const person = [ANA, BEN, CLEO, DORA].find(({ id }) => id === principalId);
  return person?.email.split('@')[0] ?? 'group';
}

/** An organisation that an enforcing controller left: expired, revoked, missing, orphaned and waiting. */
async function abandoned(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  world.start();
  await world.advance(3 * MINUTE);
  await world.granted(ANA, { minutes: 30 });
  const revoked = await world.granted(BEN, { minutes: 240 });
  await world.granted(DORA, { minutes: 240, account: STAGING, permissionSetArn: ADMIN });
  await world.stop();
  await world.revoke(revoked);
  world.unassign(DORA, STAGING, ADMIN);
  world.assign(CLEO, DEV, READ_ONLY);
  await world.approve(await world.ask(CLEO, { account: STAGING, minutes: 240 }));
  return world;
}

test('an observer tells of everything and changes nothing, for hours', async () => {
  const world = await abandoned();
  await world.advance(HOUR);
  const before = untouchable(world);
  const live = JSON.stringify(world.model.assignments(world.clock.nowMs()));
  const { observer, called, metrics, stop } = startObserver(world);

  await world.advance(2 * HOUR);

  expect(untouchable(world)).toBe(before);
  expect(JSON.stringify(world.model.assignments(world.clock.nowMs()))).toBe(live);
  expect(called.filter((operation) => /^(Create|Delete)/.test(operation))).toEqual([]);
  expect(await drift(world)).toEqual([
    'expired ana',
    'foreign group',
    'missing dora',
    'orphaned cleo',
    'revoked ben',
  ]);
  expect(observer.isLeading()).toBe(false);
  expect(observer.isHealthy()).toBe(true);
  expect(observer.hasSwept()).toBe(true);
  const text = await metrics.registry.metrics();
  expect(text).toContain('jit_drift_assignments{kind="orphaned"} 1');
  expect(text).toContain('jit_revocations_overdue 2');
  expect(text).toContain('jit_leader 0');
  await stop();
});

test('an observer publishes its status and its coverage', async () => {
  const world = await abandoned();
  const { stop } = startObserver(world);
  await world.advance(5 * MINUTE);
  const status = ReconcilerStatus.parse(world.control('observe#status'));
  expect(status).toMatchObject({ mode: 'observe', overdue: 1, stuck: 0 });
  expect(status.leader).toBeUndefined();
  const coverage = CoverageHead.parse(world.control('observe#coverage'));
  expect(coverage).toMatchObject({ unread: 0 });
  expect(coverage.pairs).toBeGreaterThan(0);
  await stop();
});

test('an observer says what the guard would let through and what it would withhold', async () => {
  const world = await abandoned();
  const lenient = startObserver(world);
  await world.advance(10 * MINUTE);
  expect(world.control('observe#withheld')).toMatchObject({ would_remove: 1, chunks: 0 });
  await lenient.stop();

  const strict = startObserver(world, { count: 0, share: 0 });
  await world.advance(10 * MINUTE);
  expect(world.control('observe#withheld')).toMatchObject({ would_remove: 0 });
  const [item] = (await published(world, 'withheld')).map((each) => WithheldItem.parse(each));
  expect(item).toMatchObject({ reason: 'brake', principal_id: CLEO.id });
  expect(ReconcilerStatus.parse(world.control('observe#status')).brake).toMatchObject({ tripped: true });
  expect(world.control('brake')?.tripped ?? false).toBe(false);
  await strict.stop();
});

test('under a scope that nobody swept, what the first sweep finds would wait for a release', async () => {
  const world = await createWorld();
  world.assign(CLEO, DEV, READ_ONLY);
  const { stop } = startObserver(world);
  await world.advance(20 * MINUTE);
  const items = (await published(world, 'withheld')).map((each) => WithheldItem.parse(each));
  expect(items.map(({ reason }) => reason)).toEqual(['first sweep']);
  await stop();
});

test('drift goes when the world changes, whoever changed it', async () => {
  const world = await abandoned();
  await world.advance(HOUR);
  const { stop } = startObserver(world);
  await world.advance(10 * MINUTE);
  world.unassign(ANA);
  world.unassign(CLEO, DEV, READ_ONLY);
  await world.advance(10 * MINUTE);
  expect(await drift(world)).toEqual(['foreign group', 'missing dora', 'revoked ben']);
  await stop();
});

test('beside an enforcing controller an observer ends in agreement with it', async () => {
  const world = await createWorld();
  const { called, stop } = startObserver(world);
  world.start();
  await world.advance(3 * MINUTE);
  const ended = await world.granted(ANA, { minutes: 30 });
  const revoked = await world.granted(BEN, { minutes: 120 });
  await world.advance(10 * MINUTE);
  await world.revoke(revoked);
  await world.advance(HOUR);
  expect([world.row(ended).status, world.row(revoked).status]).toEqual(['EXPIRED', 'REVOKED']);
  expect([world.isLive(ANA), world.isLive(BEN)]).toEqual([false, false]);
  expect(await drift(world)).toEqual(['foreign group']);
  expect(called.filter((operation) => /^(Create|Delete)/.test(operation))).toEqual([]);
  await stop();
  await world.stop();
});

function oldRow(world: World, person: Person, change: Row): Row {
  const at = (ms: number) => new Date(world.clock.nowMs() + ms).toISOString().replace('.000Z', 'Z');
  return {
    request_id: `old-${nameOf(person.id)}`,
    account_id: DEV,
    channel_id: 'demo',
    requester_mm_user_id: 'mm',
    requester_email: person.email,
    jira: '',
    reason: 'an incident',
    requested_duration_minutes: 60,
    identity_store_user_id: person.id,
    status: 'GRANTED',
    created_at: at(-2 * HOUR),
    grant_time: at(-2 * HOUR),
    end_time: at(12 * HOUR),
    ...change,
  };
}

test('over the tables of a previous system an observer tells what taking them over would do', async () => {
  const world = await createWorld();
  const past = new Date(world.clock.nowMs() - HOUR).toISOString().replace('.000Z', 'Z');
  world.store.load('requests', [
    oldRow(world, ANA, {}),
    oldRow(world, BEN, { end_time: past }),
    oldRow(world, CLEO, { status: 'ERROR' }),
    oldRow(world, DORA, { end_time: past }),
  ]);
  for (const person of [ANA, BEN, CLEO]) world.assign(person);
  const before = untouchable(world);
  const { called, stop } = startObserver(world);

  await world.advance(3 * HOUR);

  expect(untouchable(world)).toBe(before);
  expect(called.filter((operation) => /^(Create|Delete)/.test(operation))).toEqual([]);
  // Ana is adopted, Ben's time is over, an old error explains Cleo, and Dora has been gone for long.
  expect(await drift(world)).toEqual(['expired ben', 'foreign group', 'orphaned cleo']);
  const items = (await published(world, 'withheld')).map((each) => WithheldItem.parse(each));
  expect(items).toMatchObject([{ reason: 'previous system', explained_by: 'old-cleo' }]);
  await stop();
});

async function askForPass(
  world: World,
  passId: string,
  dryRun: boolean,
  scope: PassRow['scope'] = {},
): Promise<void> {
  const pass: PassRow = {
    name: `pass#${passId}`,
    pass_id: passId,
    state: 'REQUESTED',
    requested_at: '2026-01-15T12:00:00Z',
    actor_email: 'ben@example.com',
    reason: 'to see',
    scope,
    dry_run: dryRun,
    expires_at: 2_000_000_000,
  };
  world.store.load('control', [pass]);
  const read = await world.store.get('control', NUDGES_KEY);
  await world.store.transact([nudgesWrite(read, [{ pass_id: passId }], world.clock.nowMs())]);
}

test('an observer answers a dry run under its own name and refuses to force', async () => {
  const world = await abandoned();
  await world.advance(HOUR);
  const { stop } = startObserver(world);
  await world.advance(5 * MINUTE);
  await askForPass(world, 'dry', true);
  await askForPass(world, 'forced', false);
  const before = untouchable(world);
  await world.advance(MINUTE);

  expect(untouchable(world)).toBe(before);
  const dry = PassRow.parse(world.control('observe#pass#dry'));
  expect(dry.state).toBe('DONE');
  expect(dry.report?.changes.map(({ rule }) => rule)).toContain('rest-ended');
  expect(dry.report?.drift.map(({ kind }) => kind)).toContain('orphaned');
  const forced = PassRow.parse(world.control('observe#pass#forced'));
  expect(forced).toMatchObject({ state: 'FAILED', error: 'this controller only observes' });
  await stop();
});

test('a dry run about a person looks at all that they hold, whoever gave it', async () => {
  const world = await createWorld();
  const { called, stop } = startObserver(world);
  world.assign(DORA, STAGING);
  await world.advance(5 * MINUTE);
  await askForPass(world, 'dora', true, { principal_id: DORA.id });
  await world.advance(10 * SECOND);
  const { state, report } = PassRow.parse(world.control('observe#pass#dora'));
  expect(state).toBe('DONE');
  expect(report?.drift.map((item) => `${item.kind} ${nameOf(item.principal_id)}`)).toContain('orphaned dora');
  expect(called).toContain('ListAccountAssignmentsForPrincipal');
  await stop();
});

test('an observer finds a lost row of the ledger in the audit: the access is not taken for nobody’s', async () => {
  const world = await createWorld();
  world.start();
  await world.advance(3 * MINUTE);
  await world.granted(ANA, { minutes: 240 });
  await world.stop();
  const [lost] = world.ledger();
  const key = { assignment_id: String(lost?.assignment_id) };
  await world.store.transact([{ kind: 'delete', table: 'assignments', key }]);
  const { stop } = startObserver(world);
  await world.advance(10 * MINUTE);
  expect(await drift(world)).toEqual(['foreign group']);
  await stop();
});

test('to an observer, what was granted through a permission set that was deleted in AWS is missing', async () => {
  const world = await createWorld();
  world.start();
  await world.advance(3 * MINUTE);
  await world.granted(ANA, { minutes: 240, permissionSetArn: READ_ONLY });
  await world.stop();
  world.model.change({ kind: 'delete-permission-set', permissionSetArn: READ_ONLY }, world.clock.nowMs());
  const { stop } = startObserver(world);
  await world.advance(10 * MINUTE);
  expect(await drift(world)).toEqual(['missing ana', 'unread everybody']);
  await stop();
});

test('an observer asks AWS what became of a creation whose controller is gone, and shows that nobody goes on', async () => {
  const world = await createWorld({ settings: { operationMs: MINUTE } });
  const controller = world.start();
  await world.advance(3 * MINUTE);
  await world.approve(await world.ask(ANA));
  await world.advance(10 * SECOND);
  controller.kill();
  const { called, stop } = startObserver(world);
  await world.advance(10 * MINUTE);
  expect(called).toContain('DescribeAccountAssignmentCreationStatus');
  expect(world.isLive(ANA)).toBe(true);
  expect(await drift(world)).toEqual(['foreign group', 'stuck ana']);
  await stop();
});

test.each([
  ['observe', 'DONE'],
  ['enforce', 'REQUESTED'],
] as const)('an API that is to %s reads the pass as %s', async (mode, state) => {
  const api = createApiWorld({ settings: { mode } });
  const wish = {
    name: 'pass#p1',
    pass_id: 'p1',
    state: 'REQUESTED',
    requested_at: '2026-01-15T12:00:00Z',
    actor_email: 'ben@example.com',
    reason: 'to see',
    scope: {},
    dry_run: true,
    expires_at: 2_000_000_000,
  };
  api.store.load('control', [wish, { ...wish, name: 'observe#pass#p1', state: 'DONE' }]);
  const answer = await api.ops('GET', '/reconcile/p1');
  expect(answer.body).toMatchObject({ pass_id: 'p1', state });
});

test('NotingRules names rules of the state table, and none of them calls AWS', () => {
  const names = new Set(LedgerRules.map(({ name }) => name));
  expect([...NotingRules].filter((name) => !names.has(name))).toEqual([]);
  const noting = LedgerRules.filter(({ name }) => NotingRules.has(name));
  expect(noting.filter(({ next }) => /Create|Delete|outbox/.test(next))).toEqual([]);
});

test('createObserveWriter() lets through rows of its own and nothing else', async () => {
  const world = await createWorld();
  const writer = createObserveWriter(world.store);
  await writer.transact([{ kind: 'put', table: 'control', row: { name: 'observe#x' } }]);
  expect(world.control('observe#x')).toBeDefined();
  const before = untouchable(world);
  const own = { kind: 'put', table: 'control', row: { name: 'observe#y' } } as const;
  const foreign = [
    { kind: 'put', table: 'control', row: { name: 'nudges', version: 1 } },
    { kind: 'put', table: 'control', row: { name: 'xobserve#' } },
    { kind: 'put', table: 'requests', row: { request_id: 'observe#', name: 'observe#' } },
    { kind: 'delete', table: 'control', key: { name: 'observe#x' } },
    { kind: 'update', table: 'control', key: { name: 'observe#x' }, set: { a: 1 } },
  ] as const;
  for (const write of foreign) await expect(writer.transact([own, write])).rejects.toThrow(RangeError);
  expect(world.control('observe#y')).toBeUndefined();
  expect(untouchable(world)).toBe(before);
});

test('an observer whose tables fail is alive; one whose tables hang is not, and stops all the same', async () => {
  const world = await abandoned();
  const { observer, stop } = startObserver(world);
  await world.advance(MINUTE);
  world.store.hooks.onRead = () => {
    throw new Error('down');
  };
  await world.advance(10 * MINUTE);
  expect([observer.isAlive(), observer.isHealthy()]).toEqual([true, false]);
  world.store.hooks.onRead = () => new Promise(() => undefined);
  await world.advance(2 * MINUTE);
  expect(observer.isAlive()).toBe(false);
  const askedMs = world.clock.elapsedMs();
  expect(await stop()).toEqual({ leaseGivenUp: true });
  expect(world.clock.elapsedMs() - askedMs).toBeLessThanOrEqual(6 * SECOND);
});
