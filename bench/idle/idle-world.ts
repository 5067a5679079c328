// A world in which nothing happens: with empty tables, with many grants that last, or with much that is long settled.

import type { Row } from '../../src/store.ts';
import { createWorld, MINUTE, SECOND, type World } from '../../test/world.ts';
import { copyRows, type RequestRows, templates } from '../storm/copied-rows.ts';
import { stormOrganisation } from '../storm/storm-organisation.ts';

export type IdleState = { readonly name: string; readonly grants: number; readonly settled: number };

const ACCOUNTS = 500;
const PERMISSION_SETS = 2;
/** The templates were written in a world of their own, whose clock has gone on. */
const LATER_MS = 10 * MINUTE;

/** Every row is a copy of one that the real handlers and the real loop wrote. */
export async function createIdleWorld({ grants, settled }: IdleState): Promise<World> {
  const size = { accounts: ACCOUNTS, permissionSets: PERMISSION_SETS, assignments: grants };
  const { organisation, permissionSetArns, assignments } = stormOrganisation(size, () => true);
  const scope = { permissionSetArns, excludedAccountIds: [], protectedPrincipalIds: [] };
  const world = await createWorld({ organisation, policy: { scope } });
  const { granted, ended } = await writtenRows();
  for (const [n, assignment] of assignments.entries()) {
    const rows = copyRows(granted, { requestId: requestId('b', n), assignment });
    world.store.load('requests', [rows.request]);
    world.store.load('assignments', [rows.ledger]);
  }
  const text = JSON.stringify(ended);
  for (let n = 0; n < settled; n += 1) {
    const copy = JSON.parse(text.replaceAll(String(ended.request_id), requestId('c', n))) as Row;
    world.store.load('requests', [copy]);
  }
  await world.advance(LATER_MS);
  return world;
}

/** One request as it lies there granted, and as it lies there when it was revoked, seen gone, recorded and told. */
async function writtenRows(): Promise<{ readonly granted: RequestRows; readonly ended: Row }> {
  const world = await createWorld();
  const { granted } = await templates(world);
  const id = String(granted.request.request_id);
  world.start();
  await world.advance(30 * SECOND);
  await world.revoke(id);
  await world.advance(5 * MINUTE);
  await world.stop();
  if (world.ledger().length > 0) throw new Error('the template did not settle');
  return { granted, ended: world.row(id) };
}

function requestId(kind: string, n: number): string {
  return `${kind.repeat(8)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
