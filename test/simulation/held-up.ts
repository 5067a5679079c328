// What keeps the loop from its work and is no fault of its own: only here, and only where nothing can be done about it.
// Whoever judges how long something takes asks here, so that no two judges excuse differently.

import type { Row } from '../../src/store.ts';
import type { Actor, Scene } from './watcher.ts';

/** No clock is further off than this with nothing wrong; further off, its process may know that it is wrong. */
export const CLOCK_MS = 15_000;

/** Who has to end what has ended now; undefined where nobody can. */
export function whoEnds(scene: Scene): Actor | undefined {
  const { faults } = scene;
  if (!isLedgerOpen(scene)) return undefined;
  // Where nobody can hold the lease, each of them does it.
  return isLeaseOut(scene) ? faults.atWork()[0] : faults.leader();
}

/** Nobody can hold the lease, which is a row of the table of control. */
export function isLeaseOut({ denials, store }: Scene): boolean {
  if (denials.denies('control', 'read') || denials.denies('control', 'write')) return true;
  return isFull(store.peek('control', { name: 'leader' }));
}

/** Who has to tell what is amiss; undefined where nobody can know it. */
export function whoTells(scene: Scene): Actor | undefined {
  return isLedgerOpen(scene) ? scene.faults.leader() : undefined;
}

/** Nothing is claimed but in the ledger, and without the requests nobody knows who wants what. */
function isLedgerOpen({ denials }: Scene): boolean {
  const isBlocked = denials.denies('assignments', 'read') || denials.denies('assignments', 'write');
  return !isBlocked && !denials.denies('requests', 'read');
}

/** Hands left no room in the row: nothing can be written into it. */
export function isFull(row: Row | undefined): boolean {
  return row?.padding !== undefined;
}

/** Whether who would end it cannot know what time it is: by a clock that is wrong nothing ends. */
export function isTimeUnknown(scene: Scene): boolean {
  const { faults } = scene;
  const leader = faults.leader();
  return (leader === undefined ? faults.atWork() : [leader]).some(
    ({ offMs }) => Math.abs(offMs()) > CLOCK_MS,
  );
}
