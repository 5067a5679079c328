// How instants are written in tables and on the wire, and read back.

/** Epoch milliseconds as `2026-01-15T12:00:00Z`: the form of every time that people and the plugin read. */
export function toTimestamp(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 19)}Z`;
}

/** Whether two instants, epoch milliseconds, are the same one in the form of `toTimestamp`. */
export function isSameSecond(aMs: number, bMs: number): boolean {
  return Math.floor(aMs / 1000) === Math.floor(bMs / 1000);
}

/**
 * Epoch milliseconds as `2026-01-15T12:00:00.000Z`: fixed width, so that it sorts as text. Used for `due_at`,
 * where a second is too coarse to follow an operation.
 */
export function toDueAt(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

// What is written back must have four digits for its year, or it neither sorts nor parses.
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Epoch milliseconds of an ISO 8601 instant with a zone, 1970 to 9999; undefined for anything else. */
export function parseTimestamp(text: unknown): number | undefined {
  if (typeof text !== 'string' || !ISO_INSTANT.test(text)) return undefined;
  const instantMs = Date.parse(text);
  return instantMs >= 0 && instantMs <= LAST_MS ? instantMs : undefined;
}
