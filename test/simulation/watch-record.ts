// S2, S4: what the ledger lost comes back as it was and for no longer, and nobody is revoked by a hold that was lifted.

import type { Row } from '../../src/store.ts';
import { type SeenLedger, seenLedger } from './ledger-row.ts';
import { rowsOf, type Scene, type Watcher, type Written } from './watcher.ts';

type Entry = SeenLedger['entries'][string];

export function watchRecord(scene: Scene): Watcher {
  /** Each entry as it was last written, by assignment and request. */
  const entries = new Map<string, Entry>();

  const judgeEntry = (by: string, id: string, request: string, is: Entry): void => {
    const was = entries.get(`${id} ${request}`);
    if (was === undefined || is.phase === 'ENDED') return;
    const story = `${request} on ${id} by ${by}: ${JSON.stringify(was)} came back as ${JSON.stringify(is)}`;
    if (is.until > was.until + 1_000) scene.report('S2', `what was lost lasts longer than before: ${story}`);
    if (was.phase === 'MISSING' && is.phase !== 'MISSING')
      scene.report('S2', `what another hand removed is wanted again: ${story}`);
  };

  return {
    written(written) {
      judgeHolds(scene, written);
      for (const row of rowsOf(written, 'assignments')) {
        const after = seenLedger(row.after);
        // As it lies there: what a hand made of the rest has lost no entry.
        const before = Object(row.before?.entries) as Readonly<Record<string, unknown>>;
        for (const [request, is] of Object.entries(after?.entries ?? {})) {
          const id = String(after?.assignment_id);
          if (before[request] === undefined) judgeEntry(written.by, id, request, is);
          entries.set(`${id} ${request}`, is);
        }
      }
    },
    tampered(what) {
      if (what === 'tables') entries.clear();
    },
  };
}

/** At the moment of the write somebody must hold the person: lifted meanwhile, it takes nothing more. */
function judgeHolds(scene: Scene, { by, writes }: Written): void {
  if (scene.actor(by) === undefined) return;
  for (const write of writes) {
    if (write.table !== 'audit' || write.kind !== 'put' || write.row.event_type !== 'REVOKED') continue;
    const details = Object(write.row.details) as Readonly<Record<string, unknown>>;
    if (details.note !== undefined || details.reason === undefined) continue;
    const request = scene.store.peek('requests', { request_id: String(write.row.request_id) });
    const hold = scene.store.peek('control', { name: `principal#${request?.identity_store_user_id}` });
    if (!holds(hold, request))
      scene.report(
        'S4',
        `${by} revoked ${request?.request_id} by a hold that was lifted: ${JSON.stringify(hold)}`,
      );
  }
}

function holds(hold: Row | undefined, request: Row | undefined): boolean {
  if (hold?.frozen === true) return true;
  return !(Date.parse(String(hold?.revoked_before)) <= Date.parse(String(request?.created_at)));
}
