// Where the world itself misleads: a clock that is wrong ends nothing by the time, lists that show nothing in bulk make
// nothing missing, and what another hand brings back again and again is inferred from then on.

import { isEndingStatus, isNewClaim, isSameClaim, type SeenLedger, seenLedger } from './ledger-row.ts';
import { createOffClocks, SKEW_MS } from './off-clocks.ts';
import { rowsOf, type Scene, type Watcher } from './watcher.ts';

/** From so many returns on it is a fight. */
const RETURNS_MAX = 2;

export function watchDoubt(scene: Scene): Watcher {
  /** How often an assignment came back after a Delete of ours, since anybody has asked for it. */
  const returns = new Map<string, number>();
  const removed = new Set<string>();
  const clockOf = createOffClocks(scene);

  const judgeClock = (by: string, before: SeenLedger): void => {
    const entries = Object.entries(before.entries);
    const { offMs: off, isNoticed } = clockOf(by);
    const isByTheClock = entries.every(([id, { phase, until }]) => {
      const request = scene.store.peek('requests', { request_id: id });
      return (
        request !== undefined &&
        !isEndingStatus(request.status) &&
        (phase === 'GRANTED' || phase === 'WAITING') &&
        until > scene.nowMs() + SKEW_MS
      );
    });
    if (entries.length > 0 && isByTheClock && isNoticed && off > SKEW_MS)
      scene.report(
        'S1',
        `${by}, whose clock is ${off} ms ahead, ended ${before.assignment_id} before its time`,
      );
  };

  const judgeFight = (by: string, before: SeenLedger, after: SeenLedger): void => {
    const count = returns.get(after.assignment_id) ?? 0;
    if (count < RETURNS_MAX || after.ending !== 'stated' || Object.keys(before.entries).length > 0) return;
    scene.report(
      'S6',
      `${after.assignment_id} came back ${count} times, and ${by} ends it as if somebody had said so`,
    );
  };

  const judgeMissing = (by: string, before: SeenLedger | undefined, after: SeenLedger): void => {
    const id = after.assignment_id;
    const isNew = Object.entries(after.entries).some(
      ([request, { phase }]) => phase === 'MISSING' && before?.entries[request]?.phase === 'GRANTED',
    );
    if (!isNew || !scene.isBlind(id) || !scene.isLive(id)) return;
    const granted = scene.store
      .dump('assignments')
      .flatMap((row) => seenLedger(row) ?? [])
      .filter(({ assignment_id, entries }) => {
        // What went missing alone before says nothing of this one.
        const isGranted = Object.values(entries).some(({ phase }) => phase === 'GRANTED');
        return scene.isLive(assignment_id) && (isGranted || assignment_id === id);
      });
    const hidden = granted.filter(({ assignment_id }) => scene.isBlind(assignment_id));
    const isBulk =
      hidden.length > Math.max(1, scene.limits.count) ||
      (hidden.length >= 2 && hidden.length === granted.length);
    if (isBulk)
      scene.report(
        'S6',
        `${by} takes ${id} for missing, where the lists show none of ${hidden.length} grants`,
      );
  };

  return {
    written(written) {
      if (scene.actor(written.by) === undefined) return;
      clockOf(written.by);
      for (const row of rowsOf(written, 'assignments')) {
        const [before, after] = [seenLedger(row.before), seenLedger(row.after)];
        if (after === undefined || scene.wasTyped('assignments', after.assignment_id)) continue;
        judgeMissing(written.by, before, after);
        // What is made again before it is seen gone was not removed yet.
        if (before?.stage === 'DELETED' && after.stage === 'REST') removed.add(after.assignment_id);
        if (before === undefined || !isNewClaim(after) || isSameClaim(before, after)) continue;
        if (after.stage === 'CREATING') returns.delete(after.assignment_id);
        if (after.stage !== 'DELETING') continue;
        judgeClock(written.by, before);
        if (before.stage === 'REST') judgeFight(written.by, before, after);
      }
    },
    changed({ assignment, present }) {
      const id = `${assignment.accountId}#${assignment.permissionSetArn}#${assignment.principalId}`;
      if (!present || assignment.principalType !== 'USER') return;
      const ledger = seenLedger(scene.store.peek('assignments', { assignment_id: id }));
      // Only what came back after a removal of ours: two other tools may well fight each other.
      if (removed.delete(id) && ledger?.op?.kind !== 'CREATE') returns.set(id, (returns.get(id) ?? 0) + 1);
    },
    tampered(what) {
      if (what === 'tables' || what === 'ledger') {
        returns.clear();
        removed.clear();
      }
    },
  };
}
