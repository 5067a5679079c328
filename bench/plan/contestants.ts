// The planner and the loop that it is measured against, from the same rows to the same decisions.

import { createHash } from 'node:crypto';
import type { AssignmentView } from '../../src/assignment-view.ts';
import { type Change, type Plan, planChanges } from '../../src/plan.ts';
import type { RequestRow } from '../../src/request.ts';
import { NOW_MS, type PlanRows, POLICY } from './plan-rows.ts';
import { twoMapLoop } from './two-map-loop.ts';

export const ContestantNames = ['planner', 'loop'] as const;
export type ContestantName = (typeof ContestantNames)[number];

/** What was decided: a line for each assignment that something is to be done about, in the order of the plan. */
type Decided = () => readonly string[];

/** From rows to work that is ready to be done. What is got ready is timed apart. */
export type Contestant = (rows: PlanRows) => () => Decided;

export const Contestants: Readonly<Record<ContestantName, Contestant>> = {
  planner: (rows) => {
    const views = viewsOf(rows);
    return () => {
      const plan = planChanges({ views, nowMs: NOW_MS, policy: POLICY });
      return () => decidedBy(plan);
    };
  },
  loop: (rows) => () => {
    const decisions = twoMapLoop(rows.requests, rows.live, NOW_MS);
    return () => decisions.map(({ assignmentId, what }) => `${assignmentId} ${what}`);
  },
};

/** One view for each assignment, which in the loop is read by itself. */
export function viewsOf({ ledgers, requests, live }: PlanRows): readonly AssignmentView[] {
  const byId = new Map(requests.map((request) => [request.request_id, request]));
  const listed = new Set(live);
  return ledgers.map((ledger) => {
    const own = new Map<string, RequestRow>();
    for (const id of Object.keys(ledger.entries)) {
      const request = byId.get(id);
      if (request !== undefined) own.set(id, request);
    }
    const list = listed.has(ledger.assignment_id) ? 'present' : 'absent';
    return { ledger, requests: own, hold: undefined, live: { list }, sessionMs: 3_600_000, jitter: 0.5 };
  });
}

function decidedBy({ changes, inferences }: Plan): readonly string[] {
  const all = [...changes, ...inferences.map(({ change }) => change)];
  return all.map((change) => `${change.assignmentId} ${whatOf(change)}`).sort();
}

function whatOf({ call, rule }: Change): string {
  if (call !== undefined) return call.toLowerCase();
  return rule === 'rest-missing' ? 'missing' : rule;
}

/** The same for the same decisions. */
export function digestOf(decided: readonly string[]): string {
  return createHash('sha256').update(decided.join('\n')).digest('hex');
}
