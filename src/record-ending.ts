// What is told and recorded of an ending at rest: that another request keeps the access, or that it was seen gone. None of
// it holds up an ending.

import type { Facts } from './ledger-facts.ts';
import { recordable, type Transition, withoutEntries } from './ledger-rule.ts';
import { goneNow, withGone } from './proved-gone.ts';
import { isSettled, type RequestRow } from './request.ts';
import { removalOf, settleKept, settleRemoved, showRemoved } from './request-changes.ts';
import { stayAtRest } from './stay-at-rest.ts';

/**
 * Others keep the access: those who ended are told so, and their entries leave. One whose row has something else to say
 * first waits for that: settled, nobody would find it again.
 */
export function kept(facts: Facts): Transition | undefined {
  const { ledger, requests } = facts.view;
  const waiting = facts.standings.ended.filter((id) => !facts.unrecorded.has(id));
  if (waiting.length === 0) return undefined;
  const batch = recordable(facts, 'rest-kept', waiting);
  const rows = batch.flatMap((id) => requests.get(id) ?? []).filter((request) => !isSettled(request));
  return {
    next: { ...ledger, entries: withoutEntries(ledger, batch), due_at: facts.nowMs },
    writes: rows.flatMap((request) => settleKept(request, facts.standings.keeping, facts.nowMs)),
    priority: 'person',
    reason: `another request keeps the access: ${facts.standings.keeping.join(', ')}`,
    requestIds: batch,
  };
}

/**
 * What was seen gone is recorded one request at a time: a row that takes nothing must not hold up the others. One that
 * has something else to say first waits for that.
 */
export function recorded(facts: Facts): Transition | undefined {
  const { ledger, requests } = facts.view;
  const waiting = facts.standings.gone.filter((id) => !facts.unrecorded.has(id));
  const [id] = recordable(facts, 'rest-recorded', waiting, 1);
  const gone = id === undefined ? undefined : ledger.entries[id]?.gone;
  if (id === undefined || gone === undefined || facts.view.unread?.requests !== undefined) return undefined;
  const request = requests.get(id);
  const isOpen = request !== undefined && !isSettled(request);
  return {
    next: { ...ledger, entries: withoutEntries(ledger, [id]), due_at: facts.nowMs },
    writes: isOpen ? settleRemoved(request, removalOf(gone), facts.nowMs) : [],
    priority: 'person',
    reason: 'it was seen gone, and that can be recorded now',
    requestIds: [id],
  };
}

/** Gone by another hand while nothing could be decided about who else keeps it: there is nothing left to keep. */
export function endedGone(facts: Facts): Transition {
  const { ledger } = facts.view;
  const entries = withGone(facts, facts.standings.ended, goneNow(facts), new Set(facts.standings.ended));
  return stayAtRest(
    facts,
    { ...ledger, entries, due_at: facts.nowMs },
    'two lists a grace apart do not show it',
  );
}

/** While its events cannot be written, the row alone says that the access is gone. */
export function shown(facts: Facts): Transition | undefined {
  const { ledger, requests } = facts.view;
  const untold = facts.standings.gone.filter((id) => isUntold(requests.get(id)));
  const [id] = recordable(facts, 'rest-shown', untold, 1);
  const gone = id === undefined ? undefined : ledger.entries[id]?.gone;
  const request = id === undefined ? undefined : requests.get(id);
  if (id === undefined || gone === undefined || request === undefined) return undefined;
  return {
    next: ledger,
    writes: [showRemoved(request, removalOf(gone))],
    priority: 'person',
    reason: 'it was seen gone, and its events cannot be written yet',
    requestIds: [id],
  };
}

function isUntold(request: RequestRow | undefined): boolean {
  return request !== undefined && !isSettled(request) && request.assignment_status !== 'GONE';
}
