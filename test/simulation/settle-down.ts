// Faults stop, somebody mends what only a person can mend, and from then on the world must come to rest, and stay there.

import type { Row } from '../../src/store.ts';
import { MINUTE, SECOND } from '../world.ts';
import { disagreements, replay } from './agreement.ts';
import { isEndingStatus, seenLedger } from './ledger-row.ts';
import { ACCOUNTS, CALM, type Memory, rollOut } from './perform-act.ts';
import { emptyFilledRows, see } from './perform-trouble.ts';
import type { Simulation } from './simulated-world.ts';

/** The longest that settling may take: two operations without a verdict, two graces and some sweeps. */
export const SETTLE_MAX_MS = 15 * MINUTE;
const LOOK_MS = 5 * SECOND;
/** Short grants end in it, and the longest that an ending may take where nothing is in its way but what was. */
const OUTLAST_MS = 6 * MINUTE;
const ON_ITS_WAY_MS = 15 * SECOND;
const WAITS_MAX = 24;
/** What ends by itself meanwhile may meet an operation of before, and its back-off. */
const STAY_WAITS_MAX = 60;
const STAY_MS = 60 * SECOND;

/** Answers how long it took, virtual milliseconds; violations are reported. */
export async function settleDown(
  simulation: Simulation,
  memory: Memory,
  { stay }: { readonly stay: boolean },
): Promise<number> {
  const { world, scene } = simulation;
  faultsStop(simulation);
  await outlast(simulation);
  if (simulation.violations.length > 0) return 0;
  whatLastsEnds(simulation);
  await everythingArrives(simulation);
  const startedMs = world.clock.elapsedMs();
  let left = ['nothing was looked at'] as readonly string[];
  while (left.length > 0 && world.clock.elapsedMs() - startedMs < SETTLE_MAX_MS) {
    await world.advance(LOOK_MS);
    left = disagreements(simulation, memory);
    if (simulation.violations.length > 0) return 0;
  }
  const tookMs = world.clock.elapsedMs() - startedMs;
  for (const problem of left.slice(0, 3)) scene.report('L1', `it does not settle: ${problem}`);
  if (left.length > 0) return tookMs;
  if (stay) await staysSettled(simulation, memory);
  judgeHistory(simulation, memory);
  return tookMs;
}

/** What was asked of the API and is still on its way arrives. */
async function everythingArrives(simulation: Simulation): Promise<void> {
  await simulation.world.advance(ON_ITS_WAY_MS);
  for (let waits = 0; waits < WAITS_MAX && simulation.isAsked(); waits += 1)
    await simulation.world.advance(LOOK_MS);
}

function whatLastsEnds(simulation: Simulation): void {
  simulation.troubles.end();
  see(simulation);
  emptyFilledRows(simulation);
  mendByHand(simulation);
}

/**
 * What lasts goes on for a while after all else is well, and a table that is refused always does: what must not wait for
 * it is done by then, and whoever times that (`watch-endings.ts`) says where it is not.
 */
async function outlast({ world, history, troubles, violations }: Simulation): Promise<void> {
  if (history.surroundings.lasting !== true && !troubles.denials.areThere()) return;
  const startedMs = world.clock.elapsedMs();
  while (world.clock.elapsedMs() - startedMs < OUTLAST_MS && violations.length === 0)
    await world.advance(LOOK_MS);
}

function faultsStop(simulation: Simulation): void {
  const { world, misfortunes, running, history } = simulation;
  misfortunes.clear();
  world.chat.answer = 'ok';
  world.model.clearFaults();
  world.model.changeSettings({ ...CALM, ...history.surroundings.answers, ...CALM });
  for (const id of ACCOUNTS)
    world.model.change(
      { kind: 'put-account', account: { id, name: id, suspended: false } },
      world.clock.nowMs(),
    );
  for (const { clock } of running) clock.wakeUp();
  simulation.apiProcess().clock.wakeUp();
  void rollOut(simulation);
}

/** As the runbooks say: control rows that cannot be read are taken out of the way. The ledger's mend themselves. */
function mendByHand({ world }: Simulation): void {
  for (const row of world.store.dump('control'))
    if (isSpoiled(row))
      void world.store.transact([{ kind: 'delete', table: 'control', key: { name: String(row.name) } }]);
}

function isSpoiled(row: Row): boolean {
  if (typeof row.version === 'string') return true;
  if (row.name === 'brake') return typeof row.tripped !== 'boolean';
  return String(row.name).startsWith('principal#') && typeof row.frozen !== 'boolean';
}

async function staysSettled(simulation: Simulation, memory: Memory): Promise<void> {
  const { world, scene } = simulation;
  const calls = new Map<string, number>();
  const watch = {
    called: ({ assignmentId }: { readonly assignmentId: string }) =>
      void calls.set(assignmentId, (calls.get(assignmentId) ?? 0) + 1),
  };
  simulation.watch(watch);
  const ends = endingSoon(simulation, world.clock.nowMs() + STAY_MS + 30 * SECOND);
  await world.advance(STAY_MS);
  // For a user who is gone or disabled it is tried on, and not hot.
  const { users } = world.model.snapshot();
  const isThere = (id: string) => users.some((user) => id.endsWith(user.id) && user.status !== 'DISABLED');
  for (const [id, count] of calls) {
    if (ends.has(id) || (!isThere(id) && count <= STAY_MS / (5 * SECOND))) continue;
    scene.report('L1', `it had settled, and ${id} was called ${count} times`);
  }
  for (let waited = 0; waited < STAY_WAITS_MAX && disagreements(simulation, memory).length > 0; waited += 1)
    await world.advance(LOOK_MS);
  for (const problem of disagreements(simulation, memory).slice(0, 3))
    scene.report('L1', `it had settled, and does not stay so: ${problem}`);
}

/** The assignments that some entry, or some request without one, gives up before this instant. */
function endingSoon({ world }: Simulation, beforeMs: number): ReadonlySet<string> {
  const entries = world.store.dump('assignments').flatMap((row) => {
    const ledger = seenLedger(row);
    const ends = Object.values(ledger?.entries ?? {}).some(({ until }) => until < beforeMs);
    // A Create whose answer was lost may still take effect, and is undone.
    const soon = ends || (ledger?.watch_until ?? 0) > world.clock.nowMs();
    return ledger === undefined || !soon ? [] : [ledger.assignment_id];
  });
  const rows = world.store
    .dump('requests')
    .filter((row) => [row.end_time, row.due_at].some((instant) => Date.parse(String(instant)) < beforeMs));
  return new Set([...entries, ...rows.map((row) => String(row.assignment_id))]);
}

/** T2 at the end: the audit trail of each request leads to its state, and no ending was taken back. */
function judgeHistory(simulation: Simulation, memory: Memory): void {
  const { world, scene } = simulation;
  for (const row of world.store.dump('requests')) {
    const id = String(row.request_id);
    if (memory.spoiled.has(id) || memory.takenOver.has(id) || memory.timesLost > 0) continue;
    const replayed = replay(simulation, id);
    if (replayed !== undefined && replayed !== row.audited_status)
      scene.report('T2', `the audit of ${id} says ${replayed}, its row ${String(row.audited_status)}`);
    if ((memory.revoked.has(id) || memory.revokedAsWhole.has(id)) && !isEndingStatus(row.status))
      scene.report('S4', `${id} was revoked with 200 and is ${String(row.status)}`);
  }
}
