// What was said about a person as a whole, as the watchers read it: straight from the table of control.

import type { Row } from '../../src/store.ts';

/** The person is frozen at this instant, or everything that was asked for before another one was revoked. */
export function isHeld(hold: Row | undefined, request: Row | undefined, nowMs: number): boolean {
  // What cannot be read takes nothing.
  if (typeof hold?.version !== 'number' || typeof hold.actor_email !== 'string') return false;
  const until = typeof hold.freeze_until === 'string' ? Date.parse(hold.freeze_until) : undefined;
  if (hold.frozen === true && (until === undefined || until > nowMs)) return true;
  return Date.parse(String(request?.created_at)) < Date.parse(String(hold.revoked_before));
}
