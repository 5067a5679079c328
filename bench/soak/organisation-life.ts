// The days of a lively organisation: people ask, approve, deny, forget and revoke; hands reach into AWS and into the
// tables; the chat and AWS have bad hours; processes are replaced and die. Every day is alike, and all of it is quiet
// in its last hour.

import {
  ADMIN,
  ANA,
  BEN,
  CLEO,
  chatId,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  type Person,
  PROD,
  type Process,
  READ_ONLY,
  STAGING,
  type World,
} from '../../test/world.ts';
import { archiveHistory, dropExpired } from './age-tables.ts';
import type { SignedDoor } from './signed-door.ts';

export type Life = {
  readonly world: World;
  readonly door: SignedDoor;
  /** In [0, 1). */
  readonly random: () => number;
  readonly bodies: WeakMap<Process, { dead: boolean }>;
  readonly counts: { requests: number; refused: number; leaderChanges: number; archived: number };
};

const HOURS = 24;
const REQUESTS_PER_HOUR = 6;
const HISTORY_DAYS = 2;
const PEOPLE = [ANA, BEN, CLEO, DORA] as const;
/** In turn, so that every day has as many of each. */
const FATES = [
  'expires',
  'revoked',
  'expires',
  'denied',
  'typed',
  'revoked',
  'expires',
  'forgotten',
  'missing',
] as const;

type Asked = { readonly id: string; readonly person: Person; readonly account: string; readonly set: string };

export function startProcess(life: Life): void {
  const { clock, chat } = life.world;
  const body = { dead: false };
  const process = life.world.start({
    // A dead process does not wake: the world stops its reads and writes, and this its timers.
    clock: {
      ...clock,
      sleep: (...args) => (body.dead ? new Promise(() => undefined) : clock.sleep(...args)),
    },
    // The world would keep every message; a chat that remembers months of them would be the only leak.
    send: async () =>
      chat.answer === 'ok' ? { kind: 'accepted' } : { kind: 'unreachable', why: 'it is down' },
  });
  life.bodies.set(process, body);
}

export async function liveThroughDay(life: Life): Promise<void> {
  const { clock, store } = life.world;
  for (let hour = 0; hour < HOURS; hour += 1) {
    const untilMs = clock.elapsedMs() + HOUR;
    if (hour < HOURS - 1) await liveThroughHour(life, hour);
    await clock.advance(Math.max(0, untilMs - clock.elapsedMs()));
    await dropExpired(store, clock.nowMs());
  }
  life.counts.archived += await archiveHistory(store, clock.nowMs() - HISTORY_DAYS * HOURS * HOUR);
}

async function liveThroughHour(life: Life, hour: number): Promise<void> {
  await SPECIAL[hour]?.(life);
  for (let n = 0; n < REQUESTS_PER_HOUR; n += 1) {
    await askAndMeetFate(life);
    await life.world.advance(3 * MINUTE);
  }
  for (const path of ['/status', '/drift', '/requests']) await life.door('ops', 'GET', path);
}

async function askAndMeetFate(life: Life): Promise<void> {
  const fate = FATES[life.counts.requests % FATES.length];
  const asked = await ask(life);
  if (asked === undefined || fate === 'forgotten') return;
  if (fate === 'denied') return decide(life, asked, 'deny');
  await decide(life, asked, 'approve');
  await life.world.advance(2 * MINUTE);
  if (fate === 'revoked') await revoke(life, asked);
  if (fate === 'typed') await life.world.edit(asked.id, { status: 'REVOKED' });
  if (fate === 'missing') life.world.unassign(asked.person, asked.account, asked.set);
}

async function ask({ door, random, counts }: Life): Promise<Asked | undefined> {
  counts.requests += 1;
  const person = pick(PEOPLE, random);
  const account = pick([DEV, STAGING], random);
  const set = pick([ADMIN, READ_ONLY], random);
  const { status, body } = await door('plugin', 'POST', '/requests', {
    account_id: account,
    channel_id: 'demo',
    requester_mm_user_id: chatId(person),
    requester_email: person.email,
    reason: 'an incident',
    requested_duration_minutes: pick([10, 15, 20, 30], random),
    permission_set_arn: set,
  });
  if (status === 201) return { id: String(body.request_id), person, account, set };
  counts.refused += 1;
  return undefined;
}

async function decide({ door }: Life, { id, person }: Asked, what: 'approve' | 'deny'): Promise<void> {
  const by = person.id === BEN.id ? CLEO : BEN;
  const body =
    what === 'approve'
      ? { approver_mm_user_id: chatId(by), approver_email: by.email }
      : { denier_mm_user_id: chatId(by), denier_email: by.email };
  const { status } = await door('plugin', 'POST', `/requests/${id}/${what}`, body);
  if (status !== 200) throw new Error(`${what} of ${id} was answered with ${status}`);
}

async function revoke({ door }: Life, { id }: Asked): Promise<void> {
  const body = { actor_mm_user_id: chatId(CLEO), actor_email: CLEO.email };
  const { status } = await door('plugin', 'POST', `/requests/${id}/revoke`, body);
  if (status !== 200) throw new Error(`the revoke of ${id} was answered with ${status}`);
}

/** What happens at the beginning of an hour of the day, beside what happens in every hour. */
const SPECIAL: Readonly<Record<number, (life: Life) => void | Promise<void>>> = {
  1: orphan,
  3: ({ world }) => {
    world.chat.answer = 'down';
  },
  4: ({ world }) => {
    world.chat.answer = 'ok';
  },
  6: replaceLeader,
  8: throttle,
  10: orphan,
  12: endEverythingOfDora,
  14: forcePass,
  16: loseLeader,
  18: orphan,
  20: replaceLeader,
};

/** Nobody ever asks for the account. */
function orphan({ world }: Life): void {
  world.assign(DORA, PROD, READ_ONLY);
}

/** A new version is rolled out: another process begins, and the one that leads hands over. */
async function replaceLeader(life: Life): Promise<void> {
  startProcess(life);
  await leaderOf(life)?.stop();
  life.counts.leaderChanges += 1;
}

/** It dies in the middle of anything; another one begins. */
function loseLeader(life: Life): void {
  const leader = leaderOf(life);
  const body = leader && life.bodies.get(leader);
  if (body !== undefined) body.dead = true;
  leader?.kill();
  startProcess(life);
  life.counts.leaderChanges += 1;
}

function leaderOf({ world }: Life): Process | undefined {
  return world.processes.find(({ reconciler }) => reconciler.isLeading());
}

function throttle({ world }: Life): void {
  const fault = { kind: 'error', name: 'ThrottlingException' };
  world.model.addFault({ operation: 'ListAccountAssignments', fault, times: 20 });
}

async function endEverythingOfDora({ door }: Life): Promise<void> {
  await door('ops', 'POST', '/users/revoke', {
    email: DORA.email,
    actor_email: CLEO.email,
    reason: 'a lost laptop',
  });
}

async function forcePass({ door }: Life): Promise<void> {
  await door('ops', 'POST', '/reconcile', { actor_email: CLEO.email, reason: 'an exercise' });
  await door('ops', 'GET', '/plan');
}

function pick<T>(from: readonly [T, ...T[]] | readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}
