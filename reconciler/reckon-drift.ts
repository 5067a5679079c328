// Every difference as the rows themselves tell it, whatever became of the runs that should have said so: a run may have
// failed, hang, or never have begun, a leader be new, a row lie about when it is due. Read once a minute.

import type { Assignment } from '../src/assignment.ts';
import { parseAssignmentId } from '../src/assignment.ts';
import { type AssignmentView, standingsOf } from '../src/assignment-view.ts';
import type { WallClock } from '../src/clock.ts';
import type { DriftItem } from '../src/drift.ts';
import { driftOf, unreadableDrift } from '../src/drift-of.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import { ledgerFacts } from '../src/ledger-facts.ts';
import type { Policy } from '../src/policy.ts';
import { assignmentIdOf, type RequestRow } from '../src/request.ts';
import { soundLedger } from '../src/sound-ledger.ts';
import { type StoreReader, scanAll } from '../src/store.ts';
import { readDesired } from './read-desired.ts';

export type ReckonDeps = { readonly store: StoreReader; readonly clock: WallClock; readonly policy: Policy };

export type Reckoned = {
  /** By assignment; those without a difference are left out. */
  readonly drift: ReadonlyMap<string, readonly DriftItem[]>;
  /** What has something to do now, and may be asleep; with the unsettled requests that name it. */
  readonly due: readonly { readonly assignment: Assignment; readonly requestIds: readonly string[] }[];
};

/**
 * `unsettled` are the rows of the sparse index: like the scan of the ledger they may lag, so they only say which
 * assignments to read again. Throws StoreError.
 */
export async function reckonDrift(
  deps: ReckonDeps,
  unsettled: ReadonlyMap<string, RequestRow>,
): Promise<Reckoned> {
  const nowMs = deps.clock.nowMs();
  const drift = new Map<string, readonly DriftItem[]>();
  const due: Reckoned['due'][number][] = [];
  const naming = byAssignment(unsettled);
  for await (const row of scanAll(deps.store, 'assignments')) {
    const ledger = parseLedgerRow(row);
    const assignment = parseAssignmentId(ledger.assignment_id);
    if (assignment === undefined) continue;
    if (!isSuspicious(deps.policy, ledger, unsettled, nowMs)) continue;
    const found = await reckonOne(deps, assignment, nowMs);
    if (found.drift.length > 0) drift.set(ledger.assignment_id, found.drift);
    if (found.isDue) due.push({ assignment, requestIds: naming.get(ledger.assignment_id) ?? [] });
  }
  return { drift, due };
}

/** A row that lost its entries does not name its requests any more; they name it. */
function byAssignment(unsettled: ReadonlyMap<string, RequestRow>): ReadonlyMap<string, readonly string[]> {
  const naming = new Map<string, string[]>();
  for (const request of unsettled.values()) {
    const id = assignmentIdOf(request);
    if (id !== undefined) naming.set(id, [...(naming.get(id) ?? []), request.request_id]);
  }
  return naming;
}

/** Whether anything about a row is not as it should be, as far as copies can tell. */
function isSuspicious(
  policy: Policy,
  ledger: ReturnType<typeof parseLedgerRow>,
  unsettled: ReadonlyMap<string, RequestRow>,
  nowMs: number,
): boolean {
  if (isMalformedLedger(ledger) || ledger.stage !== 'REST' || ledger.sighting !== undefined) return true;
  if (ledger.removals !== undefined || ledger.lost_sight !== undefined) return true;
  if (soundLedger(ledger, nowMs, policy).lies.length > 0) return true;
  const standings = standingsOf({ ledger, requests: unsettled, hold: undefined }, nowMs);
  return standings.wanting.length < Object.keys(ledger.entries).length;
}

async function reckonOne(
  { store, policy }: ReckonDeps,
  assignment: Assignment,
  nowMs: number,
): Promise<{ readonly drift: readonly DriftItem[]; readonly isDue: boolean }> {
  const desired = await readDesired(store, assignment, { requestIds: [], nowMs, policy });
  if ('unreadable' in desired)
    return { drift: [unreadableDrift(assignment, desired.unreadable, nowMs)], isDue: true };
  const view: AssignmentView = { ...desired, live: {}, sessionMs: 0, jitter: 0 };
  const facts = ledgerFacts(view, nowMs, policy);
  return { drift: driftOf(facts), isDue: facts.isDue || hasUnclaimed(desired.ledger, facts.standings.ended) };
}

/** Ended, and not claimed: nobody may have been told when. */
function hasUnclaimed({ stage, entries }: Ledger, ended: readonly string[]): boolean {
  return stage === 'REST' && ended.some((id) => entries[id]?.phase !== 'ENDED');
}
