// Access that is live and in scope, and that no entry speaks for: what is noted of it, and when it may go.

import { SYSTEM, subjectEvent } from './audit-event.ts';
import { isContested } from './contested.ts';
import type { Sighting } from './ledger.ts';
import type { Facts } from './ledger-facts.ts';
import type { Transition } from './ledger-rule.ts';
import { claimDelete } from './ledger-rules-deleting.ts';
import { stayAtRest } from './stay-at-rest.ts';
import { toTimestamp } from './timestamp.ts';

/** Live and in scope, and no entry speaks for it. A row that cannot be understood speaks for it until its time. */
export function isUnexplained(facts: Facts): boolean {
  const { wanting, ended, quarantined } = facts.standings;
  return (
    facts.present &&
    facts.scopeProblem === undefined &&
    facts.view.unread === undefined &&
    wanting.length + ended.length + quarantined.length + (facts.view.audited?.size ?? 0) === 0
  );
}

/**
 * What appears again before the watch is over was created late by us. The look that ends the watch may come a little
 * after it. Where an entry lost its row, it is the loss that has to be explained, and not a late Create.
 */
export function isWatched(facts: Facts): boolean {
  const { watch_until: until } = facts.view.ledger;
  const open = until !== undefined && facts.nowMs < until + facts.policy.graceMs;
  return open && facts.standings.unexplained.length === 0 && !isContested(facts.view.ledger, facts.nowMs);
}

/** Noted, with its event: what is unexplained goes at the second sight at the earliest. */
export function sighted(facts: Facts): Transition {
  const { view } = facts;
  const sighting: Sighting = {
    first_seen: facts.nowMs,
    held: view.explainedBy !== undefined ? 'previous system' : view.firstSweep ? 'first sweep' : undefined,
    explained_by: view.explainedBy,
  };
  const event = subjectEvent({
    subject: `assignment#${view.ledger.assignment_id}`,
    accountId: view.ledger.assignment.accountId,
    version: Math.abs(view.ledger.version) + 1,
    type: 'ORPHAN_FOUND',
    actor: SYSTEM,
    details: {
      note: 'live, in scope, and no request explains it',
      first_seen: toTimestamp(facts.nowMs),
      ...(sighting.held === undefined ? {} : { held: sighting.held }),
      ...(view.explainedBy === undefined ? {} : { explained_by: view.explainedBy }),
    },
    nowMs: facts.nowMs,
  });
  return {
    ...stayAtRest(
      facts,
      { ...view.ledger, sighting, absent_since: undefined },
      'live and unexplained, seen for the first time',
    ),
    writes: [event],
  };
}

/** Seen twice a grace apart: released by a person, or inferred; undefined before that. */
export function orphan(facts: Facts): Transition | undefined {
  const { sighting } = facts.view.ledger;
  if (sighting === undefined || facts.nowMs - sighting.first_seen < facts.policy.graceMs) return undefined;
  const { released } = sighting;
  if (released !== undefined && facts.nowMs < released.until) {
    const claim = claimDelete(facts, 'released', `withheld, and released by ${released.by}`);
    return { ...claim, next: { ...claim.next, requested: sighting.first_seen } };
  }
  const claim = claimDelete(facts, 'inferred', 'live in two lists a grace apart, and no request explains it');
  return { ...claim, next: { ...claim.next, requested: sighting.first_seen }, inferred: true };
}
