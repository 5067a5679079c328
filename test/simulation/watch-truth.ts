// T1 and the delivery half of T2: "granted" and "removed" are said after Identity Center was read back and were true,
// nothing is taken from the outbox that was not accepted, and nothing overtakes an earlier word about the same request.

import type { NotificationBody } from '../../src/notification.ts';
import type { Row } from '../../src/store.ts';
import { isNewClaim, seenLedger } from './ledger-row.ts';
import { keyOf, pairOf, type SeenAssignment, seenAssignment } from './seen-assignment.ts';
import { type Listed, rowsOf, type Scene, type Watcher, type Written } from './watcher.ts';

const LISTS_KEPT = 5;

export function watchTruth(scene: Scene): Watcher {
  /** The newest lists of a pair that a process was answered: an older one may well have been looked at last. */
  const lists = new Map<string, readonly Listed[]>();
  /** When the newest operation on an assignment was claimed, true epoch milliseconds. */
  const claimedMs = new Map<string, number>();
  /** When an assignment was last known to be live and to be absent; being so now counts as now. */
  const lastMs = new Map<string, { live: boolean; changedMs: number }>();
  const accepted = new Set<string>();
  /** Requests whose ending was proved by a process, before it could be recorded. */
  const proved = new Set<string>();

  /** Whether it was (not) live at some moment since then. */
  const was = (id: string, live: boolean, sinceMs: number): boolean => {
    const last = lastMs.get(id) ?? { live: false, changedMs: Number.NEGATIVE_INFINITY };
    return last.live === live || last.changedMs >= sinceMs;
  };

  const judgeProof = (by: string, assignment: SeenAssignment, live: boolean): void => {
    const id = keyOf(assignment);
    const word = live ? 'granted' : 'removed';
    const sinceMs = claimedMs.get(id) ?? Number.NEGATIVE_INFINITY;
    const known = lists.get(`${by} ${pairOf(assignment)}`) ?? [];
    const says = known.filter(({ principalIds }) => principalIds.has(assignment.principalId) === live);
    if (says.length === 0)
      scene.report('T1', `${word} was said of ${id} without a list that says so, by ${by}`);
    else if (says.every(({ begunMs }) => begunMs < sinceMs))
      scene.report('T1', `${word} was said of ${id} on a list begun before the operation, by ${by}`);
    // While lists show nothing, two of them a grace apart are all that anybody can know.
    if (!was(id, live, sinceMs) && (live || !scene.isBlind(id)))
      scene.report('T1', `${word} was said of ${id}, and it never was, by ${by}`);
  };

  const judge = (written: Written): void => {
    if (scene.actor(written.by) === undefined) return;
    const [ledger] = [...rowsOf(written, 'assignments')];
    const said = saidOf(written);
    const newly = newlyProved(ledger);
    const told = [...rowsOf(written, 'requests')].map(({ after }) => String(after?.request_id));
    // What is only recorded late was judged when it was proved, by whoever proved it.
    const isRecord = told.length > 0 && told.every((each) => proved.has(each));
    for (const each of newly) proved.add(each);
    if (said.removed && isRecord) return;
    if (!said.granted && !said.removed && newly.length === 0) return;
    const id = String((ledger?.after ?? ledger?.before)?.assignment_id);
    const assignment = seenAssignment(id);
    if (assignment !== undefined) judgeProof(written.by, assignment, said.granted);
    else if ([...rowsOf(written, 'requests')].some(({ before }) => wasApproved(scene, before)))
      scene.report(
        'T1',
        `something was said of access without its ledger: ${JSON.stringify(written.writes)}`,
      );
  };

  const outboxRowOf = (body: NotificationBody): { row: Row; earlier: boolean } | undefined => {
    const rows = scene.store.dump('outbox').filter((row) => row.request_id === body.request_id);
    const text = JSON.stringify(body);
    const row = rows.find((each) => JSON.stringify(each.body) === text);
    if (row === undefined) return undefined;
    return { row, earlier: rows.some((each) => Number(each.seq) < Number(row.seq)) };
  };

  return {
    written(written) {
      for (const row of rowsOf(written, 'assignments')) {
        const after = seenLedger(row.after);
        if (after === undefined || scene.actor(written.by) === undefined) continue;
        if (isNewClaim(after)) claimedMs.set(after.assignment_id, scene.nowMs());
      }
      judge(written);
      for (const { write, before } of rowsOf(written, 'outbox'))
        if (write.kind === 'delete' && before !== undefined && !accepted.has(JSON.stringify(before.body)))
          scene.report(
            'T2',
            `a notification was dropped that nobody accepted: ${JSON.stringify(before.body)}`,
          );
    },
    listed(listed) {
      const key = `${listed.by} ${listed.pair}`;
      lists.set(key, [...(lists.get(key) ?? []), listed].slice(-LISTS_KEPT));
    },
    sent(body) {
      if (outboxRowOf(body)?.earlier === true)
        scene.report('T2', `a notification overtook an earlier one: ${JSON.stringify(body)}`);
    },
    accepted: (body) => void accepted.add(JSON.stringify(body)),
    changed: ({ assignment, present, atMs }) =>
      void lastMs.set(keyOf(assignment), { live: present, changedMs: atMs }),
  };
}

type Change = { readonly before: Row | undefined; readonly after: Row | undefined };

/** Requests whose ending the ledger says is proved from now on, and waits to be recorded. */
function newlyProved(ledger: Change | undefined): readonly string[] {
  const before = provedIn(ledger?.before);
  return provedIn(ledger?.after).filter((id) => !before.includes(id));
}

function provedIn(row: Row | undefined): readonly string[] {
  // As it lies there: what a hand made of the rest does not make it new.
  const entries: readonly [string, unknown][] = Object.entries(Object(row?.entries));
  return entries.flatMap(([id, entry]) => (Reflect.get(Object(entry), 'gone') === undefined ? [] : [id]));
}

/** By the whole story of the audit, where it begins at the beginning; else by the row, which hands may have typed into. */
function wasApproved(scene: Scene, row: Row | undefined): boolean {
  const types = scene.store
    .dump('audit')
    .filter((event) => event.request_id === row?.request_id)
    .map((event) => event.event_type);
  return types.includes('REQUESTED') ? types.includes('APPROVED') : row?.approved_at !== undefined;
}

/** What a transaction says about access: in events, which are the record, and in notifications, which follow them. */
function saidOf({ writes }: Written): { readonly granted: boolean; readonly removed: boolean } {
  const puts = writes.flatMap((write) => (write.kind === 'put' ? [write] : []));
  const events = puts.filter(({ table }) => table === 'audit').map(({ row }) => row);
  const said = puts
    .filter(({ table }) => table === 'outbox')
    .map(({ row }) => Reflect.get(Object(row.body), 'status'));
  const kept = events.some((event) => event.event_type === 'KEPT');
  const removedEvent = events.some(
    (event) =>
      event.event_type === 'ORPHAN_REMOVED' ||
      Reflect.get(Object(event.details), 'confirmed_absent') !== undefined,
  );
  return {
    granted: events.some((event) => event.event_type === 'GRANTED') || said.includes('GRANTED'),
    removed: removedEvent || (!kept && (said.includes('EXPIRED') || said.includes('REVOKED'))),
  };
}
