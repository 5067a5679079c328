// While something lasts that no loop can mend, an ending waits for nothing but AWS: what somebody or the time has ended is
// gone within minutes, whatever cannot be recorded, told or explained.

import type { Row } from '../../src/store.ts';
import { MINUTE, SECOND } from '../world.ts';
import { isEndingStatus, type SeenLedger, seenLedger } from './ledger-row.ts';
import type { Memory } from './perform-act.ts';
import { belongsToSystem, keyOf } from './seen-assignment.ts';
import type { Simulation } from './simulated-world.ts';

const LASTS_MS = 15 * MINUTE;
const LOOK_MS = 5 * SECOND;
/** Two operations of before that never say how they ended, and the longest back-off. */
const ENDING_MAX_MS = 4 * MINUTE;
/** Clocks differ by so much without anything being wrong with them. */
const SKEW_MS = 30 * SECOND;

export async function endingsMeanwhile(simulation: Simulation, memory: Memory): Promise<void> {
  const { world, scene, violations } = simulation;
  const sinceMs = new Map<string, number>();
  const startedMs = world.clock.elapsedMs();
  while (world.clock.elapsedMs() - startedMs < LASTS_MS && violations.length === 0) {
    await world.advance(LOOK_MS);
    const nowMs = world.clock.elapsedMs();
    const overdue = overdueIds(simulation, memory);
    for (const id of sinceMs.keys()) if (!overdue.has(id)) sinceMs.delete(id);
    for (const id of overdue) if (!sinceMs.has(id)) sinceMs.set(id, nowMs);
    for (const [id, ms] of sinceMs)
      if (nowMs - ms > ENDING_MAX_MS)
        scene.report('L2a', `${id} has ended and is live while ${lastingWords(simulation)} lasts`);
  }
}

function overdueIds(simulation: Simulation, memory: Memory): ReadonlySet<string> {
  const { world, troubles, policy } = simulation;
  const { denials } = troubles;
  // Without the ledger nothing is claimed; without the requests nobody knows who wants what.
  const isBlocked = denials.denies('assignments', 'read') || denials.denies('assignments', 'write');
  if (isBlocked || denials.denies('requests', 'read')) return new Set();
  const users = new Set(world.model.snapshot().users.map(({ id }) => id));
  const nowMs = world.clock.nowMs();
  const live = world.model.assignments(nowMs).filter((row) => {
    return row.principalType === 'USER' && users.has(row.principalId) && belongsToSystem(policy().scope, row);
  });
  const contested = new Set([...troubles.tools].map((tool) => tool.assignmentId));
  const ledgers = live.flatMap((row) => {
    return seenLedger(world.store.peek('assignments', { assignment_id: keyOf(row) })) ?? [];
  });
  const overdue = ledgers.filter((ledger) => {
    return !contested.has(ledger.assignment_id) && hasEnded(simulation, memory, ledger, nowMs);
  });
  return new Set(overdue.map((ledger) => ledger.assignment_id));
}

/** Every request that the ledger names for it has ended, in a way that does not hang on a clock that is off. */
function hasEnded(
  { world, troubles }: Simulation,
  memory: Memory,
  { entries }: SeenLedger,
  nowMs: number,
): boolean {
  const isTimeKnown = !troubles.areClocksOff(SKEW_MS);
  const named = Object.entries(entries);
  return (
    named.length > 0 &&
    named.every(([id, entry]) => {
      if (entry.phase === 'ENDED') return true;
      if (isTimeKnown && entry.until + SKEW_MS < nowMs) return true;
      return !memory.spoiled.has(id) && isEnded(world.store.peek('requests', { request_id: id }));
    })
  );
}

function isEnded(row: Row | undefined): boolean {
  return isEndingStatus(row?.status) || isEndingStatus(row?.audited_status);
}

function lastingWords({ troubles }: Simulation): string {
  const tables = ['requests', 'audit', 'config', 'nonces', 'assignments', 'outbox', 'control'] as const;
  const denied = tables.flatMap((table) =>
    (['read', 'write'] as const)
      .filter((right) => troubles.denials.denies(table, right))
      .map((right) => `no ${right} of ${table}`),
  );
  const blind = troubles.blindness === undefined ? [] : [`blindness ${JSON.stringify(troubles.blindness)}`];
  const clocks = troubles.areClocksOff(0) ? ['a clock that is off'] : [];
  return [...denied, ...blind, ...clocks, 'what there was'].join(', ');
}
