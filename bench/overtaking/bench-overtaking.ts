// Who goes first: a thousand expiries are queued, and people revoke; a storm of endings goes on, and people are granted.
// Virtual time, the stand-in for AWS at its documented quotas.

import { quantile } from 'simple-statistics';
import { assignmentId } from '../../src/assignment.ts';
import { MINUTE, SECOND } from '../../test/world.ts';
import type { Bench, BenchResult, Measure, Say } from '../bench.ts';
import { provedTimes, startController } from '../storm/run-controller.ts';
import { DEFAULT_BUDGET } from '../storm/storm-budget.ts';
import { createStormWorld, type StormRequest, type StormWorld } from '../storm/storm-world.ts';

const ACCOUNTS = 60;
const SETS = 5;
const EXPIRIES = 1_000;
const PEOPLE = 200;
/** About so often somebody revokes: the expiries last for all of them. */
const EVERY_MS = 700;
const SETTINGS = { statusListOrder: 'newest-first' } as const;
const MAX_MS = 60 * MINUTE;

/** A Delete by a person, in milliseconds after the revoke. `busyMs`: for so long AWS still worked in that account. */
type Overtaken = {
  readonly calledMs: number;
  readonly busyMs: number;
  readonly provedMs: number;
  readonly operationMs: number;
};

export const benchOvertaking: Bench = async (say) => {
  const people = await revocationsInAStorm(say);
  const free = people.filter(({ busyMs }) => busyMs === 0);
  const calledMs = people.map((each) => each.calledMs);
  const overMs = people.map(({ provedMs, busyMs, operationMs }) => provedMs - busyMs - operationMs);
  const afterMs = people.map((each) => Math.max(0, each.calledMs - each.busyMs));
  const grants = await grantsInAStorm(say);
  return {
    measures: [
      inTime(
        'revoked by a person, account free: called, p99',
        free.map((each) => each.calledMs),
        {
          atMostMs: 1_000,
          against: `${free.length} of ${people.length} revocations`,
        },
      ),
      inTime('revoked by a person: called, from when AWS had left the account, p99', afterMs, {
        atMostMs: 1_000,
        against: 'all of them, also behind an operation in the same account',
      }),
      inTime('revoked by a person: proved, beyond what AWS itself took, p99', overMs, { atMostMs: 2_000 }),
      { name: 'revoked by a person: called, p50', value: quantile(calledMs, 0.5), unit: 'ms' },
      {
        name: 'revoked by a person: called, whatever AWS did in the account, p99',
        value: quantile(calledMs, 0.99),
        unit: 'ms',
      },
      ...grants.measures,
    ],
    notes: NOTES,
  };
};

function inTime(
  name: string,
  timesMs: readonly number[],
  { atMostMs, against }: { readonly atMostMs: number; readonly against?: string },
): Measure {
  const value = quantile([...timesMs], 0.99);
  return {
    name,
    value,
    unit: 'ms',
    goal: { atMost: atMostMs },
    ...(against === undefined ? {} : { against }),
  };
}

async function revocationsInAStorm(say: Say): Promise<readonly Overtaken[]> {
  const storm = await createStormWorld(
    { accounts: ACCOUNTS, permissionSets: SETS, assignments: EXPIRIES + PEOPLE },
    { creates: 'none', settings: SETTINGS },
  );
  const { world, granted } = storm;
  const proved = provedTimes(world);
  const calls = new Map<string, number>();
  const process = await startController(world, DEFAULT_BUDGET, rememberDeletes(storm, calls));
  await expireAllBut(storm, PEOPLE);
  const asked = new Map<string, { readonly atMs: number; readonly busyMs: number }>();
  for (const request of granted.slice(0, PEOPLE)) {
    await world.advance(EVERY_MS);
    const atMs = world.clock.nowMs();
    const busyMs = busyForMs(storm, request, atMs);
    asked.set(request.requestId, { atMs, busyMs });
    await world.revoke(request.requestId);
  }
  const left = granted.filter(({ requestId }) => !proved.has(requestId)).length;
  say(`${PEOPLE} people revoked while expiries were queued; ${left} endings are left`);
  for (
    let waitedMs = 0;
    waitedMs < MAX_MS && [...asked.keys()].some((id) => !proved.has(id));
    waitedMs += SECOND
  )
    await world.advance(SECOND);
  await process.stop();
  return granted
    .slice(0, PEOPLE)
    .map((request) => overtaken(storm, request, { asked: asked.get(request.requestId), calls, proved }));
}

/** For how long the operations that run in the request's account still take. */
function busyForMs({ world }: StormWorld, { assignment }: StormRequest, atMs: number): number {
  const ends = world.model
    .operationsInFlight(atMs)
    .filter((each) => each.kind !== 'PROVISION' && each.assignment.accountId === assignment.accountId)
    .map(({ finishMs }) => (finishMs ?? atMs) - atMs);
  return Math.max(0, ...ends);
}

function overtaken(
  { gone }: StormWorld,
  { requestId, assignment }: StormRequest,
  seen: {
    readonly asked: { readonly atMs: number; readonly busyMs: number } | undefined;
    readonly calls: ReadonlyMap<string, number>;
    readonly proved: ReadonlyMap<string, number>;
  },
): Overtaken {
  const id = assignmentId(assignment);
  const [askedMs, calledMs, goneMs, provedMs] = [
    seen.asked?.atMs,
    seen.calls.get(id),
    gone.get(id),
    seen.proved.get(requestId),
  ];
  if (askedMs === undefined || calledMs === undefined || goneMs === undefined || provedMs === undefined)
    throw new Error(`${id} was not revoked to its end`);
  return {
    calledMs: calledMs - askedMs,
    provedMs: provedMs - askedMs,
    operationMs: goneMs - calledMs,
    busyMs: seen.asked?.busyMs ?? 0,
  };
}

/** When the first Delete of each assignment was called. */
function rememberDeletes({ world }: StormWorld, calls: Map<string, number>): (command: object) => void {
  return (command) => {
    if (!command.constructor.name.startsWith('DeleteAccountAssignment')) return;
    const { TargetId, PermissionSetArn, PrincipalId } = Reflect.get(command, 'input') as Readonly<
      Record<string, string>
    >;
    const id = `${TargetId}#${PermissionSetArn}#${PrincipalId}`;
    if (!calls.has(id)) calls.set(id, world.clock.nowMs());
  };
}

/** Their time is over now, for all but the first few: as an hour that many had asked for at once. */
async function expireAllBut({ world, granted }: StormWorld, kept: number): Promise<void> {
  const endMs = world.clock.nowMs();
  const end = new Date(endMs).toISOString();
  for (const { requestId } of granted.slice(kept))
    await world.edit(requestId, { end_time: `${end.slice(0, 19)}Z`, due_at: end });
  await world.advance(SECOND);
}

/** Half of the storm are approved grants, which wait behind endings by people; how long does each wait? */
async function grantsInAStorm(say: Say): Promise<Pick<BenchResult, 'measures'>> {
  const storm = await createStormWorld(
    { accounts: ACCOUNTS, permissionSets: SETS, assignments: 2 * PEOPLE },
    { creates: 'half', settings: SETTINGS },
  );
  const { world, granted, approved } = storm;
  const proved = provedTimes(world);
  const beganMs = world.clock.nowMs();
  for (const { requestId } of granted) await world.revoke(requestId);
  const process = await startController(world, DEFAULT_BUDGET, () => undefined);
  for (
    let waitedMs = 0;
    waitedMs < MAX_MS && approved.some(({ requestId }) => !proved.has(requestId));
    waitedMs += SECOND
  )
    await world.advance(SECOND);
  await process.stop();
  const after = (requests: readonly StormRequest[]) =>
    requests.map(({ requestId }) => ((proved.get(requestId) ?? Number.POSITIVE_INFINITY) - beganMs) / SECOND);
  const [grantsS, endingsS] = [after(approved), after(granted)];
  say(
    `the first of ${approved.length} grants after ${Math.min(...grantsS)} s, the last ending of ${granted.length} after ${Math.max(...endingsS)} s`,
  );
  const before = grantsS.filter((s) => s < Math.max(...endingsS)).length;
  return {
    measures: [
      {
        name: 'grants approved in a storm: seen live before the last of the endings',
        value: before / approved.length,
        unit: 'of all',
        goal: { atLeast: 0.1 },
        against: 'every fifth turn goes to what has waited longest',
      },
      { name: 'grants approved in a storm: the last one', value: Math.max(...grantsS), unit: 's' },
    ],
  };
}

const NOTES = [
  'AWS changes one permission set of an account at a time: a revocation in an account where an operation runs waits for it. Such ones are counted in all figures but the first.',
  'A grant that n older operations are in front of waits for at most 5 (n + 1) turns of the queue: endings keep four fifths of everything.',
];
