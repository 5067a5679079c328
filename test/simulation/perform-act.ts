// Does one act to the simulated world. Calls of the API are begun and not waited for: time passes for all alike.

import type { Row, Table, Write } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { ADMIN, ANA, BEN, CLEO, chatId, DEV, DORA, MINUTE, PROD, READ_ONLY, STAGING } from '../world.ts';
import { type Act, type Deed, Weathers } from './act.ts';
import { Phases } from './effect.ts';
import { Fates } from './fate.ts';
import { isEndingStatus } from './ledger-row.ts';
import { tallyOf } from './misfortunes.ts';
import { blind, clockJump, denyRight, fill, lie, tool } from './perform-trouble.ts';
import { seenAssignment } from './seen-assignment.ts';
import type { Simulation } from './simulated-world.ts';

export const PEOPLE = [ANA, BEN, CLEO, DORA] as const;
export const ACCOUNTS = [DEV, STAGING, PROD] as const;
export const SETS = [ADMIN, READ_ONLY] as const;
const GROUP = '55555555-5555-4555-8555-555555555555';

/** What the simulation remembers of what was done to it. */
export type Memory = {
  /** In the order in which they were answered. */
  readonly requestIds: string[];
  /** Requests whose revocation was answered with 200. */
  readonly revoked: Set<string>;
  /** Requests of people of whom everything was revoked, and nothing was let go since: by request, the person. */
  readonly revokedAsWhole: Map<string, string>;
  /** Requests whose rows hands made unaccountable: what is audited of them is not the whole story. */
  readonly spoiled: Set<string>;
  /** Requests of the previous system, whose audit begins in the middle. */
  readonly takenOver: Set<string>;
  /** How often tables were put back or emptied: then the audit is not the whole story of any request from before. */
  timesLost: number;
  snapshot: ReadonlyMap<Table, readonly Row[]> | undefined;
  /** Requests in whose rows hands left no room: nothing can be added to them until somebody makes some. */
  readonly full: Set<string>;
  /** Hands spoiled the row of the nudges: a pass may never be heard of. */
  nudgesLost: boolean;
};

export function newMemory(): Memory {
  return {
    requestIds: [],
    revoked: new Set(),
    revokedAsWhole: new Map(),
    spoiled: new Set(),
    takenOver: new Set(),
    full: new Set(),
    timesLost: 0,
    snapshot: undefined,
    nudgesLost: false,
  };
}

const at = <T>(items: readonly T[], position: number): T => items[position % items.length] as T;

/** 0 is the newest. */
function chosen({ requestIds }: Memory, back: number): string | undefined {
  return requestIds.length === 0 ? undefined : requestIds[requestIds.length - 1 - (back % requestIds.length)];
}

export async function performAct(simulation: Simulation, memory: Memory, act: Act): Promise<void> {
  simulation.trace(`-- ${JSON.stringify(act)}`);
  const deed = DEEDS[act.kind] as (
    simulation: Simulation,
    memory: Memory,
    deed: Deed,
  ) => Promise<void> | void;
  await deed(simulation, memory, act);
}

type Deeds = {
  readonly [Kind in Deed['kind']]: (
    simulation: Simulation,
    memory: Memory,
    deed: Extract<Deed, { kind: Kind }>,
  ) => Promise<void> | void;
};

const DEEDS: Deeds = {
  ask: ({ ask }, memory, { who, account, set, minutes }) => {
    const person = at(PEOPLE, who);
    const wish = {
      account_id: at([DEV, STAGING], account),
      channel_id: 'demo',
      requester_mm_user_id: chatId(person),
      requester_email: person.email,
      reason: 'an incident',
      requested_duration_minutes: minutes,
      permission_set_arn: at(SETS, set),
    };
    unwaited(
      ask('POST', '/requests', wish).then(({ status, body }) => {
        if (status === 201) memory.requestIds.push(String(body.request_id));
      }),
    );
  },
  approve: (simulation, memory, { request, by }) => decide(simulation, memory, 'approve', request, by),
  deny: (simulation, memory, { request, by }) => decide(simulation, memory, 'deny', request, by),
  revoke: (simulation, memory, { request, by }) => revoke(simulation, memory, chosen(memory, request), by),
  'revoke-user': (simulation, memory, { who }) => revokeAsWhole(simulation, memory, at(PEOPLE, who)),
  freeze: ({ world, ask }, _memory, { who, minutes }) =>
    unwaited(
      ask('POST', '/users/revoke', {
        email: at(PEOPLE, who).email,
        ...BY_AN_OPERATOR,
        freeze: true,
        freeze_until: new Date(world.clock.nowMs() + minutes * MINUTE).toISOString(),
      }),
    ),
  unfreeze: ({ ask }, memory, { who }) => {
    for (const [id, principalId] of memory.revokedAsWhole)
      if (principalId === at(PEOPLE, who).id) memory.revokedAsWhole.delete(id);
    unwaited(ask('POST', '/users/unfreeze', { email: at(PEOPLE, who).email, ...BY_AN_OPERATOR }));
  },
  shorten: (simulation, memory, { request, minutes }) => {
    const end = new Date(simulation.world.clock.nowMs() + minutes * MINUTE).toISOString();
    typeRow(simulation, memory, chosen(memory, request), { end_time: `${end.slice(0, 19)}Z` }, []);
  },
  'take-away': ({ world }, memory, { request }) => {
    const assignment = seenAssignment(assignmentOf(world.store, chosen(memory, request)));
    if (assignment === undefined) return;
    const row = { ...assignment, principalType: 'USER' as const };
    world.model.change({ kind: 'unassign', assignment: row }, world.clock.nowMs());
  },
  forget: ({ world, tell }, memory, { request }) => {
    const assignment_id = assignmentOf(world.store, chosen(memory, request));
    if (world.store.peek('assignments', { assignment_id }) === undefined) return;
    handWrite(world.store, 'assignments', { assignment_id }, undefined);
    tell('tampered', 'ledger');
  },
  misfortune: ({ misfortunes }, _memory, misfortune) => misfortunes.add(misfortune),
  pause: ({ running }, _memory, { process, seconds, clockStops }) =>
    running[process % running.length]?.clock.standStill(seconds * 1000, clockStops),
  kill: ({ running }, _memory, { process }) => running[process % running.length]?.process.die(),
  stop: ({ end, start, running, world, flags }, _memory, { process }) => {
    const slot = process % running.length;
    const stopped = running[slot]?.name;
    unwaited(
      end(slot).then(async () => {
        await world.clock.sleep(1_000);
        if (flags.supervised && running[slot]?.name === stopped) start(slot);
      }),
    );
  },
  chat: ({ world }, _memory, { answer }) => {
    world.chat.answer = answer === 'ok' ? 'ok' : 'down';
  },
  'audit-down': ({ troubles: { denials } }, _memory, { down }) => {
    if (down) denials.deny('audit', 'write');
    else denials.allow('audit');
  },
  weather: ({ world, history }, _memory, { weather }) => {
    world.model.changeSettings({ ...CALM, ...history.surroundings.answers, ...Weathers[weather] });
  },
  type: (simulation, memory, { request, set, remove }) =>
    typeRow(simulation, memory, chosen(memory, request), set, remove),
  'drop-request': ({ world }, memory, { request }) => {
    const id = chosen(memory, request);
    if (id === undefined) return;
    memory.requestIds.splice(memory.requestIds.indexOf(id), 1);
    handWrite(world.store, 'requests', { request_id: id }, undefined);
  },
  'type-ledger': ({ world }, _memory, { row, set }) => {
    const found = ledgerRow(world.store.dump('assignments'), row);
    if (found === undefined) return;
    handWrite(
      world.store,
      'assignments',
      { assignment_id: String(found.assignment_id) },
      { ...found, ...set },
    );
  },
  'drop-ledger': ({ world, tell }, _memory, { row }) => {
    const found = ledgerRow(world.store.dump('assignments'), row);
    if (found === undefined) return;
    handWrite(world.store, 'assignments', { assignment_id: String(found.assignment_id) }, undefined);
    tell('tampered', 'ledger');
  },
  'type-control': ({ world, tell }, memory, { name, set }) => {
    if (name === 'nudges') memory.nudgesLost = true;
    if (name.startsWith('principal#')) memory.revokedAsWhole.clear();
    const known = world.store.peek('control', { name });
    handWrite(world.store, 'control', { name }, set === undefined ? undefined : { ...known, ...set, name });
    if (name === 'leader') tell('tampered', 'lease');
    if (name === 'brake') tell('tampered', 'brake');
  },
  assign: (simulation, _memory, deed) => otherHand(simulation, 'assign', deed),
  unassign: (simulation, _memory, deed) => otherHand(simulation, 'unassign', deed),
  'assign-group': ({ world }, _memory, { account, set }) => {
    const assignment = {
      accountId: at(ACCOUNTS, account),
      permissionSetArn: at(SETS, set),
      principalType: 'GROUP' as const,
      principalId: GROUP,
    };
    world.model.change({ kind: 'assign', assignment }, world.clock.nowMs());
  },
  person: ({ world }, _memory, { who, becomes }) => {
    const { id, email } = at(PEOPLE, who);
    const user = { id, email, userName: email, displayName: email };
    const nowMs = world.clock.nowMs();
    if (becomes === 'deleted') world.model.change({ kind: 'delete-user', userId: id }, nowMs);
    else world.model.change({ kind: 'put-user', user: { ...user, ...statusOf(becomes) } }, nowMs);
  },
  suspend: ({ world }, _memory, { account, suspended }) => {
    const id = at([DEV, STAGING], account);
    world.model.change({ kind: 'put-account', account: { id, name: id, suspended } }, world.clock.nowMs());
  },
  force: ({ ask }, _memory, { by }) =>
    unwaited(ask('POST', '/reconcile', { actor_email: at(PEOPLE, by).email, reason: 'now' })),
  release: (simulation, _memory, { by }) => unwaited(release(simulation, by)),
  scope: changeScope,
  snapshot: ({ world }, memory) => {
    memory.snapshot = new Map(TABLES.map((table) => [table, world.store.dump(table)]));
  },
  restore: async (simulation, memory, { minutesLater }) => {
    if (memory.snapshot === undefined) return;
    await withoutProcesses(simulation, async () => {
      await simulation.world.advance(minutesLater * MINUTE);
      for (const table of TABLES)
        replaceTable(simulation.world.store, table, memory.snapshot?.get(table) ?? []);
      forgetTables(simulation, memory);
    });
  },
  empty: async (simulation, memory, { table }) => {
    await withoutProcesses(simulation, async () => {
      const tables = table === 'all' ? TABLES : [table];
      for (const each of tables) if (each !== 'config') replaceTable(simulation.world.store, each, []);
      forgetTables(simulation, memory);
    });
  },
  lie,
  fill,
  'deny-right': denyRight,
  blind,
  'clock-jump': clockJump,
  tool,
  group: ({ world }, _memory, { account, set, present }) => {
    const assignment = {
      accountId: at(ACCOUNTS, account),
      permissionSetArn: at(SETS, set),
      principalType: 'GROUP' as const,
      principalId: GROUP,
    };
    world.model.change({ kind: present ? 'assign' : 'unassign', assignment }, world.clock.nowMs());
  },
};

const TABLES = Object.keys(TableDefinitions) as Table[];
const BY_AN_OPERATOR = { actor_email: CLEO.email, reason: 'stolen laptop' };
export const CALM = {
  asyncFailureShare: 0,
  operationMs: 1_000,
  operationJitter: 0.5,
  operationTailShare: 0,
  otherToolsRatePerSecond: 0,
  otherToolsOutstanding: 0,
  listLagMinMs: 0,
  listLagMaxMs: 0,
  describeNotFoundForMs: 0,
  shortPageShare: 0,
  emptyPageShare: 0,
} as const;

/** What becomes of it is seen in the tables; a process that dies never answers. */
function unwaited(work: Promise<unknown>): void {
  work.catch(() => undefined);
}

function decide(
  { world, ask }: Simulation,
  memory: Memory,
  what: 'approve' | 'deny',
  request: number,
  by: number,
): void {
  const id = chosen(memory, request);
  if (id === undefined) return;
  const row = world.store.peek('requests', { request_id: id });
  // Nobody approves their own request.
  const approver =
    [BEN, CLEO].find(({ email }, position) => position >= by % 2 && email !== row?.requester_email) ?? BEN;
  const body = { approver_mm_user_id: chatId(approver), approver_email: approver.email };
  unwaited(ask('POST', `/requests/{id}/${what}`, body, id));
}

/** S4: it is answered with 200 unless the API itself met a misfortune, and from then on it stands. */
function revoke(simulation: Simulation, memory: Memory, id: string | undefined, by: number): void {
  if (id === undefined) return;
  const { world, misfortunes, scene, ask, troubles } = simulation;
  const person = at(PEOPLE, by);
  const body = { actor_mm_user_id: chatId(person), actor_email: person.email };
  const before = {
    row: world.store.peek('requests', { request_id: id }),
    met: apiMisfortunes(misfortunes.tally) + troubles.denials.refusedBeyondAudit(),
    tables: memory.timesLost,
  };
  const answered = ask('POST', '/requests/{id}/revoke', body, id).then(({ status, body: said }) => {
    const after = world.store.peek('requests', { request_id: id });
    if (before.tables !== memory.timesLost) return;
    if (status === 200 && after !== undefined && !memory.spoiled.has(id)) memory.revoked.add(id);
    const met = apiMisfortunes(misfortunes.tally) + troubles.denials.refusedBeyondAudit();
    const undisturbed = before.met === met && before.row !== undefined && !memory.full.has(id);
    if (status !== 200 && undisturbed && after !== undefined)
      scene.report('S4', `a revocation of ${id} was answered ${status}: ${JSON.stringify(said)}`);
    if (status === 200 && after !== undefined && ![after.status, after.audited_status].some(isEndingStatus))
      scene.report('S4', `${id} was revoked with 200 and is ${String(after.status)}`);
  });
  unwaited(answered);
}

function assignmentOf(store: HandStore, requestId: string | undefined): string {
  const row = requestId === undefined ? undefined : store.peek('requests', { request_id: requestId });
  return String(row?.assignment_id);
}

/** S4: whatever of the person was open when it was asked for, and answered with 200, has to end. */
function revokeAsWhole(
  { world, ask }: Simulation,
  memory: Memory,
  { id: principalId, email }: (typeof PEOPLE)[number],
): void {
  const open = world.store
    .dump('requests')
    .filter((row) => row.identity_store_user_id === principalId && row.due_at !== undefined)
    .map((row) => String(row.request_id));
  const lost = memory.timesLost;
  unwaited(
    ask('POST', '/users/revoke', { email, ...BY_AN_OPERATOR }).then(({ status }) => {
      if (status >= 300 || lost !== memory.timesLost) return;
      for (const id of open) if (!memory.spoiled.has(id)) memory.revokedAsWhole.set(id, principalId);
    }),
  );
}

function apiMisfortunes(tally: readonly number[]): number {
  let met = 0;
  for (const phase of Phases)
    if (phase.startsWith('api')) for (const fate of Fates) met += tallyOf([...tally], phase, fate);
  return met;
}

function typeRow(
  { world }: Simulation,
  memory: Memory,
  id: string | undefined,
  set: Row,
  remove: readonly string[],
): void {
  const row = id === undefined ? undefined : world.store.peek('requests', { request_id: id });
  // What a hand makes of a settled row is history's own business.
  if (id === undefined || row?.due_at === undefined) return;
  if ('audited_status' in set) memory.spoiled.add(id);
  const next: Record<string, unknown> = { ...row, ...set };
  for (const name of remove) delete next[name];
  handWrite(world.store, 'requests', { request_id: id }, next);
}

type HandStore = Simulation['world']['store'];

/** A hand in the tables asks nobody. What DynamoDB itself refuses, such as a number for a key of an index, stays as it is. */
function handWrite(
  store: HandStore,
  table: Table,
  key: Readonly<Record<string, string>>,
  row: Row | undefined,
): void {
  const write: Write = row === undefined ? { kind: 'delete', table, key } : { kind: 'put', table, row };
  unwaited(store.transact([write]));
}

function replaceTable(store: HandStore, table: Table, rows: readonly Row[]): void {
  const { partition, sort } = TableDefinitions[table];
  for (const row of store.dump(table)) {
    const key = {
      [partition]: String(row[partition]),
      ...(sort === undefined ? {} : { [sort]: String(row[sort]) }),
    };
    handWrite(store, table, key, undefined);
  }
  store.load(table, rows);
}

function ledgerRow(rows: readonly Row[], position: number): Row | undefined {
  return rows.length === 0 ? undefined : rows[position % rows.length];
}

function otherHand(
  { world }: Simulation,
  kind: 'assign' | 'unassign',
  { who, account, set }: { readonly who: number; readonly account: number; readonly set: number },
): void {
  const assignment = {
    accountId: at(ACCOUNTS, account),
    permissionSetArn: at(SETS, set),
    principalType: 'USER' as const,
    principalId: at(PEOPLE, who).id,
  };
  world.model.change({ kind, assignment }, world.clock.nowMs());
}

function statusOf(becomes: 'disabled' | 'back') {
  return becomes === 'disabled' ? ({ status: 'DISABLED' } as const) : {};
}

/** A person reads what is withheld, and lets it go. */
async function release({ ask }: Simulation, by: number): Promise<void> {
  const plan = await ask('GET', '/plan');
  const { digest } = plan.body;
  if (typeof digest !== 'string') return;
  const wish = { actor_email: at(PEOPLE, by).email, reason: 'looked at', release_withheld: digest };
  await ask('POST', '/reconcile', wish);
}

/** Processes with the old scope and with the new one run side by side for a while. */
function changeScope(simulation: Simulation, _memory: Memory, { scope }: { readonly scope: number }): void {
  const whole = { permissionSetArns: [...SETS], excludedAccountIds: [], protectedPrincipalIds: [] };
  const scopes = [
    whole,
    { ...whole, permissionSetArns: [ADMIN] },
    { ...whole, excludedAccountIds: [STAGING] },
    { ...whole, protectedPrincipalIds: [ANA.id] },
    { ...whole, accountIds: [DEV, PROD] },
  ] as const;
  simulation.setPolicy({ ...simulation.policy(), scope: scopes[scope % scopes.length] ?? whole });
  unwaited(rollOut(simulation));
}

export async function rollOut({ running, end, start, world, policy, flags }: Simulation): Promise<void> {
  for (const [slot, { policy: before, name }] of [...running.entries()]) {
    if (before === policy()) continue;
    await end(slot);
    await world.clock.sleep(1_000);
    if (flags.supervised && running[slot]?.name === name) start(slot);
  }
}

async function withoutProcesses(simulation: Simulation, act: () => Promise<void>): Promise<void> {
  simulation.flags.supervised = false;
  for (const { process } of [...simulation.running]) process.die();
  simulation.flags.supervised = true;
  await act();
  for (const slot of simulation.running.keys()) simulation.start(slot);
}

/** What people and watchers knew of the tables before does not hold any longer. */
function forgetTables(simulation: Simulation, memory: Memory): void {
  memory.timesLost += 1;
  memory.nudgesLost = true;
  memory.revoked.clear();
  memory.revokedAsWhole.clear();
  const ids = simulation.world.store.dump('requests').map((row) => String(row.request_id));
  memory.requestIds.splice(0, Number.POSITIVE_INFINITY, ...ids);
  simulation.tell('tampered', 'tables');
  simulation.tell('tampered', 'lease');
}
