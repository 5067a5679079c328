// What was said about a person as a whole: everything before an instant is revoked, and until another one nothing new
// is granted. One row of `jit_control` per principal; claims to create are conditional on it.

import { z } from 'zod';
import { asItLies } from './as-it-lies.ts';
import type { Condition, Key, Row, Write } from './store.ts';
import { parseTimestamp } from './timestamp.ts';

const HoldRow = z.object({
  name: z.string(),
  version: z.int().positive(),
  principal_id: z.string(),
  email: z.string().optional(),
  /** Requests created before this are to be revoked. */
  revoked_before: z.string().optional(),
  /** For how long the loop keeps looking for such requests: an index may lag. */
  search_until: z.string().optional(),
  frozen: z.boolean(),
  /** Without it a freeze lasts until it is lifted. */
  freeze_until: z.string().optional(),
  actor_email: z.string(),
  reason: z.string(),
});
export type PrincipalHold = z.output<typeof HoldRow> & {
  /** The row cannot be read: it keeps new access away, and takes none. */
  readonly unreadable?: true;
  /** The version as it lies in the row, where that is not the one above: what a hand typed may have none. */
  readonly storedVersion?: unknown;
};

export function holdName(principalId: string): string {
  return `principal#${principalId}`;
}

export function holdKey(principalId: string): Key {
  return { name: holdName(principalId) };
}

/** The one parser of hold rows. A row that cannot be read gives nobody new access: fail closed. */
export function parseHoldRow(row: Row | undefined): PrincipalHold | undefined {
  if (row === undefined) return undefined;
  const parsed = HoldRow.safeParse(row);
  if (parsed.success) return parsed.data;
  return {
    name: String(row.name),
    version: typeof row.version === 'number' && Number.isSafeInteger(row.version) ? row.version : 1,
    storedVersion: row.version,
    principal_id: String(row.name).slice('principal#'.length),
    frozen: true,
    unreadable: true,
    actor_email: 'unknown',
    reason: 'the row cannot be read',
  };
}

/** Whether the person's access is to be ended, by somebody's word that can be read. */
export function isEndedByHold(hold: PrincipalHold | undefined, nowMs: number): boolean {
  return hold?.unreadable !== true && isFrozen(hold, nowMs);
}

/** Whether nothing new may be granted to the person. */
export function isFrozen(hold: PrincipalHold | undefined, nowMs: number): boolean {
  if (hold === undefined || !hold.frozen) return false;
  const until = parseTimestamp(hold.freeze_until);
  return until === undefined || nowMs < until;
}

/** Whether a revocation of everything, said since, covers a request made at `createdAt`. */
export function isRevokedBefore(hold: PrincipalHold | undefined, createdAt: string): boolean {
  const before = parseTimestamp(hold?.revoked_before);
  if (before === undefined) return false;
  const created = parseTimestamp(createdAt);
  return created === undefined || created < before;
}

/** The condition that the hold is still as it was read, as an item of a transaction. */
export function unchangedHold(principalId: string, hold: PrincipalHold | undefined): Write {
  return { kind: 'check', table: 'control', key: holdKey(principalId), onlyIf: asRead(hold) };
}

/** Puts `next` in the place of the hold that was read. */
export function holdWrite(
  read: PrincipalHold | undefined,
  next: Omit<PrincipalHold, 'name' | 'version'>,
): Write {
  const { unreadable: _unreadable, storedVersion: _stored, ...kept } = next;
  const row = { ...kept, name: holdName(next.principal_id), version: (read?.version ?? 0) + 1 };
  return {
    kind: 'put',
    table: 'control',
    row,
    onlyIf: asRead(read),
  };
}

function asRead(hold: PrincipalHold | undefined): readonly Condition[] {
  const version = hold !== undefined && 'storedVersion' in hold ? hold.storedVersion : hold?.version;
  return [asItLies('version', version)];
}
