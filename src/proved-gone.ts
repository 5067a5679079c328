// What the ledger remembers of an ending that was proved, until the rows of its requests say so: recording may have to wait,
// and nothing else waits for it.

import type { Entry, Gone } from './ledger.ts';
import { endingRequestedMs, type Facts } from './ledger-facts.ts';
import { withEnded, withoutEntries } from './ledger-rule.ts';

/** More would say no more to a person, and the row has a size. */
const GROUPS_MAX = 5;

/** The proof, as the ledger remembers it until every request's row says so. */
export function goneNow(facts: Facts): Gone {
  const { view, nowMs } = facts;
  const { ledger, sessionMs } = view;
  return {
    requested: ledger.requested ?? endingRequestedMs(facts),
    deleted: ledger.deleted ?? nowMs,
    confirmed_absent: nowMs,
    ...(ledger.delete_id === undefined ? {} : { aws_request_id: ledger.delete_id }),
    session_ms: sessionMs,
    ...(view.live.groups === undefined ? {} : { groups: view.live.groups.slice(0, GROUPS_MAX) }),
  };
}

/** Without the entries of `ids`, except those that are still to be recorded. */
export function withGone(
  facts: Facts,
  ids: readonly string[],
  gone: Gone,
  unrecorded: ReadonlySet<string>,
): Readonly<Record<string, Entry>> {
  const ended = { ...facts.view.ledger, entries: withEnded(facts, ids) };
  const kept = Object.entries(
    withoutEntries(
      ended,
      ids.filter((id) => !unrecorded.has(id)),
    ),
  );
  return Object.fromEntries(kept.map(([id, entry]) => [id, unrecorded.has(id) ? { ...entry, gone } : entry]));
}
