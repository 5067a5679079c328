// The words for every difference between what is desired and what is live, and for what is withheld. They are what
// operators read in `GET /drift` and `GET /plan`.

import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * expired, revoked: an ending was stated and the access is still live. orphaned: live, in scope, unexplained.
 * missing: granted, and gone by another hand. foreign: a GROUP or protected row on a managed permission set.
 * stuck: tried, and still there; or ended while out of scope; or not to be written. quarantined: a row that cannot be
 * understood. contested: made again by another hand after each removal. unread: what could not be looked at.
 */
export const DriftKinds = [
  'expired',
  'revoked',
  'orphaned',
  'missing',
  'foreign',
  'stuck',
  'quarantined',
  'contested',
  'unread',
] as const;
export type DriftKind = (typeof DriftKinds)[number];

export const DriftItem = z.object({
  kind: z.enum(DriftKinds),
  assignment_id: z.string(),
  account_id: z.string(),
  permission_set_arn: z.string(),
  principal_id: z.string(),
  request_ids: z.array(z.string()),
  /** Since when it is so, as far as is known. */
  since: z.string(),
  attempts: z.int().nonnegative(),
  last_error: z.string().optional(),
  next_try: z.string().optional(),
  /** What it is, in a sentence. */
  detail: z.string(),
});
export type DriftItem = z.output<typeof DriftItem>;

export const WithheldReasons = [
  'brake',
  'first sweep',
  'previous system',
  'incomplete view',
  'wrong clock',
] as const;
export type WithheldReason = (typeof WithheldReasons)[number];

export const WithheldItem = z.object({
  assignment_id: z.string(),
  account_id: z.string(),
  permission_set_arn: z.string(),
  principal_id: z.string(),
  reason: z.enum(WithheldReasons),
  first_seen: z.string(),
  /** The old request that explains the access, where there is one. */
  explained_by: z.string().optional(),
  detail: z.string(),
});
export type WithheldItem = z.output<typeof WithheldItem>;

/**
 * Names exactly these assignments in exactly this state: SHA-256 (hex) of the sorted assignment ids with their sighting
 * times. A release that carries it covers these and nothing that was withheld since.
 */
export function withheldDigest(items: readonly Pick<WithheldItem, 'assignment_id' | 'first_seen'>[]): string {
  const lines = items.map((item) => `${item.assignment_id} ${item.first_seen}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** A change that the loop would make, as people read it. */
export const PlannedChange = z.object({
  assignment_id: z.string(),
  /** The row of the state table that it follows. */
  rule: z.string(),
  reason: z.string(),
  request_ids: z.array(z.string()),
});
export type PlannedChange = z.output<typeof PlannedChange>;
