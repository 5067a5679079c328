// One request from the first signed call to its last row, beside the same hours without it: what it adds to reads, writes,
// calls to Identity Center and the log, and what of it stays in the tables.

import { createTableNudge } from '../../api/table-nudge.ts';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { createLog } from '../../src/log.ts';
import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { createModelStore } from '../../test/model-store.ts';
import { createVirtualClock } from '../../test/virtual-clock.ts';
import { ADMIN, ANA, BEN, CLEO, chatId, createWorld, DEV, MINUTE, type World } from '../../test/world.ts';
import { itemBytes } from '../idle/capacity-units.ts';
import { type Asked, createCountedStore } from '../idle/counted-store.ts';
import { openSignedDoor, type SignedDoor, SOAK_KEYS } from '../soak/signed-door.ts';

export const Fates = ['expires', 'revoked', 'denied'] as const;
export type Fate = (typeof Fates)[number];

export type LifeWatched = {
  readonly asked: readonly Asked[];
  /** Every row before the first of them. */
  readonly before: ReadonlyMap<Table, readonly Row[]>;
  /** Calls to Identity Center by operation. */
  readonly calls: Readonly<Record<string, number>>;
  readonly logBytes: number;
  /** What stays for good: rows of requests and audit, with their copies in the indexes. */
  readonly keptBytes: number;
};

/** So much of it is granted, and then it ends by itself. */
export const GRANTED_MINUTES = 60;
/** Long enough for the access and all that follows it. */
const WATCHED_MS = 90 * MINUTE;
const REVOKE_WAIT_MS = 8_000;
const KEPT: readonly Table[] = ['requests', 'audit'];

/** Without a fate nothing happens, for as long. */
export async function watchLife(fate: Fate | undefined): Promise<LifeWatched> {
  const clock = createVirtualClock();
  const model = createModelStore();
  let asked: Asked[] = [];
  const counted = createCountedStore(model, clock.nowMs, (each) => asked.push(each));
  const watched = { calls: {} as Record<string, number>, logBytes: 0 };
  const destination = {
    write: (line: string) => {
      watched.logBytes += Buffer.byteLength(line);
    },
  };
  const log = createLog({ level: 'info', destination, clock });
  const nudges = createTableNudge({ store: counted, clock, log });
  const world = await createWorld({
    clock,
    store: model,
    api: ({ settings }) => ({
      store: counted,
      keys: async () => SOAK_KEYS,
      log,
      nudge: nudges.nudge,
      settings: { ...settings, revokeWaitMs: REVOKE_WAIT_MS },
    }),
  });
  startLeader(world, {
    store: counted,
    log,
    onCall: (name) => {
      watched.calls[name] = (watched.calls[name] ?? 0) + 1;
    },
  });
  await world.advance(10 * MINUTE);
  const before = rowsOf(world);
  [asked, watched.calls, watched.logBytes] = [[], {}, 0];
  const startedMs = clock.nowMs();
  if (fate !== undefined) await live(openSignedDoor(world), world, fate);
  await world.advance(startedMs + WATCHED_MS - clock.nowMs());
  const result = { asked, before, ...watched, keptBytes: keptBytes(rowsOf(world)) - keptBytes(before) };
  await world.stop();
  return result;
}

function startLeader(
  world: World,
  {
    store,
    log,
    onCall,
  }: Pick<World['api'], 'store' | 'log'> & { readonly onCall: (operation: string) => void },
): void {
  world.start({
    store,
    log,
    openIdentityCenter: () =>
      openIdentityCenter({
        send: (command) => {
          onCall(command.constructor.name.replace(/Command$/, ''));
          return world.clients.ssoAdmin.send(command);
        },
        instanceArn: DEMO_INSTANCE_ARN,
        clock: world.clock,
        ratePerSecond: 15,
        outstandingMax: 10,
        sweepShare: 0.3,
        onCall: () => undefined,
      }),
  });
}

/** As the plugin does it, each step with a signature and a nonce of its own. */
async function live(door: SignedDoor, world: World, fate: Fate): Promise<void> {
  const created = await door('plugin', 'POST', '/requests', {
    account_id: DEV,
    channel_id: 'demo',
    requester_mm_user_id: chatId(ANA),
    requester_email: ANA.email,
    reason: 'The queue of the nightly import stands still; restart its workers.',
    requested_duration_minutes: GRANTED_MINUTES,
    permission_set_arn: ADMIN,
  });
  const id = String(created.body.request_id);
  await world.advance(2 * MINUTE);
  const by = { approver_mm_user_id: chatId(BEN), approver_email: BEN.email };
  if (fate === 'denied') {
    const denial = { denier_mm_user_id: chatId(BEN), denier_email: BEN.email };
    await expectStatus(world, id, 'DENIED', () => door('plugin', 'POST', `/requests/${id}/deny`, denial));
    return;
  }
  await expectStatus(world, id, 'APPROVED', () => door('plugin', 'POST', `/requests/${id}/approve`, by));
  await world.advance((GRANTED_MINUTES / 2) * MINUTE);
  if (fate === 'expires') {
    await expectStatus(world, id, 'EXPIRED', () => world.advance(GRANTED_MINUTES * MINUTE - 5 * MINUTE));
    return;
  }
  const actor = { actor_mm_user_id: chatId(CLEO), actor_email: CLEO.email };
  await expectStatus(world, id, 'REVOKED', () => door('plugin', 'POST', `/requests/${id}/revoke`, actor));
}

async function expectStatus(
  world: World,
  id: string,
  status: string,
  act: () => Promise<unknown>,
): Promise<void> {
  await act();
  if (world.row(id).status !== status)
    throw new Error(`the request is ${world.row(id).status}, expected ${status}`);
}

function rowsOf(world: World): ReadonlyMap<Table, readonly Row[]> {
  return new Map((Object.keys(TableDefinitions) as Table[]).map((table) => [table, world.store.dump(table)]));
}

function keptBytes(tables: ReadonlyMap<Table, readonly Row[]>): number {
  return KEPT.reduce((sum, table) => sum + tableBytes(table, tables.get(table) ?? []), 0);
}

/** A row is stored once, and once more in each index that holds it. */
function tableBytes(table: Table, rows: readonly Row[]): number {
  const { indexes } = TableDefinitions[table];
  const copies = (row: Row) =>
    1 +
    indexes.filter(({ partition, sort }) =>
      [partition, sort].every((name) => name === undefined || row[name] !== undefined),
    ).length;
  return rows.reduce((sum, row) => sum + itemBytes(row) * copies(row), 0);
}
