// T3a: what is live past its end is counted as overdue by whoever leads, also when the run that should have said so failed,
// hangs or never began; and what is counted as overdue or stuck is so in truth, or was a moment ago.

import { endedFor } from './due-endings.ts';
import { CLOCK_MS, isFull, isTimeUnknown, whoTells } from './held-up.ts';
import { isEndingStatus, seenLedger, wants } from './ledger-row.ts';
import { belongsToSystem, keyOf, type SeenAssignment, seenAssignment } from './seen-assignment.ts';
import type { Scene, Watcher } from './watcher.ts';

/** By then whatever ended is either gone or counted. */
const OVERDUE_MS = 120_000;
/** Somebody who was approved may wait for so long before that is said. */
const WAITING_MS = 240_000;
/** A new leader has looked at everything by then: a sweep of the world takes less than half of it. */
const NEW_LEADER_MS = 90_000;
/** A number may be as old as the last look at what it counts, which stands for two minutes, and goes with the next minute's. */
const OLD_NUMBER_MS = 190_000;

export function watchMetrics(scene: Scene): Watcher {
  const live = new Map<string, SeenAssignment>();
  const since = new Map<string, number>();
  let leading: { readonly name: string; readonly sinceMs: number } | undefined;
  const reported = new Set<string>();

  const report = (what: string, story: string) => {
    if (reported.has(what)) return;
    reported.add(what);
    scene.report('T3a', story);
  };
  /** Answers for how long something has been so without a break. */
  const lasts = (what: string, isSo: boolean): number => {
    if (!isSo) since.delete(what);
    else if (!since.has(what)) since.set(what, scene.elapsedMs());
    return scene.elapsedMs() - (since.get(what) ?? scene.elapsedMs());
  };

  /** Says what is overdue, and whether anybody counts it. */
  const judgeOverdue = (counted: number | undefined): void => {
    for (const [id, assignment] of live) {
      const ledger = seenLedger(scene.store.peek('assignments', { assignment_id: id }));
      const ended = ledger !== undefined && endedFor(scene, assignment, ledger) !== undefined;
      const ms = lasts(id, ended && scene.isLive(id));
      if (ms < OVERDUE_MS || counted === undefined || counted > 0) continue;
      report(
        id,
        `${id} is live ${ms / 1000} s after its end, and nothing is overdue: ${JSON.stringify(ledger)}`,
      );
    }
  };

  const judgeWaiting = (drift: number, leader: string): void => {
    const { policy } = scene.actor(leader) ?? {};
    for (const row of scene.store.dump('assignments')) {
      const id = String(row.assignment_id);
      const [ledger, assignment] = [seenLedger(row), seenAssignment(id)];
      const isOurs = policy !== undefined && assignment && belongsToSystem(policy.scope, assignment);
      const waits = Object.entries(ledger?.entries ?? {}).some(
        ([request, entry]) =>
          entry.phase === 'WAITING' &&
          wants(entry, scene.store.peek('requests', { request_id: request }), scene.nowMs()),
      );
      const ms = lasts(`waiting ${id}`, waits && isOurs === true);
      if (ms >= WAITING_MS && drift === 0)
        report(`waiting ${id}`, `${id} is waited for since ${ms / 1000} s, and nothing is drift`);
    }
  };

  const judgeCounted = (name: string, counted: number): void => {
    const ms = lasts(name, counted > 0 && !isSomethingEnding(scene));
    if (ms > OLD_NUMBER_MS)
      report(name, `${counted} ${name}, and for ${ms / 1000} s nothing has been ending`);
  };

  return {
    look() {
      const leader = whoTells(scene);
      if (leader?.name !== leading?.name)
        leading = leader === undefined ? undefined : { name: leader.name, sinceMs: scene.elapsedMs() };
      const isNew = leading === undefined || scene.elapsedMs() - leading.sinceMs < NEW_LEADER_MS;
      const seen = leader === undefined ? undefined : scene.metricsOf(leader.name);
      judgeOverdue(isNew ? undefined : seen?.value('revocationsOverdue'));
      if (isNew || seen === undefined || leader === undefined) return;
      judgeWaiting(seen.value('driftAssignments'), leader.name);
      judgeCounted('overdue', seen.value('revocationsOverdue'));
      judgeCounted('stuck', seen.value('stuckOperations'));
    },
    changed({ assignment, present }) {
      if (assignment.principalType !== 'USER') return;
      const id = keyOf(assignment);
      if (present && seenAssignment(id) !== undefined) live.set(id, assignment);
      else live.delete(id);
      since.delete(id);
    },
    tampered(what) {
      if (what === 'tables' || what === 'ledger') since.clear();
    },
  };
}

/** Whether any row says that something ends or is under way, or says nothing that can be read. */
function isSomethingEnding(scene: Scene): boolean {
  // By a clock that is off, what is not over is counted as over.
  if (isTimeUnknown(scene)) return true;
  const { denials, store, nowMs } = scene;
  // What cannot be recorded is stuck, also where nothing ends.
  if (denials.areThere() || store.dump('requests').some(isFull)) return true;
  const ledgers = store.dump('assignments').map((row) => seenLedger(row));
  const isMoving = ledgers.some((ledger) => {
    if (ledger === undefined || ledger.stage !== 'REST') return true;
    return Object.entries(ledger.entries).some(
      ([id, entry]) =>
        entry.phase === 'ENDED' ||
        entry.until <= nowMs() + CLOCK_MS ||
        isEndedRow(store.peek('requests', { request_id: id })),
    );
  });
  return isMoving || store.dump('requests').some((row) => row.due_at !== undefined && isEndedRow(row));
}

function isEndedRow(row: ReturnType<Scene['store']['peek']>): boolean {
  return isEndingStatus(row?.status) || isEndingStatus(row?.audited_status);
}
