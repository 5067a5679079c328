// S1, S2, S3 and S6, judged when an operation is claimed: on the clock of whoever claims, from the rows as they are.

import type { Row } from '../../src/store.ts';
import {
  isEndingStatus,
  isNewClaim,
  isSameClaim,
  isSignedRevoke,
  type SeenLedger,
  seenLedger,
  wants,
} from './ledger-row.ts';
import { belongsToSystem, seenAssignment } from './seen-assignment.ts';
import { isHeld } from './seen-hold.ts';
import { type Actor, rowsOf, type Scene, type Watcher, type Written } from './watcher.ts';

const LONG_SEEN_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

type Claim = {
  readonly actor: Actor;
  readonly before: SeenLedger | undefined;
  readonly after: SeenLedger;
  readonly written: Written;
};

export function watchClaims(scene: Scene): Watcher {
  /** Requests whose creation has succeeded. */
  const created = new Set<string>();
  let inferredAtMs: number[] = [];

  const judgeCreate = ({ actor, before, after }: Claim): void => {
    const id = after.op?.request_id ?? '';
    const request = scene.store.peek('requests', { request_id: id });
    const entry = (before ?? after).entries[id];
    // The clock of the decision: the write itself may have been on its way for long.
    const nowMs = after.op?.claimed_at ?? actor.clock.nowMs();
    const story = `${id} on ${after.assignment_id} by ${actor.name}`;
    if (request?.status !== 'APPROVED' || request.audited_status !== 'APPROVED')
      scene.report('S2', `created for a request that is not APPROVED: ${story} ${JSON.stringify(request)}`);
    if (entry === undefined || entry.phase === 'ENDED' || entry.phase === 'MISSING' || entry.until <= nowMs)
      scene.report('S2', `created for an entry that ended: ${story} ${JSON.stringify(entry)}`);
    if (created.has(id)) scene.report('S2', `created again: ${story}`);
    if (isFrozen(holdOn(scene, after), nowMs)) scene.report('S2', `created for a frozen user: ${story}`);
  };

  const judgeDelete = (claim: Claim): void => {
    const { actor, before, after } = claim;
    const nowMs = after.op?.claimed_at ?? actor.clock.nowMs();
    const wasTyped = scene.wasTyped('assignments', after.assignment_id);
    const hold = holdOn(scene, after);
    for (const [id, entry] of wasTyped ? [] : Object.entries(before?.entries ?? {})) {
      const request = scene.store.peek('requests', { request_id: id });
      // A hold ends what it holds, before the row of the request says so.
      if (wants(entry, request, nowMs) && !isHeld(hold, request, nowMs))
        scene.report('S1', `deleted although ${id} wants ${after.assignment_id}, by ${actor.name}`);
    }
    if (after.ending === 'stated' && before?.stage === 'REST') judgeStated(claim);
    if (after.ending === 'inferred' && before?.stage === 'REST') judgeInferred(claim);
  };

  const judgeStated = ({ actor, before, after }: Claim): void => {
    const nowMs = actor.clock.nowMs();
    const hold = holdOn(scene, after);
    const said = Object.entries(before?.entries ?? {}).some(([id, entry]) => {
      const request = scene.store.peek('requests', { request_id: id });
      return hasEnded(entry, request, nowMs) || isHeld(hold, request, nowMs);
    });
    const watched = (before?.watch_until ?? 0) + actor.policy.graceMs > nowMs;
    if (!said && !watched && !isFrozen(hold, nowMs))
      scene.report('S6', `an inferred ending passed as a stated one: ${after.assignment_id}`);
  };

  const judgeInferred = ({ actor, before, after, written }: Claim): void => {
    const brake = [...rowsOf(written, 'control')].find(({ write }) =>
      'row' in write ? write.row.name === 'brake' : false,
    );
    const story = `${after.assignment_id} by ${actor.name}`;
    if (brake === undefined) scene.report('S6', `an inferred ending was not counted: ${story}`);
    if (brake?.before?.tripped === true)
      scene.report('S6', `an inferred ending passed a tripped brake: ${story}`);
    const seenMs = before?.sighting?.first_seen;
    if (seenMs === undefined || actor.clock.nowMs() - seenMs < actor.policy.graceMs)
      scene.report('S6', `an inferred ending on one sighting: ${story}`);
    if (before?.sighting?.held !== undefined) scene.report('S6', `what was held went by itself: ${story}`);
    const nowMs = scene.nowMs();
    inferredAtMs = [...inferredAtMs.filter((ms) => ms > nowMs - DAY_MS), nowMs];
    if (inferredAtMs.length > scene.limits.count && scene.limits.share === 0)
      scene.report('S6', `${inferredAtMs.length} inferred endings in a day passed: ${story}`);
  };

  /** S6: tripped, it stays so until a named person has released what it withholds, or that is gone. */
  const judgeBrake = (written: Written, { policy }: Actor): void => {
    for (const { before, after } of rowsOf(written, 'control')) {
      if (before?.name !== 'brake' || before.tripped !== true || after?.tripped === true) continue;
      const waiting = scene.store.dump('assignments').flatMap((row) => seenLedger(row) ?? []);
      for (const ledger of waiting)
        if (isWithheld(ledger) && isInScope(policy, ledger) && scene.isLive(ledger.assignment_id))
          scene.report('S6', `the brake was cleared while ${ledger.assignment_id} waits, by ${written.by}`);
    }
  };
  /** Long enough ago for a list that lags to have caught up. */
  const isWithheld = ({ stage, sighting, entries }: SeenLedger): boolean =>
    stage === 'REST' &&
    sighting !== undefined &&
    sighting.held === undefined &&
    sighting.released === undefined &&
    Object.keys(entries).length === 0 &&
    scene.nowMs() - sighting.first_seen > LONG_SEEN_MS;

  return {
    written(written) {
      const actor = scene.actor(written.by);
      if (actor !== undefined) judgeBrake(written, actor);
      for (const row of rowsOf(written, 'assignments')) {
        const [before, after] = [seenLedger(row.before), seenLedger(row.after)];
        if (after !== undefined) rememberCreated(created, after);
        if (actor === undefined || after === undefined || !isNewClaim(after)) continue;
        if (isSameClaim(before, after)) continue;
        const claim = { actor, before, after, written };
        judgeScope(scene, claim);
        if (after.stage === 'CREATING') judgeCreate(claim);
        else judgeDelete(claim);
      }
    },
    tampered(what) {
      if (what === 'tables' || what === 'ledger') created.clear();
      if (what === 'tables' || what === 'brake') inferredAtMs = [];
    },
  };
}

function rememberCreated(created: Set<string>, after: SeenLedger): void {
  if (after.stage === 'CREATED' && after.op?.request_id !== undefined) created.add(after.op.request_id);
  for (const [id, entry] of Object.entries(after.entries)) if (entry.phase === 'GRANTED') created.add(id);
}

function isInScope({ scope }: Actor['policy'], ledger: SeenLedger): boolean {
  const assignment = seenAssignment(ledger.assignment_id);
  return assignment !== undefined && belongsToSystem(scope, assignment);
}

function judgeScope(scene: Scene, { actor, after }: Claim): void {
  if (isInScope(actor.policy, after)) return;
  scene.report('S3', `${after.op?.kind} claimed on ${after.assignment_id}, which is out of scope`);
}

function hasEnded(entry: SeenLedger['entries'][string], request: Row | undefined, nowMs: number): boolean {
  if (entry.phase === 'ENDED' || entry.until <= nowMs) return true;
  // An earlier end that a hand typed counts at once, by the clock of whoever reads it.
  if (Date.parse(String(request?.end_time)) <= nowMs) return true;
  if (request !== undefined && isSignedRevoke(request)) return true;
  return isEndingStatus(request?.status) || isEndingStatus(request?.audited_status);
}

function holdOn({ store }: Scene, { assignment_id: id }: SeenLedger): Row | undefined {
  return store.peek('control', { name: `principal#${seenAssignment(id)?.principalId ?? ''}` });
}

function isFrozen(hold: Row | undefined, nowMs: number): boolean {
  if (hold?.frozen !== true || typeof hold.version !== 'number') return false;
  return typeof hold.freeze_until !== 'string' || Date.parse(hold.freeze_until) > nowMs;
}
