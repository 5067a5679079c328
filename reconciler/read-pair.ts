// What the tables know of one pair, beside what AWS lists for it: which assignments deserve a closer look.

import { type Assignment, assignmentId, pairId, parseAssignmentId } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import type { Policy } from '../src/policy.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { parseRequestRow, requestKey } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import { type SweepFindings, sweepFindings } from '../src/sweep-findings.ts';
import type { Granted } from './granted-requests.ts';
import type { LivePrincipal, Pair } from './identity-center.ts';

type Deps = { readonly store: StoreReader; readonly clock: WallClock; readonly policy: Policy };

/**
 * `doubtful` are the assignments to look at: those of the findings, those of which the ledger lost a request, and those
 * whose row cannot be understood.
 */
export async function readPair(
  deps: Deps,
  pair: Pair,
  { principals, granted }: { readonly principals: readonly LivePrincipal[]; readonly granted: Granted },
): Promise<{ readonly findings: SweepFindings; readonly doubtful: readonly Assignment[] }> {
  const { ledgers, spoilt } = await ledgersOf(deps.store, pair);
  const findings = await findingsOf(deps, pair, { principals, ledgers });
  const doubtful = [...findings.doubtful, ...forgotten(granted, ledgers), ...spoilt];
  const distinct = new Map(doubtful.map((assignment) => [assignmentId(assignment), assignment]));
  return { findings, doubtful: [...distinct.values()] };
}

/** `spoilt` are the assignments whose row cannot be understood. */
async function ledgersOf(
  store: StoreReader,
  pair: Pair,
): Promise<{ readonly ledgers: readonly Ledger[]; readonly spoilt: readonly Assignment[] }> {
  const ledgers: Ledger[] = [];
  const spoilt: Assignment[] = [];
  const query = {
    table: 'assignments',
    index: 'gsi_pair',
    partition: { attribute: 'pair', value: pairId(pair) },
  } as const;
  for await (const row of queryAll(store, query)) {
    const ledger = parseLedgerRow(row);
    if (!isMalformedLedger(ledger)) {
      ledgers.push(ledger);
      continue;
    }
    const assignment = parseAssignmentId(ledger.assignment_id);
    if (assignment !== undefined) spoilt.push(assignment);
  }
  return { ledgers, spoilt };
}

/** Assignments that some request says it was granted, and whose row in the ledger does not name it. */
function forgotten(granted: Granted, ledgers: readonly Ledger[]): readonly Assignment[] {
  const known = new Map(ledgers.map((ledger) => [ledger.assignment_id, ledger.entries]));
  return [...granted].flatMap(([id, requestIds]) => {
    const entries = known.get(id) ?? {};
    const assignment = parseAssignmentId(id);
    const isLost = requestIds.some((requestId) => entries[requestId] === undefined);
    return isLost && assignment !== undefined ? [assignment] : [];
  });
}

async function findingsOf(
  deps: Deps,
  pair: Pair,
  {
    principals,
    ledgers,
  }: { readonly principals: readonly LivePrincipal[]; readonly ledgers: readonly Ledger[] },
): Promise<SweepFindings> {
  const ids = [...new Set(ledgers.flatMap((ledger) => Object.keys(ledger.entries)))];
  const rows = ids.length === 0 ? [] : await deps.store.getMany('requests', ids.map(requestKey));
  const requests = new Map(
    rows.flatMap((row) => parseRequestRow(row) ?? []).map((request) => [request.request_id, request]),
  );
  const principalIds = [...new Set(ledgers.map(({ assignment }) => assignment.principalId))];
  const holdRows =
    principalIds.length === 0 ? [] : await deps.store.getMany('control', principalIds.map(holdKey));
  const holds = new Map(
    holdRows.flatMap((row) => parseHoldRow(row) ?? []).map((hold) => [hold.principal_id, hold]),
  );
  return sweepFindings({
    holds,
    pair,
    principals,
    ledgers,
    requests,
    scope: deps.policy.scope,
    nowMs: deps.clock.nowMs(),
    pendingTtlMs: deps.policy.pendingTtlMs,
  });
}
