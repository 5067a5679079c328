// Somebody may write to the tables. What one table alone can do, and what it takes to be believed: docs/threat-model.md
// says so plainly, and these are its proofs.

import { expect, it } from 'vitest';
import { requestEvent, SYSTEM } from '../../src/audit-event.ts';
import {
  emptyLedger,
  isMalformedLedger,
  ledgerWrite,
  parseLedgerRow,
  withWaitingEntry,
} from '../../src/ledger.ts';
import { scopeFingerprint } from '../../src/managed-scope.ts';
import { nextNotification } from '../../src/notification.ts';
import type { Row } from '../../src/store.ts';
import { toDueAt, toTimestamp } from '../../src/timestamp.ts';
import { sizeBytes } from '../model-row.ts';
import { type TypedValue, typedValue } from '../typed-value.ts';
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
  PERMANENT,
  type Person,
  PROD,
  READ_ONLY,
  SECOND,
  startedWorld,
  type World,
} from '../world.ts';

const assignmentOf = (person: Person, permissionSetArn: string = ADMIN) => ({
  accountId: DEV,
  permissionSetArn,
  principalId: person.id,
});
const idOf = (person: Person, permissionSetArn: string = ADMIN) => `${DEV}#${permissionSetArn}#${person.id}`;

/**
 * A row that nobody approved, with everything in it that an approval or a grant would have written. Cleo asked; a hand
 * has made it the person's.
 */
async function forge(
  world: World,
  person: Person,
  { status, set = ADMIN }: { readonly status: 'APPROVED' | 'GRANTED'; readonly set?: string },
): Promise<string> {
  const nowMs = world.clock.nowMs();
  const id = await world.ask(CLEO, { minutes: 240 });
  await world.edit(id, {
    status,
    audited_status: status,
    approved_at: toTimestamp(nowMs),
    approver_email: BEN.email,
    identity_store_user_id: person.id,
    end_time: toTimestamp(nowMs + 4 * HOUR),
    permission_set_arn: set,
    assignment_id: idOf(person, set),
    due_at: toDueAt(nowMs),
    ...(status === 'GRANTED' ? { grant_time: toTimestamp(nowMs), assignment_status: 'LIVE' } : {}),
  });
  return id;
}

async function typeEntry(
  world: World,
  requestId: string,
  person: Person,
  set: string = ADMIN,
): Promise<void> {
  const nowMs = world.clock.nowMs();
  const read = emptyLedger(assignmentOf(person, set), nowMs);
  const next = withWaitingEntry(read, { requestId, untilMs: nowMs + 4 * HOUR, nowMs });
  expect(await world.store.transact([ledgerWrite(read, next)])).toEqual({ outcome: 'written' });
}

it('a row that says APPROVED in all its attributes gives no access without its entry and its event', async () => {
  const world = await startedWorld();
  const id = await forge(world, ANA, { status: 'APPROVED' });
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.ledger().flatMap((row) => Object.keys(Object(row.entries)))).not.toContain(id);
  await world.advance(5 * HOUR);
  expect(world.row(id).status).toBe('EXPIRED');
  await world.stop();
});

it('a row that says GRANTED in all its attributes explains no live access', async () => {
  const world = await startedWorld();
  await forge(world, DORA, { status: 'GRANTED' });
  world.assign(DORA);
  await world.advance(6 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  expect(world.audit(`assignment#${idOf(DORA)}`)).toEqual(['ORPHAN_FOUND', 'ORPHAN_REMOVED']);
  await world.stop();
});

it('an entry typed into the ledger gives no access to a request that nobody approved', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await typeEntry(world, id, ANA);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id).status).toBe('PENDING');
  await world.stop();
});

it('a later end typed into the ledger alone lengthens nothing', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  const [row = {}] = world.ledger();
  const ledger = parseLedgerRow(row);
  if (isMalformedLedger(ledger)) throw new Error(ledger.malformed);
  const entry = ledger.entries[id] ?? { phase: 'GRANTED', until: 0 };
  const entries = { ...ledger.entries, [id]: { ...entry, until: entry.until + 10 * HOUR } };
  await world.store.transact([ledgerWrite(ledger, { ...ledger, entries })]);
  await world.advance(32 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id).status).toBe('EXPIRED');
  await world.stop();
});

const driftKinds = async (world: World) =>
  ((await world.call('GET', '/drift')).body.items as readonly { kind: string }[]).map(({ kind }) => kind);

/** The row of the only assignment, with something in it that no version of this system wrote. */
function spoil(world: World, change: (row: Row) => Row): void {
  const [row = {}] = world.ledger();
  const spoilt = change(row);
  if (!isMalformedLedger(parseLedgerRow(spoilt))) throw new Error('the row can still be understood');
  world.store.load('assignments', [spoilt]);
}

const without = (row: Row, attribute: string): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== attribute));

const SPOILT: readonly (readonly [string, (row: Row) => Row])[] = [
  ['has a stage that is none', (row) => ({ ...row, stage: 'nonsense' })],
  ['has no stage', (row) => without(row, 'stage')],
  ['has a version that is none', (row) => ({ ...row, version: 'seven' })],
  ['has a version of 20 digits', (row) => ({ ...row, version: typedValue({ N: '12345678901234567890' }) })],
  [
    'has a version that a double rounds',
    (row) => ({ ...row, version: typedValue({ N: '3.0000000000000000001' }) }),
  ],
  ['has a version with no successor', (row) => ({ ...row, version: typedValue({ N: '9007199254740991' }) })],
  ['has a list for a version', (row) => ({ ...row, version: typedValue({ L: [{ N: '1.5e40' }] }) })],
  ['has a map for a version', (row) => ({ ...row, version: typedValue({ M: { a: { N: '7' } } }) })],
  ['has attempts with no successor', (row) => ({ ...row, attempts: typedValue({ N: '9007199254740991' }) })],
  ['has no version', (row) => without(row, 'version')],
  ['has no entries', (row) => without(row, 'entries')],
  ['has entries that are none', (row) => ({ ...row, entries: 'all of them' })],
  [
    'has an entry without an end',
    (row) => ({
      ...row,
      entries: Object.fromEntries(Object.keys(Object(row.entries)).map((id) => [id, { phase: 'GRANTED' }])),
    }),
  ],
  ['has a sighting that is none', (row) => ({ ...row, sighting: true })],
  ['is due at no time', (row) => ({ ...row, due_at: 'soon' })],
];

it.each(SPOILT)(
  'access whose ledger row %s stays while it is wanted, and ends when it should',
  async (_, change) => {
    const logged: string[] = [];
    const world = await startedWorld({ onLog: (_level, message) => logged.push(message) });
    const id = await world.granted(ANA, { minutes: 30 });
    spoil(world, change);
    await world.advance(10 * MINUTE);
    expect(world.isLive(ANA)).toBe(true);
    expect(world.row(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
    expect(world.audit(`assignment#${idOf(ANA)}`)).toEqual(['HAND_EDIT']);
    expect(logged).toContain('a row of the ledger could not be understood, and was mended');
    expect(await driftKinds(world)).toEqual(['foreign']);
    await world.advance(21 * MINUTE);
    expect(world.isLive(ANA)).toBe(false);
    expect(world.row(id)).toMatchObject({ status: 'EXPIRED', assignment_status: 'GONE' });
    await world.stop();
  },
);

it.each(SPOILT)('access whose ledger row %s is gone seconds after a revoke', async (_, change) => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  spoil(world, change);
  expect((await world.revoke(id)).status).toBe(200);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

const UNHELD: readonly (readonly [string, Record<string, TypedValue>])[] = [
  ['a sequence in a list', { audit_seq: { L: [{ N: '1.5e40' }] } }],
  ['a sequence that a double rounds', { audit_seq: { N: '3.0000000000000000001' } }],
  ['a sequence with no successor', { audit_seq: { N: '9007199254740991' } }],
  ['a set of sequences', { audit_seq: { NS: ['1', '12345678901234567890'] } }],
  ['a map for what was audited', { audited_status: { M: { a: { N: '12345678901234567890123' } } } }],
  ['more than fits into a condition', { audit_seq: { S: 'x'.repeat(300_000) } }],
];

it.each(UNHELD)('access whose request holds %s is gone seconds after a revoke', async (_, typed) => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  world.store.load('requests', [{ ...world.row(id), ...Object(typedValue({ M: typed })) }]);
  expect((await world.revoke(id)).status).toBe(200);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it.each(UNHELD)('access whose request holds %s ends when it should', async (_, typed) => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  world.store.load('requests', [{ ...world.row(id), ...Object(typedValue({ M: typed })) }]);
  await world.advance(31 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an entry that cannot be understood keeps the access that its request wants when another request ends', async () => {
  const world = await startedWorld();
  const [first, second] = [
    await world.granted(ANA, { minutes: 60 }),
    await world.granted(ANA, { minutes: 60 }),
  ];
  spoil(world, (row) => ({ ...row, entries: { ...Object(row.entries), [second]: 'yes' } }));
  await world.revoke(first);
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect([world.row(first).status, world.row(second).status]).toEqual(['REVOKED', 'GRANTED']);
  await world.revoke(second);
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a row of the ledger that is spoilt in the middle of a removal is mended, and the removal seen to its end', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 60 });
  await world.revoke(id);
  await world.advance(SECOND / 2);
  spoil(world, (row) => ({ ...row, stage: 'nonsense', attempts: 'many' }));
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('a spoilt row of access that is not live any more is mended by the sweep', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 240 });
  world.unassign(ANA);
  await world.advance(5 * MINUTE);
  expect(world.row(id).assignment_status).toBe('MISSING');
  spoil(world, (row) => ({ ...without(without(row, 'due_at'), 'shard'), stage: 'nonsense' }));
  await world.advance(3 * MINUTE);
  expect(world.audit(`assignment#${idOf(ANA)}`)).toContain('HAND_EDIT');
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('a script that spoils every row of the ledger ends no access', async () => {
  const world = await startedWorld();
  const people = [ANA, BEN, CLEO, DORA];
  const ids = [];
  for (const person of people) ids.push(await world.granted(person, { minutes: 60 }));
  world.store.load(
    'assignments',
    world.ledger().map((row) => without(without(row, 'stage'), 'entries')),
  );
  await world.advance(10 * MINUTE);
  expect(people.map((person) => world.isLive(person))).toEqual([true, true, true, true]);
  await world.advance(HOUR);
  expect(people.map((person) => world.isLive(person))).toEqual([false, false, false, false]);
  expect(ids.map((id) => world.row(id).status)).toEqual(ids.map(() => 'EXPIRED'));
  await world.stop();
});

it('who writes a request that is PENDING gives nobody else its access: it can only be asked anew', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  await world.edit(id, { identity_store_user_id: DORA.id });
  expect((await world.approve(id)).status).toBe(409);
  await world.advance(MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, false]);
  expect(world.row(id).status).toBe('PENDING');
  await world.stop();
});

it('who writes a request that is PENDING gets no further than the channel: no other account, set or duration', async () => {
  const world = await startedWorld();
  for (const set of [
    { account_id: PROD },
    { permission_set_arn: PERMANENT },
    { requested_duration_minutes: 24 * 60 },
  ]) {
    const id = await world.ask(ANA);
    await world.edit(id, set);
    expect((await world.approve(id)).status).not.toBe(200);
  }
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('who writes the request and the ledger gives access, and the audit shows a grant that nobody approved', async () => {
  const world = await startedWorld();
  const id = await forge(world, ANA, { status: 'APPROVED' });
  await typeEntry(world, id, ANA);
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.audit(id)).toEqual(['REQUESTED', 'GRANTED']);
  await world.advance(5 * HOUR);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('an entry typed into the ledger gives nothing under an assignment that its request was not approved for', async () => {
  const world = await createWorld();
  const id = await world.ask(ANA, { minutes: 240, permissionSetArn: READ_ONLY });
  await world.approve(id);
  await typeEntry(world, id, DORA);
  world.start();
  await world.advance(MINUTE);
  expect([world.isLive(ANA, DEV, READ_ONLY), world.isLive(DORA)]).toEqual([true, false]);
  await world.advance(5 * HOUR);
  expect([world.isLive(ANA, DEV, READ_ONLY), world.isLive(DORA)]).toEqual([false, false]);
  await world.stop();
});

it('an entry typed into the ledger for a request that is granted already creates nothing', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 240, permissionSetArn: READ_ONLY });
  await typeEntry(world, id, DORA);
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

it('who writes the request and the audit gives access: a forged event is believed', async () => {
  const world = await startedWorld();
  const id = await forge(world, ANA, { status: 'APPROVED' });
  const nowMs = world.clock.nowMs();
  const { write } = requestEvent(
    { request_id: id, account_id: DEV, channel_id: 'demo', audit_seq: 1, last_event_at: undefined },
    {
      type: 'APPROVED',
      actor: SYSTEM,
      details: { end_time: toTimestamp(nowMs + 4 * HOUR), assignment_id: idOf(ANA) },
      nowMs,
    },
  );
  await world.store.transact([write]);
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.audit(id)).toContain('HAND_EDIT');
  await world.stop();
});

it('nobody who writes all tables gives access out of scope, or to a frozen or protected person', async () => {
  const scope = { permissionSetArns: [ADMIN], excludedAccountIds: [], protectedPrincipalIds: [DORA.id] };
  const world = await startedWorld({ policy: { scope } });
  await world.call('POST', '/users/revoke', {
    email: BEN.email,
    actor_email: CLEO.email,
    reason: 'stolen laptop',
    freeze: true,
  });
  for (const [person, set] of [[ANA, PERMANENT] as const, [DORA, ADMIN] as const, [BEN, ADMIN] as const])
    await typeEntry(world, await forge(world, person, { status: 'APPROVED', set }), person, set);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA, DEV, PERMANENT)).toBe(false);
  expect([world.isLive(DORA), world.isLive(BEN)]).toEqual([false, false]);
  await world.stop();
});

it('what a hand writes into the outbox is told to the chat as ours, and changes no access', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  const { write } = nextNotification(
    { request_id: id, account_id: DEV, channel_id: 'demo', notification_seq: 0 },
    { status: 'GRANTED', actor: 'system', sentence: 'not so', nowMs: world.clock.nowMs() },
  );
  await world.store.transact([write]);
  await world.advance(10 * SECOND);
  expect(world.said(id)).toEqual(['GRANTED']);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id).status).toBe('PENDING');
  await world.stop();
});

it('who writes the control table orders a release: it is carried out, and told with the name that was typed', async () => {
  const world = await createWorld();
  world.assign(DORA);
  world.start();
  await world.advance(10 * MINUTE);
  const { digest } = (await world.call('GET', '/plan')).body;
  expect(world.isLive(DORA)).toBe(true);
  const nowMs = world.clock.nowMs();
  const pass = {
    name: 'pass#typed',
    pass_id: 'typed',
    state: 'REQUESTED',
    requested_at: toTimestamp(nowMs),
    actor_email: 'nobody@example.com',
    reason: 'typed',
    scope: {},
    dry_run: false,
    release_withheld: digest,
    expires_at: Math.floor(nowMs / 1000) + 3600,
  };
  const version = Number(world.control('nudges')?.version) + 1;
  const nudges = { name: 'nudges', version, recent: [{ at: toDueAt(nowMs), pass_id: 'typed' }] };
  await world.store.transact([
    { kind: 'put', table: 'control', row: pass },
    { kind: 'put', table: 'control', row: nudges },
  ]);
  await world.advance(30 * SECOND);
  expect(world.isLive(DORA)).toBe(false);
  const released = world.store.dump('audit').filter((event) => event.event_type === 'RELEASED');
  expect(released).toMatchObject([{ request_id: 'control#brake', actor_email: 'nobody@example.com' }]);
  await world.stop();
});

/** The ledger's row of a person, with what `change` makes of it. */
function typeLedger(world: World, person: Person, change: (row: Row) => Row): void {
  const rows = world.ledger().map((row) => (row.assignment_id === idOf(person) ? change(row) : row));
  world.store.load('assignments', rows);
}

it('a proof typed into the ledger is told as if it were so, and the access goes as unexplained', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const at = toDueAt(world.clock.nowMs());
  const gone = { requested: at, deleted: at, confirmed_absent: at, session_ms: 0 };
  typeLedger(world, ANA, (row) => ({
    ...row,
    due_at: at,
    entries: { [id]: { phase: 'ENDED', until: at, gone } },
  }));
  await world.advance(10 * SECOND);
  expect([world.isLive(ANA), world.said(id)]).toEqual([true, ['GRANTED', 'EXPIRED']]);
  await world.advance(4 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.audit(`assignment#${idOf(ANA)}`)).toEqual(['ORPHAN_FOUND', 'ORPHAN_REMOVED']);
  await world.stop();
});

it('an end typed into the ledger takes the access away at once, under whatever name was typed', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const kept = await world.granted(DORA);
  typeLedger(world, ANA, (row) => ({
    ...row,
    due_at: toDueAt(world.clock.nowMs()),
    entries: {
      [id]: {
        phase: 'ENDED',
        until: toDueAt(world.clock.nowMs() + HOUR),
        ended: { as: 'REVOKED', by: 'nobody@example.com' },
      },
    },
  }));
  await world.advance(MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, true]);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', revoked_by: 'nobody@example.com' });
  expect(world.row(kept).status).toBe('GRANTED');
  await world.stop();
});

it('who empties the ledger while access is live ends none, and it ends when it should', async () => {
  const world = await startedWorld();
  const [over, revoked] = [await world.granted(ANA, { minutes: 10 }), await world.granted(DORA)];
  world.store.load('assignments', []);
  await world.revoke(revoked);
  await world.advance(MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([true, false]);
  await world.advance(10 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.said(over)).toEqual(['GRANTED', 'EXPIRED']);
  await world.stop();
});

it('who writes over a revoke before any process has seen it undoes it, and the access still ends in its time', async () => {
  const world = await createWorld();
  const process = world.start();
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA, { minutes: 30 });
  const { due_at } = world.row(id);
  await process.stop();
  await world.revoke(id);
  await world.edit(id, { status: 'GRANTED', audited_status: 'GRANTED', due_at }, [
    'revoked_by',
    'revoked_at',
  ]);
  world.start();
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(true);
  expect(world.audit(id)).toContain('REVOKED');
  await world.advance(30 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

it('who writes over a revoke that has been seen undoes nothing', async () => {
  const world = await startedWorld({ settings: { operationMs: 20_000 } });
  const id = await world.granted(ANA);
  const { due_at } = world.row(id);
  await world.revoke(id);
  await world.advance(5 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  await world.edit(id, { status: 'GRANTED', audited_status: 'GRANTED', due_at }, [
    'revoked_by',
    'revoked_at',
  ]);
  await world.advance(2 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
});

it('events typed into the audit neither give access nor keep any', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 30 });
  const nowMs = world.clock.nowMs();
  for (const [type, seq] of [['APPROVED', 90] as const, ['GRANTED', 91] as const]) {
    const details = { end_time: toTimestamp(nowMs + 10 * HOUR), assignment_id: idOf(DORA) };
    const { write } = requestEvent(
      { request_id: id, account_id: DEV, channel_id: 'demo', audit_seq: seq, last_event_at: undefined },
      { type, actor: SYSTEM, details, nowMs },
    );
    await world.store.transact([write]);
  }
  await world.advance(5 * MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([true, false]);
  await world.advance(30 * MINUTE);
  expect([world.isLive(ANA), world.isLive(DORA)]).toEqual([false, false]);
  await world.stop();
});

it('who keeps moving the lease keeps every process from leading, and nobody says that one leads', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA, { minutes: 5 });
  const type = (beat: number) =>
    world.store.transact([
      { kind: 'put', table: 'control', row: { name: 'leader', holder: 'a hand', epoch: 900, beat } },
    ]);
  for (let beat = 0; beat < 120; beat += 1) {
    await type(beat);
    await world.advance(5 * SECOND);
  }
  expect([world.isLive(ANA), world.processes.some(({ reconciler }) => reconciler.isLeading())]).toEqual([
    true,
    false,
  ]);
  await world.advance(MINUTE);
  expect([world.isLive(ANA), world.row(id).status]).toEqual([false, 'EXPIRED']);
  await world.stop();
});

it('who types how far the sweep has come makes it pass over what nobody asked for, until the next', async () => {
  const world = await startedWorld();
  world.assign(DORA);
  const fingerprint = scopeFingerprint(world.policy.scope);
  for (let minute = 0; minute < 10; minute += 1) {
    const now = toTimestamp(world.clock.nowMs());
    const row = {
      ...{ name: 'sweep', started_at: now, noted_at: now, fingerprint, after_pair: '~' },
      ...{ pairs: 4, live: 1, requests_named: 0, requests_found: 0, unread: [] },
    };
    for (let second = 0; second < 60; second += 5) {
      await world.store.transact([{ kind: 'put', table: 'control', row }]);
      await world.advance(5 * SECOND);
    }
  }
  expect(world.isLive(DORA)).toBe(true);
  await world.advance(5 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

it('a brake that a hand lets go trips again with the next sweep', async () => {
  const world = await startedWorld({ limits: { count: 2, share: 0 } });
  for (const person of [ANA, BEN, DORA]) world.assign(person);
  await world.advance(5 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  const version = Number(world.control('brake')?.version) + 1;
  await world.store.transact([
    { kind: 'put', table: 'control', row: { name: 'brake', version, tripped: false, removals: [] } },
  ]);
  await world.advance(5 * MINUTE);
  expect(world.control('brake')?.tripped).toBe(true);
  expect([ANA, BEN, DORA].map((person) => world.isLive(person))).toEqual([true, true, true]);
  await world.stop();
});

it.each([
  ['mended', (text: string): Row => ({ mended: text })],
  ['unresolved', (text: string): Row => ({ unresolved: [{ id: text }] })],
  [
    'sighting',
    (text: string): Row => ({ sighting: { first_seen: '2026-01-15T12:00:00Z', explained_by: text } }),
  ],
])('a row of the ledger that a hand filled through %s keeps nobody’s access', async (_attribute, filled) => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  const row = world.ledger().find(({ assignment_id }) => assignment_id === idOf(ANA)) ?? {};
  const room = 409_600 - sizeBytes({ ...row, ...filled('') });
  world.store.load('assignments', [{ ...row, ...filled('x'.repeat(room)) }]);
  await world.revoke(id);
  await world.advance(30 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  // An id that AWS does not take is asked after for two minutes before the proof.
  await world.advance(3 * MINUTE);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  await world.stop();
});
