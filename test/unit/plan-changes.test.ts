// Situations on planChanges(): every row of the ledger's state table, and everything a request's own row can ask for.

import { expect, it } from 'vitest';
import { assignmentId } from '../../src/assignment.ts';
import { LedgerRules } from '../../src/ledger-rules.ts';
import { type Change, planChanges } from '../../src/plan.ts';
import { RequestRules } from '../../src/plan-request.ts';
import type { Policy } from '../../src/policy.ts';
import { toTimestamp } from '../../src/timestamp.ts';
import {
  ASSIGNMENT,
  aHold,
  aView,
  both,
  GONE,
  HOUR,
  MINUTE,
  NOW,
  OUT_OF_SCOPE,
  POLICY,
  SECOND,
  type ViewSpec,
  written,
} from '../plan-builders.ts';

type Situation = {
  readonly when: string;
  readonly view: ViewSpec;
  readonly policy?: Policy;
  /** Undefined: nothing is to be done. */
  readonly rule?: string;
  /** The next stage. */
  readonly to?: string;
  readonly call?: 'CREATE' | 'DELETE';
  readonly writes?: readonly string[];
  /** Parts of the next ledger row. */
  readonly next?: object;
  /** Parts of the next ledger row where nothing can be written beside it; null: it cannot go alone. */
  readonly alone?: object | null;
  /** What would have gone, and was put off. */
  readonly putOff?: readonly string[];
  /** The ending is inferred: it is not a change, but goes to the guard. */
  readonly inferred?: true;
};

const failedAs = (as: 'absent' | 'later' | 'refused') => ({
  kind: 'failed' as const,
  as,
  message: 'because',
});
const gone = { list: 'absent' as const };
const shown = { list: 'present' as const };
const unreadable = { list: { unreadable: 'denied' } };
const failure = (kind: 'conflict' | 'later' | 'refused' | 'lost') => ({ kind, message: 'because', at: NOW });
const expired = { phase: 'GRANTED' as const, until: NOW - MINUTE };
const claimed = (as: 'REVOKED' | 'EXPIRED', said: { by?: string; why?: string } = {}) => ({
  phase: 'ENDED' as const,
  until: NOW + HOUR,
  ended: { as, ...said },
});
const proved = { ...claimed('REVOKED', { by: 'cleo@example.com' }), gone: GONE };
const nonsense = { status: 'GRANTED', audited_status: 'nonsense' };
const OTHER = { ...ASSIGNMENT, accountId: '222222222222' };
const notDue = { due_at: NOW + SECOND };
const lapsedWaiting = { phase: 'WAITING' as const, until: NOW - MINUTE };

const situations: readonly Situation[] = [
  // REST
  {
    when: 'at rest, an entry that waits is created, with the request and the hold as they were read',
    view: { entries: { a: 'WAITING' } },
    rule: 'rest-wanted',
    to: 'CREATING',
    call: 'CREATE',
    writes: ['ledger', 'a CREATING', 'hold as read'],
    next: { op: { kind: 'CREATE', request_id: 'a', claimed_at: NOW, looks: 0 }, attempts: 0 },
  },
  {
    when: 'at rest, each waiting request gets its own Create although another is granted',
    view: { entries: { a: 'GRANTED', b: 'WAITING' } },
    rule: 'rest-wanted',
    to: 'CREATING',
    call: 'CREATE',
    next: { op: { kind: 'CREATE', request_id: 'b', claimed_at: NOW, looks: 0 } },
  },
  {
    when: 'at rest, the Create after a Delete without an answer waits for the end of the watch',
    view: {
      entries: { a: 'WAITING' },
      ledger: { delete_unanswered: true, watch_until: NOW + MINUTE },
    },
    rule: 'rest-idle',
    to: 'REST',
    writes: ['ledger'],
    next: { due_at: NOW + MINUTE },
  },
  {
    when: 'at rest, the Create after a Delete without an answer goes when the watch is over',
    view: { entries: { a: 'WAITING' }, ledger: { delete_unanswered: true, watch_until: NOW } },
    rule: 'rest-wanted',
    call: 'CREATE',
  },
  {
    when: 'at rest, an entry that waits but whose row was granted by a hand is not created',
    view: { entries: { a: 'WAITING' }, rows: { a: both('GRANTED') } },
    rule: 'rest-idle',
    next: { due_at: NOW + HOUR },
  },
  {
    when: 'at rest, an approval over which a hand typed is not created while that cannot be put back',
    view: {
      entries: { a: 'WAITING' },
      rows: { a: { ...both('APPROVED'), status: 'GRANTED' } },
      putOff: ['typed-other#a'],
    },
    putOff: ['typed-other'],
  },
  {
    when: 'at rest, one that a hand typed over holds up no other that waits',
    view: {
      entries: { a: 'WAITING', b: 'WAITING' },
      rows: { a: { ...both('APPROVED'), status: 'GRANTED' } },
      putOff: ['typed-other#a'],
    },
    rule: 'rest-wanted',
    call: 'CREATE',
    next: { op: { kind: 'CREATE', request_id: 'b', claimed_at: NOW, looks: 0 } },
    putOff: ['typed-other'],
  },
  {
    when: 'at rest, what waits is not created while what was said about its user cannot be read',
    view: { entries: { a: 'WAITING' }, hold: aHold({ unreadable: true }) },
    rule: 'rest-idle',
    to: 'REST',
    writes: ['ledger'],
  },
  {
    when: 'at rest, what waits out of scope is not created',
    view: { entries: { a: 'WAITING' } },
    policy: OUT_OF_SCOPE,
    rule: 'rest-out-of-scope',
    to: 'REST',
    writes: ['ledger'],
    next: { due_at: NOW + MINUTE },
  },
  {
    when: 'at rest, an ended request that another keeps alive is told so, by whom',
    view: { entries: { a: expired, b: 'GRANTED' }, live: shown },
    rule: 'rest-kept',
    to: 'REST',
    writes: ['ledger', 'a EXPIRED KEPT settled', 'event a KEPT', 'tell a REVOKED'],
    next: { entries: { b: { phase: 'GRANTED', until: NOW + HOUR } } },
  },
  {
    when: 'at rest, nobody is told that their access is kept before a list has shown it',
    view: { entries: { a: expired, b: 'GRANTED' } },
    rule: 'rest-idle',
    next: { due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, a list that cannot be read says of nobody that their access is kept',
    view: { entries: { a: expired, b: 'GRANTED' }, live: unreadable },
    rule: 'rest-idle',
    next: { due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, what is kept is not settled before the ending that its row states is recorded',
    view: {
      entries: { a: claimed('REVOKED'), b: 'GRANTED' },
      rows: { a: { ...both('ERROR'), status: 'REVOKED', revoked_by: 'ben@example.com' } },
      live: shown,
      putOff: ['typed-ending#a'],
    },
    putOff: ['typed-ending'],
  },
  {
    when: 'at rest, a request whose row is lost keeps the access when another ends',
    view: { entries: { a: expired, b: 'GRANTED' }, rows: { b: undefined }, live: shown },
    rule: 'rest-kept',
    next: { entries: { b: { phase: 'GRANTED', until: NOW + HOUR } } },
  },
  {
    when: 'at rest, a request whose row cannot be read keeps the access when another ends',
    view: {
      entries: { a: expired, b: 'GRANTED' },
      rows: { a: undefined, b: undefined },
      unread: { requests: 'denied' },
    },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, what is kept is said one by one where it could not be written together',
    view: { entries: { a: expired, b: expired, c: 'GRANTED' }, live: shown, putOff: ['rest-kept#a,b'] },
    rule: 'rest-kept',
    writes: ['ledger', 'a EXPIRED KEPT settled', 'event a KEPT', 'tell a REVOKED'],
  },
  {
    when: 'at rest, one that cannot be told that its access is kept does not hold up the other',
    view: {
      entries: { a: expired, b: expired, c: 'GRANTED' },
      live: shown,
      putOff: ['rest-kept#a,b', 'rest-kept#a'],
    },
    rule: 'rest-kept',
    writes: ['ledger', 'b EXPIRED KEPT settled', 'event b KEPT', 'tell b REVOKED'],
  },
  {
    when: 'at rest, what ended beside a row that nobody understands is remembered as gone when two lists say so',
    view: {
      entries: { a: expired, b: 'GRANTED' },
      rows: { b: nonsense },
      ledger: { absent_since: NOW - POLICY.graceMs },
      live: gone,
    },
    rule: 'rest-ended-gone',
    to: 'REST',
    writes: ['ledger'],
    next: {
      due_at: NOW,
      entries: {
        a: { phase: 'ENDED', ended: { as: 'EXPIRED' }, gone: { confirmed_absent: NOW, session_ms: HOUR } },
        b: { phase: 'GRANTED', until: NOW + HOUR },
      },
    },
  },
  {
    when: 'at rest, one list without what ended beside a row that nobody understands is only remembered',
    view: { entries: { a: expired, b: 'GRANTED' }, rows: { b: nonsense }, live: gone },
    rule: 'rest-remembered',
    next: { absent_since: NOW, due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, what ended beside a grant that is gone waits for that to be said first',
    view: {
      entries: { a: expired, b: 'GRANTED' },
      ledger: { absent_since: NOW - POLICY.graceMs },
      live: gone,
    },
    rule: 'rest-missing',
    writes: ['ledger', 'b MISSING', 'event b MISSING_FOUND'],
  },
  {
    when: 'at rest, what was seen gone is recorded when it can be',
    view: { entries: { a: proved, b: proved } },
    rule: 'rest-recorded',
    to: 'REST',
    writes: ['ledger', 'a GONE settled', 'event a REMOVED', 'tell a REVOKED'],
    next: { due_at: NOW, entries: { b: proved } },
  },
  {
    when: 'at rest, what was seen gone and is settled, or has no row, only leaves the ledger',
    view: { entries: { a: proved }, rows: { a: undefined } },
    rule: 'rest-recorded',
    writes: ['ledger'],
    next: { entries: {} },
  },
  {
    when: 'at rest, what was seen gone is not forgotten while its row cannot be read',
    view: { entries: { a: proved }, rows: { a: undefined }, unread: { requests: 'denied' } },
    rule: 'rest-idle',
    next: { entries: { a: proved } },
  },
  {
    when: 'at rest, what was seen gone does not sleep until another’s end while it cannot be recorded',
    view: {
      entries: { a: proved, b: { ...proved, until: NOW - MINUTE } },
      rows: { a: undefined, b: undefined },
      unread: { requests: 'denied' },
    },
    rule: 'rest-idle',
    next: { due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, what was seen gone is recorded after what its row asks for',
    view: { entries: { a: proved }, rows: { a: both('GRANTED') } },
    rule: 'claimed-ending',
  },
  {
    when: 'at rest, one that was seen gone and cannot be recorded holds up no other, and shows what is known',
    view: { entries: { a: proved, b: proved }, putOff: ['rest-recorded#a'] },
    rule: 'rest-recorded',
    writes: ['ledger', 'b GONE settled', 'event b REMOVED', 'tell b REVOKED'],
  },
  {
    when: 'at rest, while its events cannot be written the row alone says that the access is gone',
    view: { entries: { a: proved }, putOff: ['rest-recorded#a'] },
    rule: 'rest-shown',
    to: 'REST',
    writes: ['ledger', 'a GONE'],
    putOff: ['rest-recorded'],
  },
  {
    when: 'at rest, that the access is gone is shown also while what its row asks for cannot be written',
    view: { entries: { a: proved }, rows: { a: both('GRANTED') }, putOff: ['claimed-ending#a'] },
    rule: 'rest-shown',
    writes: ['ledger', 'a GONE'],
    putOff: ['claimed-ending'],
  },
  {
    when: 'at rest, what is shown as gone is not shown again, and the row does not go to sleep over it',
    view: {
      entries: { a: proved },
      rows: { a: { assignment_status: 'GONE' } },
      putOff: ['rest-recorded#a'],
    },
    putOff: ['rest-recorded'],
  },
  {
    when: 'at rest, what is gone keeps nobody waiting: whoever is approved next gets a Create',
    view: {
      entries: { a: proved, b: 'WAITING' },
      rows: { a: { assignment_status: 'GONE' } },
      putOff: ['rest-recorded#a'],
    },
    rule: 'rest-wanted',
    call: 'CREATE',
    putOff: ['rest-recorded'],
    alone: null,
  },
  {
    when: 'at rest, a time that is over ends the access, as stated',
    view: { entries: { a: expired } },
    rule: 'rest-ended',
    to: 'DELETING',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING'],
    next: {
      ending: 'stated',
      entries: { a: { phase: 'ENDED', until: NOW - MINUTE, ended: { as: 'EXPIRED' } } },
      requested: NOW - MINUTE,
    },
    alone: {
      stage: 'DELETING',
      ending: 'stated',
      entries: { a: { phase: 'ENDED', until: NOW - MINUTE, ended: { as: 'EXPIRED' } } },
    },
  },
  {
    when: 'at rest, an earlier end that was typed and is over ends the access at once',
    view: { entries: { a: 'GRANTED' }, rows: { a: { end_time: toTimestamp(NOW - MINUTE) } } },
    rule: 'rest-ended',
    call: 'DELETE',
    next: { entries: { a: { phase: 'ENDED', until: NOW + HOUR, ended: { as: 'EXPIRED' } } } },
  },
  {
    when: 'at rest, a later end that was typed keeps nothing past the end in the ledger',
    view: { entries: { a: expired }, rows: { a: { end_time: toTimestamp(NOW + HOUR) } } },
    rule: 'rest-ended',
    call: 'DELETE',
  },
  {
    when: 'at rest, an ending goes before its adoption, and remembers by whose word',
    view: { entries: { a: 'GRANTED' }, rows: { a: { status: 'REVOKED', revoked_by: 'ben@example.com' } } },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING'],
    next: { entries: { a: { phase: 'ENDED', ended: { as: 'REVOKED', by: 'ben@example.com' } } } },
  },
  {
    when: 'at rest, a frozen user’s access ends before their requests flip, by the word that is as it was read',
    view: { entries: { a: 'GRANTED' }, hold: aHold() },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING', 'hold as read'],
    next: {
      entries: {
        a: { phase: 'ENDED', ended: { as: 'REVOKED', by: 'cleo@example.com', why: 'left the company' } },
      },
    },
  },
  {
    when: 'at rest, the access of a request that is older than a revocation of everything ends at once',
    view: {
      entries: { a: 'GRANTED' },
      hold: aHold({ frozen: false, revoked_before: toTimestamp(NOW - MINUTE) }),
    },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING', 'hold as read'],
    next: { entries: { a: { ended: { as: 'REVOKED', by: 'cleo@example.com', why: 'left the company' } } } },
  },
  {
    when: 'at rest, a hold that ends nothing here is no condition of an ending',
    view: { entries: { a: expired }, hold: aHold({ frozen: false }) },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING'],
  },
  {
    when: 'at rest, what the ledger says has ended goes although nothing beside it can be read',
    view: {
      entries: { a: expired },
      rows: { a: undefined },
      unread: { requests: 'denied', hold: 'denied', audit: 'denied' },
    },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger'],
  },
  {
    when: 'at rest, a row that cannot be read has not gone: nothing is created and nothing inferred',
    view: {
      entries: { a: 'GRANTED' },
      rows: { a: undefined },
      unread: { requests: 'denied' },
      live: shown,
    },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, what waits is not created while the word on its user could not be read',
    view: { entries: { a: 'WAITING' }, unread: { hold: 'denied' } },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, live access is not unexplained while the audit could not be asked',
    view: { live: shown, unread: { audit: 'denied' } },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, what was sighted a grace ago is not inferred on half a view, and its sighting stands',
    view: {
      live: shown,
      ledger: { sighting: { first_seen: NOW - HOUR, held: 'first sweep' } },
      unread: { explained: 'denied' },
    },
    rule: 'rest-idle',
    next: { sighting: { first_seen: NOW - HOUR, held: 'first sweep' } },
  },
  {
    when: 'at rest, an ending goes before the record of a mend',
    view: { entries: { a: expired }, ledger: { mended: 'stage: WHAT' } },
    rule: 'rest-ended',
    call: 'DELETE',
    next: { mended: 'stage: WHAT' },
  },
  {
    when: 'at rest, a mend that was written without its event is recorded',
    view: { entries: { a: 'GRANTED' }, ledger: { mended: 'stage: WHAT', ...notDue } },
    rule: 'mend-recorded',
    writes: ['ledger', 'event assignment HAND_EDIT'],
  },
  {
    when: 'at rest, a mend that cannot be recorded holds up no Create',
    view: { entries: { a: 'WAITING' }, ledger: { mended: 'stage: WHAT' }, putOff: ['mend-recorded#'] },
    rule: 'rest-wanted',
    call: 'CREATE',
    putOff: ['mend-recorded'],
  },
  {
    when: 'at rest, a revoke ends the access before its time',
    view: { entries: { a: 'GRANTED' }, rows: { a: both('REVOKED') } },
    rule: 'rest-ended',
    call: 'DELETE',
    next: { requested: NOW },
  },
  {
    when: 'at rest, an ending forgets the list without it that came before its Delete',
    view: { entries: { a: expired }, ledger: { absent_since: NOW - POLICY.graceMs } },
    rule: 'rest-ended',
    call: 'DELETE',
    next: { absent_since: undefined },
  },
  {
    when: 'at rest, an ERROR ends the access like any ending',
    view: { entries: { a: 'WAITING' }, rows: { a: both('ERROR') } },
    rule: 'rest-ended',
    call: 'DELETE',
  },
  {
    when: 'at rest, a deleted row is ended from the time of its entry on',
    view: { entries: { a: expired }, rows: { a: undefined } },
    rule: 'rest-ended',
    call: 'DELETE',
    writes: ['ledger'],
  },
  {
    when: 'at rest, what ended out of scope is left alone, and looked at again',
    view: { entries: { a: expired } },
    policy: OUT_OF_SCOPE,
    rule: 'rest-out-of-scope',
    to: 'REST',
    next: { due_at: NOW + MINUTE },
  },
  {
    when: 'at rest, a protected user is left alone',
    view: { entries: { a: expired } },
    policy: {
      ...POLICY,
      scope: { ...POLICY.scope, protectedPrincipalIds: [aView().ledger.assignment.principalId] },
    },
    rule: 'rest-out-of-scope',
  },
  {
    when: 'at rest, before watch_until, live access that nobody wants is a late Create: stated',
    view: { ledger: { watch_until: NOW + SECOND }, live: shown },
    rule: 'rest-watched',
    to: 'DELETING',
    call: 'DELETE',
    next: { ending: 'stated' },
  },
  {
    when: 'at rest, before watch_until, access whose request lost its row is unexplained, and no late Create',
    view: {
      entries: { a: 'GRANTED' },
      rows: { a: undefined },
      ledger: { watch_until: NOW + SECOND },
      live: shown,
    },
    rule: 'rest-sighted',
  },
  {
    when: 'at rest, live access of a frozen user that nobody wants is ended as stated',
    view: { live: shown, hold: aHold() },
    rule: 'rest-watched',
    call: 'DELETE',
  },
  {
    when: 'at rest, a granted entry that is not listed once is only remembered',
    view: { entries: { a: 'GRANTED' }, live: gone },
    rule: 'rest-remembered',
    to: 'REST',
    writes: ['ledger'],
    next: { absent_since: NOW, due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, a granted entry that is not listed twice is missing, and not created again',
    view: { entries: { a: 'GRANTED' }, ledger: { absent_since: NOW - POLICY.graceMs }, live: gone },
    rule: 'rest-missing',
    to: 'REST',
    writes: ['ledger', 'a MISSING', 'event a MISSING_FOUND'],
    next: { entries: { a: { phase: 'MISSING', until: NOW + HOUR } } },
  },
  {
    when: 'at rest, a granted entry that is in no list as much else is not missing: the sight of it is lost',
    view: {
      entries: { a: 'GRANTED' },
      ledger: { absent_since: NOW - POLICY.graceMs },
      live: gone,
      sightLost: 'none of the 4 granted assignments is in any list',
    },
    rule: 'rest-lost-sight',
    to: 'REST',
    writes: ['ledger', 'event assignment WITHHELD'],
    next: { lost_sight: NOW, due_at: NOW + POLICY.graceMs, entries: { a: { phase: 'GRANTED' } } },
  },
  {
    when: 'at rest, sight that is lost is said once, and looked for again after the grace',
    view: {
      entries: { a: 'GRANTED' },
      ledger: { absent_since: NOW - HOUR, lost_sight: NOW - MINUTE },
      live: gone,
      sightLost: 'none of the 4 granted assignments is in any list',
    },
    rule: 'rest-idle',
    next: { lost_sight: NOW - MINUTE, due_at: NOW + POLICY.graceMs },
  },
  {
    when: 'at rest, what is in the list again is what it was before, with an event',
    view: {
      entries: { a: 'GRANTED' },
      ledger: { absent_since: NOW - HOUR, lost_sight: NOW - MINUTE },
      live: shown,
    },
    rule: 'rest-seen-again',
    writes: ['ledger', 'event assignment RELEASED'],
    next: {
      lost_sight: undefined,
      absent_since: undefined,
      due_at: NOW + HOUR,
      entries: { a: { phase: 'GRANTED' } },
    },
  },
  {
    when: 'at rest, what has ended goes although the sight of it is lost',
    view: { entries: { a: expired }, ledger: { lost_sight: NOW - MINUTE } },
    rule: 'rest-ended',
    call: 'DELETE',
  },
  {
    when: 'at rest, what was removed twice and is there again is nobody’s late Create: it is sighted',
    view: { ledger: { watch_until: NOW + MINUTE, removals: { times: 2, last: NOW - MINUTE } }, live: shown },
    rule: 'rest-sighted',
  },
  {
    when: 'at rest, a row that remembers a fight is kept for a day',
    view: { ledger: { watch_until: NOW, removals: { times: 2, last: NOW - MINUTE } }, live: gone },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, a list that shows it again forgets the one that did not',
    view: { entries: { a: 'GRANTED' }, ledger: { absent_since: NOW - POLICY.graceMs }, live: shown },
    rule: 'rest-remembered',
    next: { absent_since: undefined },
  },
  {
    when: 'at rest, a list that cannot be read is no proof of anything',
    view: { entries: { a: 'GRANTED' }, ledger: { absent_since: NOW - POLICY.graceMs }, live: unreadable },
    rule: 'rest-idle',
  },
  {
    when: 'at rest, unexplained access is sighted first',
    view: { live: shown },
    rule: 'rest-sighted',
    to: 'REST',
    writes: ['ledger', 'event assignment ORPHAN_FOUND'],
    next: { sighting: { first_seen: NOW, held: undefined, explained_by: undefined } },
  },
  {
    when: 'at rest, what the first sweep sights is held',
    view: { live: shown, firstSweep: true },
    rule: 'rest-sighted',
    next: { sighting: { first_seen: NOW, held: 'first sweep', explained_by: undefined } },
  },
  {
    when: 'at rest, what an old request explains is held, with the request named',
    view: { live: shown, explainedBy: 'old' },
    rule: 'rest-sighted',
    next: { sighting: { first_seen: NOW, held: 'previous system', explained_by: 'old' } },
  },
  {
    when: 'at rest, access whose row was deleted before its time is unexplained, not ended',
    view: { entries: { a: 'GRANTED' }, rows: { a: undefined }, live: shown },
    rule: 'rest-sighted',
  },
  {
    when: 'at rest, unexplained access that was sighted a grace ago is an inference, not a change',
    view: { live: shown, ledger: { sighting: { first_seen: NOW - POLICY.graceMs }, due_at: undefined } },
    rule: 'rest-orphan',
    call: 'DELETE',
    to: 'DELETING',
    inferred: true,
    next: { ending: 'inferred', requested: NOW - POLICY.graceMs },
    alone: null,
  },
  {
    when: 'at rest, unexplained access that was gone in between is not the one that was sighted',
    view: {
      ledger: {
        sighting: { first_seen: NOW - POLICY.graceMs },
        watch_until: NOW + MINUTE,
      },
      live: gone,
    },
    rule: 'rest-remembered',
    to: 'REST',
    writes: ['ledger'],
    next: { sighting: undefined },
  },
  {
    when: 'at rest, what was released goes without the guard',
    view: {
      live: shown,
      ledger: {
        sighting: {
          first_seen: NOW - HOUR,
          held: 'first sweep',
          released: { by: 'cleo@example.com', until: NOW + SECOND },
        },
      },
    },
    rule: 'rest-orphan',
    to: 'DELETING',
    call: 'DELETE',
    next: { ending: 'released' },
    alone: null,
  },
  {
    when: 'at rest, a release that is an hour old counts no more',
    view: {
      live: shown,
      ledger: {
        due_at: undefined,
        sighting: { first_seen: NOW - HOUR, held: 'first sweep', released: { by: 'cleo', until: NOW } },
      },
    },
    rule: 'rest-orphan',
    call: 'DELETE',
    inferred: true,
  },
  {
    when: 'at rest, unexplained access out of scope is nobody’s business',
    view: { live: shown, ledger: { due_at: undefined } },
    policy: OUT_OF_SCOPE,
  },
  {
    when: 'at rest, a row that cannot be understood keeps its access before its time',
    view: {
      entries: { a: 'GRANTED' },
      rows: { a: { status: 'GRANTED', audited_status: 'nonsense' } },
      live: shown,
    },
    rule: 'rest-idle',
    next: { due_at: NOW + HOUR },
  },
  {
    when: 'at rest, a row without anything left to say is dropped when its watch is over',
    view: { ledger: { watch_until: NOW }, live: gone },
    rule: 'rest-forget',
    writes: ['no ledger'],
  },
  {
    when: 'at rest, a row is kept while it is watched',
    view: { ledger: { watch_until: NOW + MINUTE }, live: gone },
    rule: 'rest-idle',
    next: { due_at: NOW + MINUTE },
  },
  {
    when: 'at rest and in agreement, nothing is done',
    view: { entries: { a: 'GRANTED' }, ledger: { due_at: NOW + HOUR }, live: shown },
  },
  // CREATING
  {
    when: 'while creating, AWS reports success',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: { kind: 'succeeded' } } },
    rule: 'creating-succeeded',
    to: 'CREATED',
    writes: ['ledger'],
  },
  {
    when: 'while creating, AWS reports failure but a fresh list shows it',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: failedAs('refused'), ...shown } },
    rule: 'creating-failed-but-live',
    to: 'CREATED',
  },
  {
    when: 'while creating, AWS refuses for good and a fresh list does not show it',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: failedAs('refused'), ...gone } },
    rule: 'creating-refused',
    to: 'REST',
    writes: ['ledger', 'a ERROR REMOVING', 'event a ERROR', 'tell a ERROR'],
    next: { entries: { a: { phase: 'ENDED', until: NOW + HOUR } } },
  },
  {
    when: 'while creating, a refusal is not believed without a list',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      live: { verdict: failedAs('refused'), ...unreadable },
    },
    rule: 'creating-runs',
    to: 'CREATING',
  },
  {
    when: 'while creating, a call that AWS refuses is an ERROR at once',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { id: undefined },
      ledger: { last_error: failure('refused') },
    },
    rule: 'creating-refused',
    to: 'REST',
    writes: ['ledger', 'a ERROR REMOVING', 'event a ERROR', 'tell a ERROR'],
  },
  {
    when: 'while creating, nothing is tried again for a request that cannot be read',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: undefined },
      unread: { requests: 'denied' },
      op: { id: undefined },
    },
    rule: 'creating-runs',
    to: 'CREATING',
  },
  {
    when: 'while creating, a request that cannot be read takes no ERROR',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: undefined },
      unread: { requests: 'denied' },
      live: { verdict: failedAs('refused'), ...gone },
    },
    rule: 'creating-runs',
    to: 'CREATING',
  },
  {
    when: 'while creating, what is to be tried again but fell out of scope is an ERROR',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, op: { id: undefined } },
    policy: OUT_OF_SCOPE,
    rule: 'creating-refused',
    to: 'REST',
  },
  {
    when: 'while creating, a passing failure is backed off',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: failedAs('later'), ...gone } },
    rule: 'creating-failed',
    to: 'CREATING',
    writes: ['ledger'],
    next: { attempts: 1, due_at: NOW + 500, last_error: failure('later') },
  },
  {
    when: 'while creating, an operation that AWS has not known for the grace is lost',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { not_found_since: NOW - POLICY.graceMs },
      live: { verdict: { kind: 'not found' } },
    },
    rule: 'creating-failed',
    next: { last_error: { ...failure('lost'), message: 'AWS does not know the operation' } },
  },
  {
    when: 'while creating, an operation that AWS does not know at first is waited for',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: { kind: 'not found' } } },
    rule: 'creating-runs',
    next: {
      op: {
        kind: 'CREATE',
        request_id: 'a',
        id: 'operation-1',
        claimed_at: NOW - 5 * SECOND,
        looks: 1,
        not_found_since: NOW,
      },
    },
  },
  {
    when: 'while creating, an operation of which AWS says nothing is waited for until two minutes are over',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { claimed_at: NOW - 2 * MINUTE + 1 },
      live: { verdict: { kind: 'unknown', why: 'because' } },
    },
    rule: 'creating-runs',
    to: 'CREATING',
  },
  {
    when: 'while creating, an operation of which AWS has said nothing for two minutes is lost',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { claimed_at: NOW - 2 * MINUTE },
      live: { verdict: { kind: 'unknown', why: 'because' } },
    },
    rule: 'creating-failed',
    to: 'CREATING',
    next: { attempts: 1, last_error: failure('lost') },
  },
  {
    when: 'while creating, a call whose answer was never recorded is repeated when it is due',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, op: { id: undefined } },
    rule: 'creating-again',
    to: 'CREATING',
    call: 'CREATE',
    writes: ['ledger', 'a CREATING', 'hold as read'],
  },
  {
    when: 'while creating, a conflict is tried again, counting on',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { id: undefined },
      ledger: { attempts: 3, last_error: failure('conflict') },
    },
    rule: 'creating-again',
    call: 'CREATE',
    next: { attempts: 3 },
  },
  {
    when: 'while creating, what backs off is left alone',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      op: { id: undefined },
      ledger: { due_at: NOW + SECOND, last_error: failure('later') },
    },
  },
  {
    when: 'while creating, what still runs is asked after again',
    view: { stage: 'CREATING', entries: { a: 'WAITING' }, live: { verdict: { kind: 'running' } } },
    rule: 'creating-runs',
    to: 'CREATING',
  },
  {
    when: 'while creating, a revoke waits for the verdict',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: both('REVOKED') },
      live: { verdict: { kind: 'running' } },
    },
    rule: 'creating-runs',
  },
  {
    when: 'while creating, a revoke ends it on its verdict',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: both('REVOKED') },
      live: { verdict: { kind: 'succeeded' } },
    },
    rule: 'creating-stopped',
    to: 'REST',
    writes: ['ledger'],
    next: { unresolved: [], entries: { a: { phase: 'ENDED', until: NOW + HOUR } } },
  },
  {
    when: 'while creating, a revoke waits no longer than two minutes, and remembers the operation',
    view: {
      stage: 'CREATING',
      entries: { a: lapsedWaiting },
      op: { claimed_at: NOW - 2 * MINUTE },
      live: { verdict: { kind: 'running' } },
    },
    rule: 'creating-stopped',
    to: 'REST',
    next: { unresolved: [{ id: 'operation-1' }] },
  },
  {
    when: 'while creating, a revoke does not wait for an operation that AWS has not known for ten seconds',
    view: {
      stage: 'CREATING',
      entries: { a: lapsedWaiting },
      op: { claimed_at: NOW - 20 * SECOND, not_found_since: NOW - 10 * SECOND },
      live: { verdict: { kind: 'not found' } },
    },
    rule: 'creating-stopped',
    to: 'REST',
    next: { unresolved: [{ id: 'operation-1' }] },
  },
  {
    when: 'while creating, a revoke waits for an operation that AWS may not find yet',
    view: {
      stage: 'CREATING',
      entries: { a: lapsedWaiting },
      op: { claimed_at: NOW - 20 * SECOND, not_found_since: NOW - 9 * SECOND },
      live: { verdict: { kind: 'not found' } },
    },
    rule: 'creating-runs',
  },
  // CREATED
  {
    when: 'created, a fresh list shows it: now it is granted, said and counted',
    view: { stage: 'CREATED', entries: { a: 'WAITING' }, live: shown },
    rule: 'created-live',
    to: 'REST',
    writes: ['ledger', 'a GRANTED LIVE', 'event a GRANTED', 'tell a GRANTED'],
    next: { entries: { a: { phase: 'GRANTED', until: NOW + HOUR } } },
  },
  {
    when: 'created, a request that cannot be read is waited for: at rest it would be created again',
    view: {
      stage: 'CREATED',
      entries: { a: 'WAITING' },
      rows: { a: undefined },
      unread: { requests: 'denied' },
      live: shown,
    },
    rule: 'created-unseen',
    to: 'CREATED',
  },
  {
    when: 'created, one list without it is remembered',
    view: { stage: 'CREATED', entries: { a: 'WAITING' }, live: gone },
    rule: 'created-unseen',
    to: 'CREATED',
    next: { absent_since: NOW },
  },
  {
    when: 'created, two lists without it are an ERROR, and it is not created again',
    view: {
      stage: 'CREATED',
      entries: { a: 'WAITING' },
      ledger: { absent_since: NOW - POLICY.graceMs },
      live: gone,
    },
    rule: 'created-gone',
    to: 'REST',
    writes: ['ledger', 'a ERROR REMOVING', 'event a ERROR', 'tell a ERROR'],
  },
  {
    when: 'created, two lists without it are no ERROR while they show nothing else either',
    view: {
      stage: 'CREATED',
      entries: { a: 'WAITING' },
      ledger: { absent_since: NOW - POLICY.graceMs },
      live: gone,
      sightLost: 'none of the 4 granted assignments is in any list',
    },
    rule: 'created-unseen',
    to: 'CREATED',
  },
  {
    when: 'created, what stopped wanting is never granted',
    view: { stage: 'CREATED', entries: { a: lapsedWaiting }, live: shown },
    rule: 'created-stopped',
    to: 'REST',
    writes: ['ledger'],
    next: { entries: { a: { phase: 'ENDED', until: NOW - MINUTE } } },
  },
  // DELETING
  {
    when: 'while deleting, AWS reports success',
    view: { stage: 'DELETING', entries: { a: 'ENDED' }, live: { verdict: { kind: 'succeeded' } } },
    rule: 'deleting-done',
    to: 'DELETED',
    writes: ['ledger'],
    next: { deleted: NOW, delete_id: 'operation-1' },
  },
  {
    when: 'while deleting, AWS reports that it does not exist',
    view: { stage: 'DELETING', entries: { a: 'ENDED' }, live: { verdict: failedAs('absent'), ...gone } },
    rule: 'deleting-done',
    to: 'DELETED',
  },
  {
    when: 'while deleting, another hand was faster: two lists without it',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 4, last_error: failure('conflict'), absent_since: NOW - POLICY.graceMs },
      live: gone,
    },
    rule: 'deleting-gone',
    to: 'DELETED',
  },
  {
    when: 'while deleting, two lists without it prove nothing while they show nothing else either',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 4, last_error: failure('conflict'), absent_since: NOW - POLICY.graceMs },
      live: gone,
      sightLost: 'none of the 4 granted assignments is in any list',
    },
    rule: 'deleting-again',
    call: 'DELETE',
  },
  {
    when: 'while deleting, one list without it proves nothing, and the Delete is repeated',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 4, last_error: failure('conflict') },
      live: gone,
    },
    rule: 'deleting-again',
    to: 'DELETING',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING'],
    next: { absent_since: NOW },
  },
  {
    when: 'while deleting, a failure is backed off',
    view: { stage: 'DELETING', entries: { a: 'ENDED' }, live: { verdict: failedAs('later'), ...shown } },
    rule: 'deleting-failed',
    to: 'DELETING',
    next: { attempts: 1, due_at: NOW + 500 },
  },
  {
    when: 'while deleting, an operation of which AWS has said nothing for two minutes is lost, and called again',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { claimed_at: NOW - 2 * MINUTE },
      live: { verdict: { kind: 'unknown', why: 'because' }, ...shown },
    },
    rule: 'deleting-failed',
    to: 'DELETING',
    next: { attempts: 1, last_error: failure('lost') },
  },
  {
    when: 'while deleting, a refusal is tried on at the ceiling, and never given up',
    view: { stage: 'DELETING', entries: { a: 'ENDED' }, live: { verdict: failedAs('refused'), ...shown } },
    rule: 'deleting-failed',
    to: 'DELETING',
    next: { due_at: NOW + 30 * SECOND, last_error: failure('refused') },
  },
  {
    when: 'while deleting, a Delete is repeated when its turn comes, claimed anew',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 1, last_error: failure('conflict') },
      live: shown,
    },
    rule: 'deleting-again',
    to: 'DELETING',
    call: 'DELETE',
    writes: ['ledger', 'a REMOVING'],
    next: { attempts: 1, requested: NOW - MINUTE },
    alone: { stage: 'DELETING', attempts: 1 },
  },
  {
    when: 'while deleting, a Delete that was inferred is not repeated without what belongs beside it',
    view: {
      stage: 'DELETING',
      op: { id: undefined },
      ledger: { ending: 'inferred', attempts: 1, last_error: failure('conflict') },
      live: shown,
    },
    rule: 'deleting-again',
    call: 'DELETE',
    alone: null,
  },
  {
    when: 'while deleting, after five attempts it is said to be stuck, and tried all the same',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 5, last_error: failure('conflict') },
    },
    rule: 'deleting-again',
    call: 'DELETE',
    writes: ['ledger', 'a STUCK'],
  },
  {
    when: 'while deleting, what somebody wants by now is not deleted again',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED', b: 'WAITING' },
      op: { id: undefined },
      ledger: { attempts: 1, last_error: failure('conflict') },
    },
    rule: 'deleting-wanted',
    to: 'REST',
    writes: ['ledger'],
    next: { due_at: NOW, attempts: 0 },
  },
  {
    when: 'while deleting without an answer, what somebody wants by now waits for the watch',
    view: { stage: 'DELETING', entries: { a: 'ENDED', b: 'WAITING' }, op: { id: undefined } },
    rule: 'deleting-wanted',
    to: 'REST',
    next: { delete_unanswered: true, watch_until: NOW + POLICY.watchMs },
  },
  {
    when: 'while deleting, what fell out of scope is not called for again',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      op: { id: undefined },
      ledger: { attempts: 1, last_error: failure('conflict') },
    },
    policy: OUT_OF_SCOPE,
    rule: 'deleting-out-of-scope',
    to: 'DELETING',
    next: { due_at: NOW + MINUTE },
  },
  {
    when: 'while deleting, what runs is asked after again, also when somebody wants it by now',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED', b: 'WAITING' },
      live: { verdict: { kind: 'running' } },
    },
    rule: 'deleting-runs',
    to: 'DELETING',
  },
  // DELETED
  {
    when: 'deleted, a list without it settles every ended request, and says so',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED', b: expired },
      live: gone,
    },
    rule: 'deleted-gone',
    to: 'REST',
    writes: [
      'ledger',
      'a GONE settled',
      'event a REMOVED',
      'tell a REVOKED',
      'b EXPIRED GONE settled',
      'event b EXPIRED',
      'tell b EXPIRED',
    ],
    next: { entries: {}, watch_until: NOW + POLICY.watchMs, due_at: NOW + POLICY.watchMs },
    alone: {
      stage: 'REST',
      due_at: NOW,
      watch_until: NOW + POLICY.watchMs,
      confirmed_absent: NOW,
      entries: {
        a: { phase: 'ENDED', gone: { deleted: NOW - SECOND, confirmed_absent: NOW } },
        b: { phase: 'ENDED', ended: { as: 'EXPIRED' }, gone: { requested: NOW - MINUTE, session_ms: HOUR } },
      },
    },
  },
  {
    when: 'deleted, what cannot be recorded yet stays as gone, and the others are settled',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED', b: expired },
      rows: { a: { status: 'REVOKED', audited_status: 'GRANTED' } },
      live: gone,
      putOff: ['typed-ending#a'],
    },
    rule: 'deleted-gone',
    to: 'REST',
    writes: ['ledger', 'b EXPIRED GONE settled', 'event b EXPIRED', 'tell b EXPIRED'],
    next: { due_at: NOW, entries: { a: { phase: 'ENDED', gone: { confirmed_absent: NOW } } } },
    putOff: ['typed-ending'],
  },
  {
    when: 'deleted, what its row asks for is written before it is settled',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      rows: { a: { status: 'REVOKED', audited_status: 'GRANTED' } },
      live: gone,
    },
    rule: 'typed-ending',
  },
  {
    when: 'deleted, an orphan whose event cannot be written stays where it is',
    view: { stage: 'DELETED', ledger: { ending: 'inferred' }, live: gone, putOff: ['deleted-gone#'] },
    rule: 'deleted-unproved',
    to: 'DELETED',
    putOff: ['deleted-gone'],
  },
  {
    when: 'deleted, an ERROR is settled without another word',
    view: { stage: 'DELETED', entries: { a: 'ENDED' }, rows: { a: both('ERROR') }, live: gone },
    rule: 'deleted-gone',
    writes: ['ledger', 'a GONE settled', 'event a REMOVED'],
  },
  {
    when: 'deleted, an orphan is settled by an event of its own',
    view: { stage: 'DELETED', ledger: { ending: 'inferred' }, live: gone },
    rule: 'deleted-gone',
    writes: ['ledger', 'event assignment ORPHAN_REMOVED'],
    alone: null,
  },
  {
    when: 'deleted, the watch is not renewed by what came back, and the removals are counted',
    view: {
      stage: 'DELETED',
      ledger: { watch_until: NOW + SECOND, removals: { times: 1, last: NOW - MINUTE } },
      live: gone,
    },
    rule: 'deleted-gone',
    next: { watch_until: NOW + SECOND, removals: { times: 2, last: NOW } },
  },
  {
    when: 'deleted, whoever waits gets a Create at once',
    view: { stage: 'DELETED', entries: { a: 'ENDED', b: 'WAITING' }, live: gone },
    rule: 'deleted-gone',
    to: 'REST',
    next: { due_at: NOW, entries: { b: { phase: 'WAITING', until: NOW + HOUR } } },
  },
  {
    when: 'deleted, "gone" is not said while a Create without verdict may come',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      ledger: { unresolved: [{ id: 'create-1' }] },
      live: { ...gone, unresolved: new Map([['create-1', { kind: 'running' }]]) },
    },
    rule: 'deleted-unproved',
    to: 'DELETED',
    next: { unresolved: [{ id: 'create-1' }] },
  },
  {
    when: 'deleted, a Create whose verdict could not be asked for just now still holds up "gone"',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      ledger: { unresolved: [{ id: 'create-1', since: NOW - MINUTE }] },
      live: { ...gone, unresolved: new Map([['create-1', { kind: 'unknown', why: 'timeout' }]]) },
    },
    rule: 'deleted-unproved',
    to: 'DELETED',
    next: { unresolved: [{ id: 'create-1', since: NOW - MINUTE }] },
  },
  {
    when: 'deleted, a Create that has its verdict by now holds up nothing',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      ledger: { unresolved: [{ id: 'create-1' }] },
      live: { ...gone, unresolved: new Map([['create-1', { kind: 'succeeded' }]]) },
    },
    rule: 'deleted-gone',
    to: 'REST',
    next: { unresolved: [] },
  },
  {
    when: 'deleted, a list that shows it at first is looked at again',
    view: { stage: 'DELETED', entries: { a: 'ENDED' }, live: shown },
    rule: 'deleted-unproved',
    to: 'DELETED',
  },
  {
    when: 'deleted, what is still listed after the grace is deleted again',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      ledger: { deleted: NOW - POLICY.graceMs },
      live: shown,
    },
    rule: 'deleted-still-listed',
    to: 'DELETING',
    call: 'DELETE',
    next: { attempts: 1 },
  },
  {
    when: 'deleted, what is still listed after the grace and wanted by now stays',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED', b: 'WAITING' },
      ledger: { deleted: NOW - POLICY.graceMs },
      live: shown,
    },
    rule: 'deleted-still-listed',
    to: 'REST',
  },
  {
    when: 'deleted, a list that cannot be read proves nothing',
    view: { stage: 'DELETED', entries: { a: 'ENDED' }, live: unreadable },
    rule: 'deleted-unproved',
  },
  // What a request's own row asks for
  {
    when: 'an ending of what is being created goes before its adoption, and remembers by whose word',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: { status: 'REVOKED', revoked_by: 'ben@example.com' } },
      live: { verdict: { kind: 'succeeded' } },
    },
    rule: 'creating-stopped',
    writes: ['ledger'],
    next: { entries: { a: { phase: 'ENDED', ended: { as: 'REVOKED', by: 'ben@example.com' } } } },
  },
  {
    when: 'a typed ending is adopted while its Delete is under way',
    view: {
      stage: 'DELETING',
      entries: { a: claimed('REVOKED', { by: 'ben@example.com' }) },
      rows: { a: { status: 'REVOKED', audited_status: 'GRANTED', revoked_by: 'ben@example.com' } },
      ledger: notDue,
    },
    rule: 'typed-ending',
    writes: ['a REVOKED', 'event a REVOKED'],
    alone: null,
  },
  {
    when: 'a typed ending is adopted while the verdict of a Create is awaited',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      rows: { a: { status: 'REVOKED' } },
      live: { verdict: { kind: 'running' } },
    },
    rule: 'typed-ending',
  },
  {
    when: 'what cannot be written is left for later: it is shown, and the row does not go to sleep over it',
    view: {
      entries: { a: 'GRANTED' },
      rows: { a: { status: 'DANCING', audited_status: 'GRANTED' } },
      putOff: ['typed-other#a'],
    },
    putOff: ['typed-other'],
  },
  {
    when: 'what cannot be written of one request holds up neither the row of another nor a Create',
    view: {
      entries: { a: 'GRANTED', b: 'GRANTED' },
      rows: { a: { status: 'DANCING', audited_status: 'GRANTED' }, b: { status: 'DANCING' } },
      putOff: ['typed-other#a'],
    },
    rule: 'typed-other',
    writes: ['b GRANTED', 'event b HAND_EDIT'],
    putOff: ['typed-other'],
  },
  {
    when: 'what cannot be written of one request holds up no Create for another',
    view: {
      entries: { a: 'GRANTED', b: 'WAITING' },
      rows: { a: { status: 'DANCING', audited_status: 'GRANTED' } },
      putOff: ['typed-other#a'],
    },
    rule: 'rest-wanted',
    call: 'CREATE',
    putOff: ['typed-other'],
  },
  {
    when: 'a row that names an assignment that it was never approved for is put right',
    view: { rows: { a: both('GRANTED') }, elsewhere: { a: OTHER } },
    rule: 'typed-assignment',
    writes: ['a', 'event a HAND_EDIT'],
  },
  {
    when: 'a row that was put right is not put right again, and ends nothing here',
    view: {
      rows: { a: { ...both('REVOKED'), assignment_id: assignmentId(OTHER) } },
      elsewhere: { a: OTHER },
      ledger: { due_at: undefined },
    },
  },
  {
    when: 'a row that was moved here and has ended is put right, and ends where it belongs',
    view: { rows: { a: both('REVOKED') }, elsewhere: { a: OTHER } },
    rule: 'typed-assignment',
  },
  {
    when: 'an ending that was claimed by somebody’s word is recorded as theirs, whatever was typed since',
    view: {
      stage: 'DELETING',
      entries: { a: claimed('REVOKED', { by: 'cleo@example.com', why: 'left the company' }) },
      rows: { a: both('GRANTED') },
      ledger: notDue,
    },
    rule: 'claimed-ending',
    writes: ['a REVOKED', 'event a REVOKED'],
  },
  {
    when: 'an ending that was claimed by the clock is no word of anybody',
    view: {
      stage: 'DELETING',
      entries: { a: claimed('EXPIRED') },
      rows: { a: both('GRANTED') },
      ledger: notDue,
    },
  },
  {
    when: 'an ending that was claimed and adopted since is not recorded again',
    view: {
      stage: 'DELETING',
      entries: { a: claimed('REVOKED', { by: 'cleo@example.com' }) },
      rows: { a: { ...both('REVOKED'), revoked_by: 'cleo@example.com' } },
      ledger: notDue,
    },
  },
  {
    when: 'a typed GRANTED is put back',
    view: { rows: { a: { status: 'GRANTED', audited_status: 'PENDING' } } },
    rule: 'typed-other',
    writes: ['a PENDING', 'event a HAND_EDIT'],
  },
  {
    when: 'what was typed into a settled row is nobody’s command',
    view: {
      rows: { a: { status: 'GRANTED', audited_status: 'REVOKED', due_at: undefined } },
      ledger: { due_at: undefined },
    },
  },
  {
    when: 'a frozen user’s requests flip while their access is being removed',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      rows: { a: both('GRANTED') },
      ledger: notDue,
      hold: aHold(),
    },
    rule: 'user-revoked',
    writes: ['a REVOKED REMOVING', 'event a REVOKED', 'hold as read'],
  },
  {
    when: 'a frozen user’s request that nobody has answered flips',
    view: { rows: { a: both('PENDING') }, hold: aHold() },
    rule: 'user-revoked',
  },
  {
    when: 'a request older than a revocation of everything flips',
    view: {
      stage: 'CREATING',
      entries: { a: 'WAITING' },
      hold: aHold({ frozen: false, revoked_before: toTimestamp(NOW - MINUTE) }),
      live: { verdict: { kind: 'running' } },
    },
    rule: 'user-revoked',
  },
  {
    when: 'a request younger than a revocation of everything is created',
    view: {
      entries: { a: 'WAITING' },
      hold: aHold({ frozen: false, revoked_before: toTimestamp(NOW - HOUR) }),
    },
    rule: 'rest-wanted',
    call: 'CREATE',
  },
  {
    when: 'an earlier end that was typed shortens the entry too',
    view: { entries: { a: 'GRANTED' }, rows: { a: { end_time: toTimestamp(NOW + MINUTE) } } },
    rule: 'typed-end-time',
    writes: ['ledger', 'a', 'event a HAND_EDIT'],
    next: { entries: { a: { phase: 'GRANTED', until: NOW + MINUTE } } },
  },
  {
    when: 'a later end that was typed is put back',
    view: { entries: { a: 'GRANTED' }, rows: { a: { end_time: toTimestamp(NOW + 2 * HOUR) } } },
    rule: 'typed-end-time',
    writes: ['a', 'event a HAND_EDIT'],
  },
  {
    when: 'a request that nobody answered lapses',
    view: { rows: { a: { ...both('PENDING'), created_at: toTimestamp(NOW - POLICY.pendingTtlMs) } } },
    rule: 'lapsed',
    writes: ['a EXPIRED settled', 'event a EXPIRED', 'tell a DENIED'],
  },
  {
    when: 'an ending of what was never approved is settled at once',
    view: { rows: { a: { ...both('REVOKED'), approved_at: undefined } } },
    rule: 'never-approved',
    writes: ['a settled', 'event a REMOVED', 'tell a REVOKED'],
  },
  {
    when: 'a revoke that was flipped without its audit stands, also where another hand typed over its status',
    view: { entries: { a: 'GRANTED' }, rows: { a: { ...both('GRANTED'), revoked_by: 'sam@example.com' } } },
    rule: 'rest-ended',
    call: 'DELETE',
    next: { entries: { a: { phase: 'ENDED', ended: { as: 'REVOKED', by: 'sam@example.com' } } } },
  },
  {
    when: 'and it is adopted while AWS is at it',
    view: {
      stage: 'DELETING',
      entries: { a: 'ENDED' },
      ledger: { due_at: NOW + SECOND },
      rows: { a: { ...both('GRANTED'), revoked_by: 'sam@example.com' } },
    },
    rule: 'typed-ending',
    writes: ['a REVOKED', 'event a REVOKED'],
  },
  {
    when: 'while deleted, what was seen gone keeps its proof where its request could not be read',
    view: {
      stage: 'DELETED',
      entries: { a: 'ENDED' },
      rows: { a: undefined },
      live: gone,
      unread: { requests: 'denied' },
    },
    rule: 'deleted-gone',
    to: 'REST',
    writes: ['ledger'],
    next: { entries: { a: { phase: 'ENDED', gone: { confirmed_absent: NOW } } } },
  },
  {
    when: 'an ERROR typed over a row that was never approved is settled at once, whatever else the row lost',
    view: { rows: { a: { ...both('ERROR'), approved_at: undefined } } },
    rule: 'never-approved',
    writes: ['a settled', 'event a REMOVED', 'tell a REVOKED'],
  },
  {
    when: 'an entry that the ledger lost and the audit knows is put back',
    view: { rows: { a: both('GRANTED') }, audited: { a: { phase: 'GRANTED', until: NOW + HOUR } } },
    rule: 'entry-restored',
    writes: ['ledger', 'a', 'event a HAND_EDIT'],
    next: { entries: { a: { phase: 'GRANTED', until: NOW + HOUR } } },
  },
  {
    when: 'a lost entry whose time is over is put back to end, though a hand typed a later end into the row',
    view: {
      rows: { a: { ...both('APPROVED'), end_time: '2099-01-01T00:00:00Z' } },
      audited: { a: { phase: 'WAITING', until: NOW - HOUR } },
    },
    rule: 'entry-restored',
    next: { entries: { a: { phase: 'WAITING', until: NOW - HOUR } } },
  },
  {
    when: 'an ending whose entry was lost goes through the ledger',
    view: { rows: { a: both('REVOKED') } },
    rule: 'ended-without-entry',
    writes: ['ledger'],
    next: { entries: { a: { phase: 'ENDED', until: NOW } } },
    alone: null,
  },
  {
    when: 'an ending whose entry was lost goes through the ledger before it is adopted',
    view: { rows: { a: { status: 'REVOKED', audited_status: 'GRANTED' } } },
    rule: 'ended-without-entry',
    writes: ['ledger'],
  },
];

function planned({ view, policy = POLICY }: Pick<Situation, 'view' | 'policy'>) {
  return planChanges({ views: [aView(view)], nowMs: NOW, policy });
}

it.each(situations)('planChanges() $when', (situation) => {
  const plan = planned(situation);
  const change: Change | undefined =
    situation.inferred === true ? plan.inferences[0]?.change : plan.changes[0];
  if (situation.inferred === true) expect(plan.changes).toEqual([]);
  else expect(plan.inferences).toEqual([]);
  expect(change?.rule).toBe(situation.rule);
  expect(change?.call).toBe(situation.call);
  if (situation.to !== undefined) expect(change?.next?.stage).toBe(situation.to);
  if (situation.writes !== undefined) expect(written(change)).toEqual(situation.writes);
  if (situation.next !== undefined) expect(change?.next).toMatchObject(situation.next);
  if (situation.alone === null) expect(change?.alone).toBeUndefined();
  else if (situation.alone !== undefined) expect(change?.alone?.next).toMatchObject(situation.alone);
  expect(plan.putOff.map(({ rule }) => rule)).toEqual(situation.putOff ?? []);
});

it('planChanges() follows every row of the state table in some situation', () => {
  const followed = new Set(situations.map(({ rule }) => rule));
  expect(LedgerRules.map(({ name }) => name).filter((name) => !followed.has(name))).toEqual([]);
});

it('planChanges() follows every rule for a request’s own row in some situation', () => {
  const followed = situations.flatMap(({ view }) => {
    const { requests, ledger, hold, audited, elsewhere } = aView(view);
    return [...requests.values()].map((request) => {
      const id = request.request_id;
      const given = {
        request,
        entry: ledger.entries[id],
        hold,
        audited: audited?.get(id),
        elsewhere: elsewhere?.get(id),
      };
      return RequestRules.find((rule) => rule(given, NOW, POLICY.pendingTtlMs) !== undefined);
    });
  });
  expect(RequestRules.filter((rule) => !followed.includes(rule))).toEqual([]);
});

it('planChanges() tells each row of the state table apart by its name', () => {
  const names = LedgerRules.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it('planChanges() settles more requests than fit a transaction in several, and tells each once', () => {
  const ids = Array.from({ length: 45 }, (_, n) => `r${String(n).padStart(2, '0')}`);
  const entries = Object.fromEntries(ids.map((id) => [id, 'ENDED' as const]));
  const told: string[] = [];
  let view = aView({ stage: 'DELETED', entries, live: gone });
  for (let step = 0; view.ledger.stage === 'DELETED'; step += 1) {
    expect(step).toBeLessThan(4);
    const [change] = planChanges({ views: [view], nowMs: NOW, policy: POLICY }).changes;
    expect(change?.writes.length).toBeLessThanOrEqual(100);
    told.push(...written(change).filter((words) => words.startsWith('tell')));
    const ledger = change?.next ?? view.ledger;
    const requests = new Map([...view.requests].filter(([id]) => ledger.entries[id] !== undefined));
    view = { ...view, ledger, requests };
  }
  expect(told).toEqual(ids.map((id) => `tell ${id} REVOKED`));
});
