// L2a: an ending waits for nothing but AWS. Told by a clock and a knowledge of its own: whatever else is broken, what is
// live and wanted by nobody is gone within a stated time, as long as somebody leads, AWS answers for the account and the
// row of the ledger can be written.

import type { Row } from '../../src/store.ts';
import { endedFor } from './due-endings.ts';
import { isFull, isTimeUnknown, whoEnds } from './held-up.ts';
import { type SeenLedger, seenLedger } from './ledger-row.ts';
import { belongsToSystem, keyOf, type SeenAssignment, seenAssignment } from './seen-assignment.ts';
import type { Scene, Watcher } from './watcher.ts';

/** What was in its way may have left it in a back-off, whose ceiling is a minute. */
const BACK_OFF_MS = 65_000;
/** An operation that AWS does not finish gives up its account after two minutes, and is found then by its next look. */
const HUNG_MS = 140_000;

/**
 * Made again by another hand while AWS reports the removal as done, it looks like a list that lags: for a grace, which is
 * 45 s here, and the next look after it, nobody removes it once more.
 */
const LOOKS_LAGGING_MS = 60_000;

type Ending = {
  readonly sinceMs: number;
  /** The longest of what is allowed for how it was said. */
  allowedMs: number;
  /** When something that is no fault of the loop was last in its way. */
  excusedMs?: number;
};

/** `look` is to be called every few seconds. */
export function watchEndings(scene: Scene): Watcher & { look(): void } {
  const live = new Map<string, SeenAssignment>();
  const endings = new Map<string, Ending>();
  const reported = new Set<string>();
  /** Since when an ending has waited for a Create. */
  const hung = new Map<string, number>();

  const judge = (id: string, ending: Ending, ledger: SeenLedger): void => {
    const nowMs = scene.elapsedMs();
    const fromMs = Math.max(ending.sinceMs, ending.excusedMs ?? Number.NEGATIVE_INFINITY);
    const allowedMs = ending.allowedMs + (ending.excusedMs === undefined ? 0 : BACK_OFF_MS);
    if (nowMs - fromMs <= allowedMs || reported.has(id)) return;
    reported.add(id);
    const seconds = Math.round((nowMs - ending.sinceMs) / 1000);
    scene.report('L2a', `${id} is live ${seconds} s after its end: ${JSON.stringify(ledger)}`);
  };

  /** L4: nobody waits for the verdict of a Create that nobody wants any longer than it is worth. */
  const judgeHung = (row: Row): void => {
    const ledger = row.stage === 'CREATING' ? seenLedger(row) : undefined;
    const id = String(row.assignment_id);
    const assignment = seenAssignment(id);
    const isOver = ledger?.op?.id !== undefined && assignment && endedFor(scene, assignment, ledger);
    const leader = whoEnds(scene);
    const isHeldUp =
      leader === undefined ||
      !assignment ||
      !belongsToSystem(leader.policy.scope, assignment) ||
      isFull(row) ||
      isTimeUnknown(scene);
    if (!isOver || isHeldUp) hung.delete(id);
    else if (!hung.has(id)) hung.set(id, scene.elapsedMs());
    const sinceMs = Math.max(hung.get(id) ?? Number.POSITIVE_INFINITY, scene.faults.feltUntilMs());
    if (scene.elapsedMs() - sinceMs <= HUNG_MS + BACK_OFF_MS || reported.has(id)) return;
    reported.add(id);
    scene.report('L4', `${id} waits for a Create that nobody wants: ${JSON.stringify(ledger)}`);
  };

  return {
    look() {
      for (const [id, assignment] of live) {
        const ledger = seenLedger(scene.store.peek('assignments', { assignment_id: id }));
        const allowedMs = ledger === undefined ? undefined : endedFor(scene, assignment, ledger);
        if (ledger === undefined || allowedMs === undefined || !scene.isLive(id)) {
          endings.delete(id);
          continue;
        }
        const ending = endings.get(id) ?? { sinceMs: scene.elapsedMs(), allowedMs };
        const laggingMs = ledger.stage === 'DELETED' ? LOOKS_LAGGING_MS : 0;
        ending.allowedMs = Math.max(ending.allowedMs, allowedMs + laggingMs);
        const feltMs = Math.min(scene.faults.feltUntilMs(), scene.elapsedMs());
        if (isExcused(scene, assignment)) ending.excusedMs = scene.elapsedMs();
        else if (feltMs > ending.sinceMs) ending.excusedMs = Math.max(ending.excusedMs ?? 0, feltMs);
        endings.set(id, ending);
        judge(id, ending, ledger);
      }
      for (const row of scene.store.dump('assignments')) judgeHung(row);
    },
    changed({ assignment, present }) {
      if (assignment.principalType !== 'USER') return;
      const id = keyOf(assignment);
      if (present && seenAssignment(id) !== undefined) live.set(id, assignment);
      else live.delete(id);
      endings.delete(id);
    },
    tampered(what) {
      if (what === 'tables' || what === 'ledger') endings.clear();
    },
  };
}

/** Something else than the loop keeps it from ending now. */
function isExcused(scene: Scene, assignment: SeenAssignment): boolean {
  const { aws } = scene;
  const leader = whoEnds(scene);
  if (leader === undefined || !belongsToSystem(leader.policy.scope, assignment)) return true;
  const id = keyOf(assignment);
  const row = scene.store.peek('assignments', { assignment_id: id });
  if (isFull(row) || scene.isFoughtOver(id)) return true;
  if (aws.isFailing() || aws.isRefusing(assignment)) return true;
  return aws.isAtIt(assignment.accountId);
}
