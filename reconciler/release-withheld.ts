// A named person lets withheld endings go: exactly those that the digest names, each read again before it goes, for an
// hour, once.

import { parseAssignmentId } from '../src/assignment.ts';
import { subjectEvent } from '../src/audit-event.ts';
import type { Brake } from '../src/brake.ts';
import { readChunkedList } from '../src/chunked-list.ts';
import type { WallClock } from '../src/clock.ts';
import { WithheldItem, withheldDigest } from '../src/drift.ts';
import { isMalformedLedger, ledgerWrite, parseLedgerRow } from '../src/ledger.ts';
import type { PassRow } from '../src/pass.ts';
import { publishedKey } from '../src/published-state.ts';
import { RELEASE_VALID_MS } from '../src/sound-ledger.ts';
import type { Store } from '../src/store.ts';
import { parseTimestamp, toDueAt } from '../src/timestamp.ts';
import { readBrake, releasedBrake } from './judge-inferences.ts';

export type Release =
  | { readonly kind: 'released'; readonly assignmentIds: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

/** Marks the ledger rows that a release covers. What was seen again since, or is gone, is not among them. */
export async function releaseWithheld(
  { store, clock }: { readonly store: Store; readonly clock: WallClock },
  pass: Pick<PassRow, 'pass_id' | 'actor_email' | 'reason'>,
  digest: string,
): Promise<Release> {
  const items = await readWithheld(store);
  if (items === undefined)
    return { kind: 'refused', why: 'the list of what is withheld is being written, try again' };
  if (items.length === 0) return { kind: 'refused', why: 'nothing is withheld' };
  if (withheldDigest(items) !== digest) {
    return { kind: 'refused', why: 'the digest does not name what is withheld now; read GET /plan again' };
  }
  const brake = await readBrake(store);
  // The same pass may come again after a crash in the middle; another pass may not use the digest twice.
  const valid = isValid(brake, digest, clock.nowMs());
  if (valid && brake.released_by_pass !== pass.pass_id) {
    return { kind: 'refused', why: 'this digest was released before, and a release is good once' };
  }
  const event = subjectEvent({
    subject: 'control#brake',
    version: brake.version + 1,
    type: 'RELEASED',
    actor: { email: pass.actor_email },
    details: { digest, count: String(items.length), reason: pass.reason, pass_id: pass.pass_id },
    nowMs: clock.nowMs(),
  });
  if (!valid) {
    const written = await store.transact([releasedBrake(brake, digest, pass.pass_id, clock.nowMs()), event]);
    if (written.outcome === 'refused')
      return { kind: 'refused', why: 'the brake changed at the same moment, try again' };
  }
  const released: string[] = [];
  for (const item of items)
    if (await markReleased(store, clock, item, pass.actor_email)) released.push(item.assignment_id);
  return { kind: 'released', assignmentIds: released };
}

/** Whether this digest was released, and the hour is not over. */
function isValid({ released_digest, released_at }: Brake, digest: string, nowMs: number): boolean {
  const releasedMs = parseTimestamp(released_at);
  return released_digest === digest && releasedMs !== undefined && nowMs - releasedMs < RELEASE_VALID_MS;
}

export async function readWithheld(
  store: Pick<Store, 'get' | 'getMany'>,
): Promise<readonly WithheldItem[] | undefined> {
  const key = publishedKey('withheld', 'enforce');
  if ((await store.get('control', key)) === undefined) return [];
  const list = await readChunkedList(store, key);
  return list?.items.flatMap((item) => {
    const parsed = WithheldItem.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}

async function markReleased(
  store: Store,
  clock: WallClock,
  item: WithheldItem,
  by: string,
): Promise<boolean> {
  const row = await store.get('assignments', { assignment_id: item.assignment_id });
  const ledger = row === undefined ? undefined : parseLedgerRow(row);
  if (
    ledger === undefined ||
    isMalformedLedger(ledger) ||
    parseAssignmentId(item.assignment_id) === undefined
  )
    return false;
  const { sighting } = ledger;
  if (sighting === undefined || toDueAt(sighting.first_seen) !== item.first_seen) return false;
  const released = { by, until: clock.nowMs() + RELEASE_VALID_MS };
  const written = await store.transact([
    ledgerWrite(ledger, { ...ledger, sighting: { ...sighting, released } }),
  ]);
  return written.outcome === 'written';
}
