// What the planner is measured against: the loop that anybody would write by hand. Two maps, what is desired and what is
// live; for each id, nothing, create, delete or missing.

import type { RequestRow } from '../../src/request.ts';

export type Decision = {
  readonly assignmentId: string;
  readonly what: 'create' | 'delete' | 'missing';
  readonly reason: string;
  readonly requestIds: readonly string[];
};

/** Sorted by assignment. It knows neither evidence nor grace nor scope nor what hands do, and writes nothing down. */
export function twoMapLoop(
  requests: readonly RequestRow[],
  liveIds: readonly string[],
  nowMs: number,
): readonly Decision[] {
  const desired = new Map<string, RequestRow[]>();
  for (const request of requests) {
    const id = request.assignment_id ?? '';
    const known = desired.get(id);
    if (known === undefined) desired.set(id, [request]);
    else known.push(request);
  }
  const live = new Set(liveIds);
  const decisions: Decision[] = [];
  for (const [assignmentId, wanted] of desired) {
    const decision = decide(wanted, live.has(assignmentId), nowMs);
    if (decision === undefined) continue;
    const requestIds = wanted.map((request) => request.request_id);
    decisions.push({ assignmentId, requestIds, ...decision });
  }
  for (const assignmentId of live) {
    if (desired.has(assignmentId)) continue;
    decisions.push({ assignmentId, requestIds: [], what: 'delete', reason: 'nobody asked for it' });
  }
  return decisions.sort((a, b) => (a.assignmentId < b.assignmentId ? -1 : 1));
}

function decide(
  requests: readonly RequestRow[],
  isLive: boolean,
  nowMs: number,
): Pick<Decision, 'what' | 'reason'> | undefined {
  const wanting = requests.filter(
    ({ status, end_time }) =>
      (status === 'APPROVED' || status === 'GRANTED') && Date.parse(end_time ?? '') > nowMs,
  );
  if (isLive) return wanting.length > 0 ? undefined : { what: 'delete', reason: 'no request wants it' };
  if (wanting.some(({ status }) => status === 'APPROVED')) return { what: 'create', reason: 'approved' };
  return wanting.length > 0 ? { what: 'missing', reason: 'granted, and gone' } : undefined;
}
