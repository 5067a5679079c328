// Carries the canary from one step to the next: what is wanted is written as anybody's would be, and all else is the
// loop's own work, which is what is tried.

import { assignmentId } from '../src/assignment.ts';
import {
  CANARY_KEY,
  type CanarySettings,
  type CanaryView,
  isResting,
  lastClosedMs,
  nextCanaryStep,
  parseCanaryRow,
} from '../src/canary.ts';
import { emptyLedger, parseLedgerRow } from '../src/ledger.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { parseRequestRow, requestKey } from '../src/request.ts';
import type { Row, Store } from '../src/store.ts';
import type { Leadership } from './leadership.ts';

/** A beginning is followed by its approval at once; from then on it waits for the loop. */
const STEPS_MAX = 2;

export async function runCanary(leader: Leadership): Promise<void> {
  const { canary, memory } = leader;
  // In tables that are not taken over yet its assignment may be somebody's.
  if (canary === undefined || memory.leftOver === undefined) return;
  leader.metrics.canaryIntervalSeconds.set(canary.intervalMs / 1000);
  for (let step = 0; step < STEPS_MAX; step += 1) if (!(await takeStep(leader, canary))) return;
}

/** Whether a step was taken. Where another leader wrote in between, the next time finds what it wrote. */
async function takeStep(leader: Leadership, canary: CanarySettings): Promise<boolean> {
  const { clock, store, metrics, log, heard, poke } = leader;
  const row = await store.get('control', CANARY_KEY);
  const run = parseCanaryRow(row);
  metrics.canaryLastClosedTimestampSeconds.set((lastClosedMs(run) ?? 0) / 1000);
  if (isResting(run, canary, clock.nowMs())) return false;
  const view = await readView(store, row, canary, clock.nowMs());
  const next = nextCanaryStep(view, canary, clock.nowMs());
  if (next === undefined || !leader.mayAct()) return false;
  const { outcome } = await store.transact(next.writes);
  if (outcome !== 'written') return false;
  const say = next.what === 'failed' ? log.warn : log.info;
  say('the canary', { what: next.what, request_id: next.requestId });
  heard.hear([{ request_id: next.requestId }]);
  poke.tick();
  return true;
}

async function readView(
  store: Pick<Store, 'get'>,
  row: Row | undefined,
  { assignment }: CanarySettings,
  nowMs: number,
): Promise<CanaryView> {
  const run = parseCanaryRow(row);
  const [request, hold, ledger] = await Promise.all([
    run && store.get('requests', requestKey(run.request_id)),
    store.get('control', holdKey(assignment.principalId)),
    store.get('assignments', { assignment_id: assignmentId(assignment) }),
  ]);
  return {
    row,
    request: request && parseRequestRow(request),
    hold: parseHoldRow(hold),
    ledger: ledger === undefined ? emptyLedger(assignment, nowMs) : parseLedgerRow(ledger),
  };
}
