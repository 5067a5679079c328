// Lets time pass over a leader that has nothing to do, and notes everything that it asks of the tables and of AWS.

import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { HOUR, MINUTE, SECOND, type World } from '../../test/world.ts';
import { type Asked, createCountedStore } from './counted-store.ts';

export type Watched = {
  readonly beganMs: number;
  readonly durationMs: number;
  readonly asked: readonly Asked[];
  /** Calls to Identity Center. */
  readonly calls: number;
};

/** A leader at the default intervals, but for the sweep's: after its first one, before its next. */
export function watchTicks(world: World, durationMs = 10 * MINUTE): Promise<Watched> {
  return watch(world, { sweepIntervalMs: 24 * HOUR, durationMs });
}

/** A leader at the default intervals, while it sweeps. */
export function watchSweeps(world: World): Promise<Watched> {
  return watch(world, { sweepIntervalMs: MINUTE, durationMs: 30 * MINUTE });
}

/** Every row as it is now. */
export function allRows(world: World): readonly (readonly [Table, readonly Row[]])[] {
  return (Object.keys(TableDefinitions) as Table[]).map((table) => [table, world.store.dump(table)]);
}

async function watch(
  world: World,
  { sweepIntervalMs, durationMs }: { readonly sweepIntervalMs: number; readonly durationMs: number },
): Promise<Watched> {
  let asked: Asked[] = [];
  let calls = 0;
  const process = world.start({
    store: createCountedStore(world.store, world.clock.nowMs, (each) => asked.push(each)),
    sweepIntervalMs,
    openIdentityCenter: () =>
      openIdentityCenter({
        send: (command) => {
          calls += 1;
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
  for (let i = 0; i < 3600 && !process.reconciler.hasSwept(); i += 1) await world.advance(SECOND);
  await world.advance(MINUTE);
  [asked, calls] = [[], 0];
  const beganMs = world.clock.nowMs();
  await world.advance(durationMs);
  const watched = { beganMs, durationMs, asked, calls };
  await process.stop();
  return watched;
}
