// Access that another hand makes again after each removal: a Terraform apply, a script. It is no late Create of ours, so it
// is inferred from then on, counted and braked, and people are told by name and number.

import type { Ledger } from './ledger.ts';

/** What was removed twice within this time, and came back after the first, is contested. */
const REMEMBERED_MS = 24 * 3_600_000;
const CONTESTED_REMOVALS = 2;

/** Whether it was removed twice or more, lately, since anybody was granted it. */
export function isContested({ removals }: Pick<Ledger, 'removals'>, nowMs: number): boolean {
  return removals !== undefined && removals.times >= CONTESTED_REMOVALS && nowMs < contestedUntil(removals);
}

/** Until when the removals are remembered. Epoch milliseconds. */
export function contestedUntil({ last }: NonNullable<Ledger['removals']>): number {
  return last + REMEMBERED_MS;
}
