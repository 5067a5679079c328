// Whole histories from a seed: people, hands in AWS and in the tables, faults, and processes that die. Then the faults
// stop, and the world must agree: what somebody wants is live, what nobody wants is gone, and everything was said truly.

import { expect, it } from 'vitest';
import { endTimeMs, parseRequestRow } from '../../src/request.ts';
import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  DORA,
  MINUTE,
  READ_ONLY,
  SECOND,
  STAGING,
  seededRandom,
  type World,
} from '../world.ts';

const PEOPLE = [ANA, BEN, CLEO, DORA];
const SEEDS = Array.from(
  { length: Number(process.env.HISTORIES ?? 12) },
  (_, n) => n + Number(process.env.FROM ?? 1),
);

it.each(SEEDS)(
  'history %i settles in agreement, and was told truly',
  async (seed) => {
    const world = await createWorld({ seed, limits: { count: 1000, share: 1 } });
    const random = seededRandom(seed * 7919);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const ids: string[] = [];
    world.start();
    await world.advance(2 * MINUTE);
    const acts: (() => Promise<unknown>)[] = [
      async () => {
        const wish = {
          account: pick([DEV, STAGING]),
          permissionSetArn: pick([ADMIN, READ_ONLY]),
          minutes: pick([1, 2, 5, 60]),
        };
        ids.push(await world.ask(pick(PEOPLE), wish));
      },
      async () => ids.length > 0 && world.approve(pick(ids), pick([BEN, CLEO])),
      async () => ids.length > 0 && world.approve(ids.at(-1) ?? '', pick([BEN, CLEO])),
      async () => ids.length > 0 && world.revoke(pick(ids)),
      async () => {
        // What a hand makes of a settled row is history's own business.
        const open = ids.filter((id) => world.row(id).due_at !== undefined);
        if (open.length > 0)
          await world.edit(pick(open), { status: pick(['REVOKED', 'GRANTED', 'what', 'ERROR', 'EXPIRED']) });
      },
      async () => world.assign(pick(PEOPLE), pick([DEV, STAGING]), pick([ADMIN, READ_ONLY])),
      async () => world.unassign(pick(PEOPLE), pick([DEV, STAGING]), pick([ADMIN, READ_ONLY])),
      async () => world.model.addFault({ operation: '*', fault: pick(FAULTS), times: pick([1, 2, 4]) }),
      async () => {
        world.model.changeSettings({
          listLagMaxMs: pick([0, 0, 4_000]),
          describeNotFoundForMs: pick([0, 0, 3_000]),
        });
      },
      async () => {
        world.chat.answer = pick(['ok', 'down']);
      },
      async () => {
        if (world.processes.length > 1) pick(world.processes).kill();
        else world.start();
      },
      async () => {
        const victim = world.processes[0];
        let left = Math.floor(random() * 6);
        world.store.hooks.onAfterWrite = () => {
          left -= 1;
          if (left === 0) victim?.kill();
        };
      },
    ];
    for (let step = 0; step < 60; step += 1) {
      await pick(acts)().catch(() => undefined);
      await world.advance(Math.floor(random() * 12 * SECOND));
    }
    await settle(world);
    expectAgreement(world, ids);
    await world.stop();
  },
  120_000,
);

const FAULTS = [
  { kind: 'connection-reset', committed: true },
  { kind: 'connection-reset', committed: false },
  { kind: 'html-503', committed: true },
  { kind: 'error', name: 'ConflictException' },
  { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
  { kind: 'async-failure', reason: 'An unexpected internal service exception was encountered' },
  { kind: 'stale-list', lagMs: 3_000 },
  { kind: 'empty-page' },
] as const;

async function settle(world: World): Promise<void> {
  world.model.clearFaults();
  world.model.changeSettings({ listLagMinMs: 0, listLagMaxMs: 0, describeNotFoundForMs: 0 });
  world.chat.answer = 'ok';
  delete world.store.hooks.onAfterWrite;
  world.start();
  await world.advance(20 * MINUTE);
}

function expectAgreement(world: World, ids: readonly string[]): void {
  const nowMs = world.clock.nowMs();
  const wanted = new Set<string>();
  for (const id of ids) {
    const row = world.row(id);
    const request = parseRequestRow(row);
    const story = `${id}: ${JSON.stringify(row)} ${world.audit(id)} said ${world.said(id)}`;
    expect(row.status, story).toBe(row.audited_status);
    expect(['PENDING', 'GRANTED', 'REVOKED', 'EXPIRED', 'ERROR', 'DENIED'], story).toContain(row.status);
    if (row.status === 'GRANTED') expect(request && (endTimeMs(request) ?? 0) > nowMs, story).toBe(true);
    else if (row.status !== 'PENDING') expect(row.due_at, story).toBeUndefined();
    if (row.status === 'GRANTED' && row.assignment_status !== 'MISSING')
      wanted.add(String(row.assignment_id));
    expectTold(world, id, story);
  }
  const live = world.model
    .assignments(nowMs)
    .filter(
      (row) => row.principalType === 'USER' && [ADMIN, READ_ONLY].some((arn) => arn === row.permissionSetArn),
    )
    .map((row) => `${row.accountId}#${row.permissionSetArn}#${row.principalId}`);
  expect(live.sort(), JSON.stringify(world.ledger())).toEqual([...wanted].sort());
  expect(world.store.dump('outbox')).toEqual([]);
}

/** No transition twice, GRANTED never after an ending, and a removal only after it was seen. */
function expectTold(world: World, id: string, story: string): void {
  const events = world.audit(id);
  for (const type of ['REQUESTED', 'APPROVED', 'GRANTED', 'EXPIRED', 'REMOVED', 'KEPT', 'DENIED']) {
    // An EXPIRED that was typed is followed by one that was proved; an ERROR that is settled may be revoked all the same.
    const twice = type === 'EXPIRED' || (type === 'REMOVED' && events.includes('ERROR'));
    expect(events.filter((event) => event === type).length, story).toBeLessThanOrEqual(
      twice ? events.length / 2 : 1,
    );
  }
  const said = world.said(id);
  const ended = said.findIndex((status) => status !== 'GRANTED');
  if (ended >= 0) expect(said.slice(ended), story).not.toContain('GRANTED');
}
