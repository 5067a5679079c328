// Three thousand accounts with five permission sets each, a few of which hold a grant that lasts for days.

import type { Row } from '../../src/store.ts';
import { toDueAt, toTimestamp } from '../../src/timestamp.ts';
import {
  createWorld,
  DEV,
  MINUTE,
  STAGING,
  seededRandom,
  type World,
  type WorldOptions,
} from '../../test/world.ts';
import { copyRows, type RequestRows, templates } from '../storm/copied-rows.ts';
import { stormOrganisation } from '../storm/storm-organisation.ts';

export type Pair = { readonly accountId: string; readonly permissionSetArn: string };

export type SweepWorld = {
  readonly world: World;
  readonly pairs: readonly Pair[];
  /** One list for each pair, and the pages of the accounts of each permission set. */
  readonly callsMin: number;
  /** Those of them that hold a grant. */
  readonly granted: readonly Pair[];
};

const ACCOUNTS = 3_000;
const PERMISSION_SETS = 5;
/** AWS's maximum. */
const ROWS_PER_PAGE = 100;
/** The templates were written in a world of their own, whose clock has gone on. */
const LATER_MS = 10 * MINUTE;

/** `untilMs` is how long the grants last from the beginning of the world. */
export async function createSweepWorld(options: {
  readonly grants: number;
  readonly untilMs: number;
  readonly onAssignmentChange?: NonNullable<WorldOptions['onAssignmentChange']>;
}): Promise<SweepWorld> {
  const size = {
    accounts: ACCOUNTS,
    permissionSets: PERMISSION_SETS,
    assignments: ACCOUNTS * PERMISSION_SETS,
  };
  const { organisation, permissionSetArns, assignments } = stormOrganisation(size, () => true);
  let started = false;
  const world = await createWorld({
    organisation,
    policy: { scope: { permissionSetArns, excludedAccountIds: [DEV, STAGING], protectedPrincipalIds: [] } },
    // What is found is to go: how much of it, is measured elsewhere.
    limits: { count: 1_000_000, share: 1 },
    onAssignmentChange: (change) => started && options.onAssignmentChange?.(change),
  });
  const written = lasting(await grantedRows(), world.clock.nowMs() + options.untilMs);
  // Each in an account of its own: an ending never waits behind another of the same account.
  const chosen = new Set(chooseSome(assignments.slice(0, ACCOUNTS), options.grants));
  for (const [n, assignment] of assignments.entries()) {
    if (chosen.has(assignment)) {
      const rows = copyRows(written, { requestId: requestId(n), assignment });
      world.store.load('requests', [rows.request]);
      world.store.load('assignments', [rows.ledger]);
    } else {
      // It stays provisioned, and nobody holds it.
      const row = { ...assignment, principalType: 'USER' } as const;
      world.model.change({ kind: 'unassign', assignment: row }, world.clock.nowMs());
    }
  }
  await world.advance(LATER_MS);
  started = true;
  const pairOf = ({ accountId, permissionSetArn }: Pair) => ({ accountId, permissionSetArn });
  return {
    world,
    pairs: assignments.map(pairOf),
    callsMin: assignments.length + PERMISSION_SETS * Math.ceil(ACCOUNTS / ROWS_PER_PAGE),
    granted: [...chosen].map(pairOf),
  };
}

/** The same ones every time. */
export function chooseSome<T>(items: readonly T[], count: number): readonly T[] {
  const random = seededRandom(count + 1);
  const left = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat();
}

async function grantedRows(): Promise<RequestRows> {
  const { granted } = await templates(await createWorld());
  return granted;
}

/** Granted for longer than a person may be: the organisation is to hold still while it is swept. */
function lasting({ request, ledger }: RequestRows, untilMs: number): RequestRows {
  const until = toDueAt(untilMs);
  const minutes = Math.round(untilMs / MINUTE);
  const entries = Object.entries(ledger.entries as Row).map(([id, entry]) => [
    id,
    { ...(entry as Row), until, minutes },
  ]);
  return {
    request: { ...request, end_time: toTimestamp(untilMs), due_at: until },
    ledger: { ...ledger, entries: Object.fromEntries(entries), due_at: until },
  };
}

function requestId(n: number): string {
  return `dddddddd-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
