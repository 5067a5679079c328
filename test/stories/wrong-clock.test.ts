// Stories of processes whose clock is wrong: by such a clock nothing ends, and what people say goes on.

import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { createMetrics } from '../../src/metrics.ts';
import { registryText } from '../metric-text.ts';
import {
  ANA,
  BEN,
  CLEO,
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  type Person,
  SECOND,
  STAGING,
  type World,
} from '../world.ts';

/** A wall clock that somebody sets. */
function settable(world: World, offMs = 0): { readonly clock: Clock; set(offMs: number): void } {
  let off = offMs;
  return {
    clock: { ...world.clock, nowMs: () => world.clock.nowMs() + off },
    set: (next) => {
      off = next;
    },
  };
}

const WISHES: readonly (readonly [Person, string])[] = [
  [ANA, DEV],
  [BEN, DEV],
  [CLEO, STAGING],
  [DORA, STAGING],
];

/** Four people with access for half an hour. */
async function fourGrants(world: World): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [person, account] of WISHES) ids.push(await world.granted(person, { account, minutes: 30 }));
  return ids;
}

const liveOf = (world: World) => WISHES.filter(([person, account]) => world.isLive(person, account)).length;
const holder = (world: World) => world.control('leader')?.holder;
const clockOf = (world: World) => Object(world.control('status')?.clock);

/** What somebody reads in the log, above what is said every day. */
function listening() {
  const said: string[] = [];
  const onLog = (level: string, message: string) => {
    if (level !== 'info') said.push(message);
  };
  return { said, onLog, times: (part: string) => said.filter((message) => message.includes(part)).length };
}

test('a leader whose clock is set five hours ahead ends nothing, and another leads in its place', async () => {
  const log = listening();
  const world = await createWorld({ onLog: log.onLog });
  const first = settable(world);
  world.start({ clock: first.clock });
  await world.advance(2 * MINUTE);
  const ids = await fourGrants(world);
  world.start();
  await world.advance(10 * SECOND);
  expect(holder(world)).toBe('process-1');

  first.set(5 * HOUR);
  await world.advance(30 * SECOND);
  expect(liveOf(world)).toBe(4);
  expect(holder(world)).toBe('process-2');
  expect(log.times('clock is wrong: nothing is ended')).toBe(1);

  await world.advance(15 * MINUTE);
  expect(liveOf(world)).toBe(4);
  expect(holder(world)).toBe('process-2');
  await world.advance(17 * MINUTE);
  expect(liveOf(world)).toBe(0);
  expect(ids.map((id) => world.row(id).status)).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED', 'EXPIRED']);
  await world.stop();
});

test('a single process five hours ahead ends what people revoke, and nothing by its clock until it is right', async () => {
  const log = listening();
  const metrics = createMetrics();
  const world = await createWorld({ metrics, onLog: log.onLog });
  const only = settable(world);
  world.start({ clock: only.clock });
  await world.advance(2 * MINUTE);
  const [revoked = '', ...others] = await fourGrants(world);

  only.set(5 * HOUR);
  await world.advance(5 * MINUTE);
  expect(liveOf(world)).toBe(4);
  expect(clockOf(world)).toMatchObject({ wrong: true, says: expect.stringContaining('nothing is ended') });
  const shown = await registryText(metrics.registry);
  expect(shown('jit_clock_offset_seconds')).toBeGreaterThan(5 * 3_600 - 2);
  expect(shown('jit_leader')).toBe(1);
  expect(log.times('clock is wrong: nothing is ended')).toBe(1);

  await world.revoke(revoked);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(liveOf(world)).toBe(3);

  // Past their end by everybody's clock but AWS's word: they are overdue, and said to be.
  await world.advance(35 * MINUTE);
  expect(liveOf(world)).toBe(3);
  const late = await registryText(metrics.registry);
  expect(late('jit_revocations_overdue')).toBe(3);
  expect(late('jit_revocation_overdue_seconds')).toBeGreaterThan(60);
  expect(late('jit_revocation_overdue_seconds')).toBeLessThan(15 * 60);

  only.set(0);
  await world.advance(30 * SECOND);
  expect(liveOf(world)).toBe(0);
  expect(others.map((id) => world.row(id).status)).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED']);
  expect(clockOf(world)).toMatchObject({ offset_seconds: 0, wrong: false });
  expect((await registryText(metrics.registry))('jit_clock_offset_seconds')).toBe(0);
  await world.stop();
});

test('a process that starts five hours ahead ends nothing of what it finds', async () => {
  const world = await createWorld();
  const before = world.start();
  await world.advance(2 * MINUTE);
  await fourGrants(world);
  const pending = await world.ask(BEN, { account: STAGING });
  await before.stop();

  world.start({ clock: world.clock.skewed(30 * HOUR) });
  await world.advance(10 * MINUTE);
  expect(holder(world)).toBe('process-2');
  expect(liveOf(world)).toBe(4);
  expect(world.row(pending).status).toBe('PENDING');
  await world.stop();
});

test('what a leader with a wrong clock gives lasts as long as was asked for', async () => {
  const world = await createWorld();
  const only = settable(world, 5 * HOUR);
  world.start({ clock: only.clock });
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA, { minutes: 30 });
  const endsMs = Date.parse(String(world.row(id).end_time));
  expect(Math.abs(endsMs - world.clock.nowMs() - 30 * MINUTE)).toBeLessThan(10 * SECOND);

  only.set(0);
  await world.advance(31 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

test('unexplained access is not taken away by a wrong clock, and says why', async () => {
  const world = await createWorld();
  const only = settable(world);
  world.start({ clock: only.clock });
  await world.advance(2 * MINUTE);
  only.set(-5 * HOUR);
  world.assign(DORA);
  await world.advance(10 * MINUTE);
  expect(world.isLive(DORA)).toBe(true);
  expect(world.control('withheld#0')?.items).toEqual([
    expect.objectContaining({ principal_id: DORA.id, reason: 'wrong clock' }),
  ]);

  only.set(0);
  await world.advance(5 * MINUTE);
  expect(world.isLive(DORA)).toBe(false);
  await world.stop();
});

test('a person who is frozen loses the access at once, also under a wrong clock', async () => {
  const world = await createWorld();
  const only = settable(world);
  world.start({ clock: only.clock });
  await world.advance(2 * MINUTE);
  await world.granted(ANA);
  only.set(50 * HOUR);
  await world.advance(2 * MINUTE);
  const frozen = await world.call('POST', '/users/revoke', {
    email: ANA.email,
    actor_email: CLEO.email,
    reason: 'the laptop is gone',
    freeze_minutes: 60,
  });
  expect(frozen.status).toBe(200);
  await world.advance(20 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  await world.stop();
});

test('a standby whose clock is wrong leaves the lease to one whose clock is right', async () => {
  const world = await createWorld();
  const leader = world.start();
  await world.advance(MINUTE);
  world.start({ clock: world.clock.skewed(-HOUR) });
  world.start();
  await world.advance(10 * SECOND);
  leader.kill();
  await world.advance(MINUTE);
  expect(holder(world)).toBe('process-3');
  await world.stop();
});

test('a standby whose clock is wrong leads when nobody else does', async () => {
  const world = await createWorld();
  const leader = world.start();
  await world.advance(MINUTE);
  world.start({ clock: world.clock.skewed(-HOUR) });
  await world.advance(10 * SECOND);
  leader.kill();
  await world.advance(50 * SECOND);
  expect(holder(world)).toBe('process-1');
  await world.advance(30 * SECOND);
  expect(holder(world)).toBe('process-2');
  await world.stop();
});
