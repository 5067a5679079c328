// A world with so many requests in it, ready for the storm: AWS at its documented quotas, nothing running yet.

import type { Settings } from '../../local/identity-center/settings.ts';
import { type Assignment, assignmentId } from '../../src/assignment.ts';
import { ADMIN, createWorld, HOUR, seededRandom, type World } from '../../test/world.ts';
import { copyRows, templates } from './copied-rows.ts';
import { type StormSize, stormOrganisation } from './storm-organisation.ts';

/** What AWS documents: 20 calls a second and 15 operations at a time, one at a time in an account. */
const QUOTAS: Partial<Settings> = {
  ratePerSecond: 20,
  rateBurst: 20,
  outstandingMax: 15,
  outstandingCountsDelete: true,
  conflictScope: 'account',
};

/** Durations around a second and a half; one in fifty takes ten. */
export const DURATIONS: Partial<Settings> = {
  operationMs: 1_500,
  operationJitter: 0.5,
  operationTailShare: 0.02,
  operationTailMs: 10_000,
};

/** Of those that AWS carried out in this world, milliseconds: what was drawn, and not what was to be expected. */
export function meanOperationMs({ world }: StormWorld): number {
  const { operations } = world.model.snapshot();
  const storms = operations.slice(TEMPLATE_OPERATIONS);
  const totalMs = storms.reduce(
    (sum, { createdMs, finishMs }) => sum + ((finishMs ?? createdMs) - createdMs),
    0,
  );
  return totalMs / storms.length;
}

/** The Create of the request that all rows are copies of. */
const TEMPLATE_OPERATIONS = 1;

export type StormRequest = { readonly requestId: string; readonly assignment: Assignment };

export type StormWorld = {
  readonly world: World;
  /** Live, each with its GRANTED request. */
  readonly granted: readonly StormRequest[];
  /** Not live yet, each with its APPROVED request. */
  readonly approved: readonly StormRequest[];
  readonly gone: ReadonlyMap<string, number>;
  readonly made: ReadonlyMap<string, number>;
  readonly random: () => number;
};

/** Every request of an odd number is approved and waits, where `creates` is half; all are granted where it is none. */
export async function createStormWorld(
  size: StormSize,
  options: {
    readonly creates: 'none' | 'half';
    readonly settings?: Partial<Settings>;
    readonly seed?: number;
  },
): Promise<StormWorld> {
  const isGranted = (n: number) => options.creates === 'none' || n % 2 === 0;
  const { organisation, permissionSetArns, assignments } = stormOrganisation(size, isGranted);
  const gone = new Map<string, number>();
  const made = new Map<string, number>();
  const world = await createWorld({
    seed: options.seed ?? 1,
    organisation,
    policy: {
      scope: {
        permissionSetArns: [...permissionSetArns, ADMIN],
        excludedAccountIds: [],
        protectedPrincipalIds: [],
      },
      watchMs: 90_000,
    },
    onAssignmentChange: ({ assignment, present, atMs }) =>
      void (present ? made : gone).set(assignmentId(assignment), atMs),
  });
  const rows = await templates(world);
  const requests = assignments.map((assignment, n) => ({ requestId: requestId(n), assignment }));
  for (const [n, request] of requests.entries()) {
    const copied = copyRows(isGranted(n) ? rows.granted : rows.approved, request);
    world.store.load('requests', [copied.request]);
    world.store.load('assignments', [copied.ledger]);
  }
  world.model.changeSettings({ ...QUOTAS, ...DURATIONS, ...options.settings });
  await world.advance(HOUR);
  made.clear();
  return {
    world,
    granted: requests.filter((_, n) => isGranted(n)),
    approved: requests.filter((_, n) => !isGranted(n)),
    gone,
    made,
    random: seededRandom(options.seed ?? 1),
  };
}

function requestId(n: number): string {
  return `bbbbbbbb-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
