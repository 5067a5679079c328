// What keeps the loop from its work and is no fault of its own: only here, and only where nothing can be done about it.
// Whoever judges how long something takes asks here, so that no two judges excuse differently.

import type { Running } from './simulated-world.ts';
import type { Scene } from './watcher.ts';

/** Clocks differ by so much without anything being wrong with them. */
export const SKEW_MS = 30_000;

/** The process that leads and can write down what it is about to do; undefined where none can. */
export function ableLeader(scene: Scene): Running | undefined {
  const { denials } = scene;
  // Nothing is claimed but in the ledger, and without the requests nobody knows who wants what.
  const isBlocked = denials.denies('assignments', 'read') || denials.denies('assignments', 'write');
  if (isBlocked || denials.denies('requests', 'read') || isWithoutLease(scene)) return undefined;
  return scene.faults.leader();
}

/** The lease is kept in the table of control. To be taken out when endings are claimed without one. */
function isWithoutLease({ denials }: Scene): boolean {
  return denials.denies('control', 'read') || denials.denies('control', 'write');
}

/** Nothing can be written into it: hands left no room. */
export function isFull({ store }: Scene, assignmentId: string): boolean {
  return store.peek('assignments', { assignment_id: assignmentId })?.padding !== undefined;
}

/** Whether who leads cannot know what time it is: by a clock that is off nothing ends. */
export function isTimeUnknown(scene: Scene): boolean {
  const leader = scene.faults.leader();
  return leader !== undefined && Math.abs(leader.clock.nowMs() - scene.nowMs()) > SKEW_MS;
}
