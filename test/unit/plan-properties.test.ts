// What holds of planChanges() whatever the rows say, also where a hand wrote nonsense into them. The oracles are written
// here from the definitions in docs, and call none of the code that decides.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssignmentView, OperationVerdict, Unread } from '../../src/assignment-view.ts';
import { standingsOf } from '../../src/assignment-view.ts';
import type { Entry, Ledger, Stage } from '../../src/ledger.ts';
import { isMalformedLedger, parseLedgerRow } from '../../src/ledger.ts';
import { looksNeeded } from '../../src/look.ts';
import { type Change, planChanges } from '../../src/plan.ts';
import type { Policy } from '../../src/policy.ts';
import type { PrincipalHold } from '../../src/principal-hold.ts';
import { recordCall } from '../../src/record-call.ts';
import { parseRequestRow, type RequestRow } from '../../src/request.ts';
import { soundLedger } from '../../src/sound-ledger.ts';
import { stepOf } from '../../src/step-of.ts';
import type { Row, Write } from '../../src/store.ts';
import { parseTimestamp, toDueAt, toTimestamp } from '../../src/timestamp.ts';
import {
  ASSIGNMENT,
  aHold,
  aRow,
  aView,
  GONE,
  HOUR,
  MINUTE,
  NOW,
  OUT_OF_SCOPE,
  POLICY,
  SECOND,
} from '../plan-builders.ts';

/** `npm run test:full` draws fresh cases, and enough that each property meets what it is about; `npm test` the same few. */
const DRAWN =
  process.env.PROPERTY_RUNS === undefined
    ? { numRuns: 300, seed: 20_260_115 }
    : { numRuns: Number(process.env.PROPERTY_RUNS) };
// What is due two hours ahead is looked at every ten seconds at the most.
const STEPS_MAX = 3_000;

// Arbitrary views

const instant = fc.constantFrom(
  NOW - 3 * HOUR,
  NOW - POLICY.graceMs,
  NOW - MINUTE,
  NOW,
  NOW + SECOND,
  NOW + MINUTE,
  NOW + 2 * HOUR,
);
const maybeInstant = fc.option(instant, { nil: undefined });
const status = fc.constantFrom<unknown>(
  'PENDING',
  'APPROVED',
  'GRANTED',
  'REVOKED',
  'EXPIRED',
  'DENIED',
  'ERROR',
  'granted',
  '',
  7,
  null,
  undefined,
);
const likely = fc.constantFrom('PENDING', 'APPROVED', 'GRANTED', 'REVOKED', 'EXPIRED', 'DENIED', 'ERROR');
const statuses = fc.oneof(
  { weight: 3, arbitrary: likely.map((word): Row => ({ status: word, audited_status: word })) },
  { weight: 1, arbitrary: fc.record({ status, audited_status: status }) },
);
const time = fc.oneof(
  instant.map(toTimestamp),
  fc.constantFrom<unknown>(undefined, 'tomorrow', 0, '2026-01-15T12:00:00', '2026-01-15T12:30:00.5+01:00'),
);

const row = fc
  .record({
    statuses,
    end_time: time,
    created_at: time,
    due_at: fc.option(instant.map(toDueAt), { nil: undefined }),
    approved_at: fc.option(instant.map(toTimestamp), { nil: undefined }),
    requested_duration_minutes: fc.constantFrom<unknown>(1, 60, 720, 0, -1, 'an hour', undefined),
    audit_seq: fc.constantFrom<unknown>(0, 3, '3', undefined),
  })
  .map(({ statuses: said, ...times }): Row => ({ ...said, ...times }));

const entry: fc.Arbitrary<Entry> = fc
  .record({
    phase: fc.constantFrom('WAITING', 'WAITING', 'GRANTED', 'GRANTED', 'MISSING', 'ENDED'),
    until: fc.oneof({ weight: 4, arbitrary: fc.constant(NOW + HOUR) }, { weight: 1, arbitrary: instant }),
    ended: fc.constantFrom<Entry['ended']>(
      undefined,
      { as: 'EXPIRED' },
      { as: 'REVOKED', by: 'cleo@example.com', why: 'left the company' },
    ),
    gone: fc.option(fc.constant(GONE), { nil: undefined }),
  })
  .map(asClaimed);

/** Only what was claimed as ended says as what, and was perhaps seen gone. */
function asClaimed({ ended, gone, ...entryOf }: Entry): Entry {
  if (entryOf.phase !== 'ENDED') return entryOf;
  return { ...entryOf, ...(ended === undefined ? {} : { ended }), ...(gone === undefined ? {} : { gone }) };
}

const unread = fc.oneof(
  { weight: 7, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Unread>(
      { requests: 'denied' },
      { hold: 'denied' },
      { audit: 'denied' },
      { explained: 'denied' },
      { requests: 'denied', hold: 'denied', audit: 'denied' },
    ),
  },
);

const verdict: fc.Arbitrary<OperationVerdict> = fc.oneof(
  fc.constantFrom<OperationVerdict>(
    { kind: 'running' },
    { kind: 'succeeded' },
    { kind: 'not found' },
    { kind: 'unknown', why: 'denied' },
  ),
  fc
    .constantFrom('absent' as const, 'later' as const, 'refused' as const)
    .map((as) => ({ kind: 'failed' as const, as, message: 'because' })),
);

const IDS = ['a', 'b', 'c'] as const;
const byId = <T>(value: fc.Arbitrary<T>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...IDS), value), { maxLength: 4 })
    .map((pairs): Readonly<Record<string, T>> => Object.fromEntries(pairs));

const hold = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        frozen: fc.boolean(),
        freeze_until: fc.option(time, { nil: undefined }),
        before: maybeInstant,
      })
      .map(({ frozen, freeze_until, before }) =>
        aHold({
          frozen,
          ...(typeof freeze_until === 'string' ? { freeze_until } : {}),
          ...(before === undefined ? {} : { revoked_before: toTimestamp(before) }),
        }),
      ),
  },
);

const arbitraryView: fc.Arbitrary<AssignmentView> = fc
  .record({
    stage: fc.constantFrom<Stage>('REST', 'REST', 'REST', 'CREATING', 'CREATED', 'DELETING', 'DELETED'),
    entries: byId(entry),
    // Half of the views have only rows that belong to their entries.
    rows: fc.oneof(fc.constant({}), byId(fc.option(row, { nil: undefined }))),
    opId: fc.option(fc.constant('operation-1'), { nil: undefined }),
    opRequest: fc.constantFrom(...IDS, undefined),
    noOp: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    claimedAt: instant,
    notFoundSince: maybeInstant,
    ledger: fc.record({
      due_at: maybeInstant,
      attempts: fc.integer({ min: 0, max: 8 }),
      version: fc.constantFrom(-NOW, 7),
      trying_since: maybeInstant,
      absent_since: maybeInstant,
      watch_until: maybeInstant,
      deleted: maybeInstant,
      delete_unanswered: fc.option(fc.constant(true), { nil: undefined }),
      lost_sight: fc.integer({ min: 0, max: 4 }).map((n) => (n === 0 ? NOW - MINUTE : undefined)),
      removals: fc.option(fc.record({ times: fc.integer({ min: 1, max: 3 }), last: instant }), {
        nil: undefined,
      }),
      ending: fc.option(fc.constantFrom('stated' as const, 'inferred' as const, 'released' as const), {
        nil: undefined,
      }),
      unresolved: fc.constantFrom<Ledger['unresolved']>(
        [],
        [{ id: 'create-1' }],
        [{ id: 'create-1', not_found_since: NOW - HOUR }],
      ),
      last_error: fc.option(
        fc
          .constantFrom('conflict' as const, 'later' as const, 'refused' as const, 'lost' as const)
          .map((kind) => ({
            kind,
            message: 'because',
            at: NOW,
          })),
        { nil: undefined },
      ),
      sighting: fc.option(
        fc.record({
          first_seen: instant,
          held: fc.constantFrom('first sweep' as const, undefined),
          released: fc.option(fc.record({ by: fc.constant('cleo'), until: instant }), { nil: undefined }),
          explained_by: fc.constant(undefined),
        }),
        { nil: undefined },
      ),
    }),
    list: fc.constantFrom('present' as const, 'absent' as const, { unreadable: 'denied' }, undefined),
    verdict: fc.option(verdict, { nil: undefined }),
    unresolved: fc.option(verdict, { nil: undefined }),
    hold,
    unread,
    mended: fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? 'stage: WHAT' : undefined)),
    sightLost: fc.integer({ min: 0, max: 4 }).map((n) => (n === 0 ? 'nothing is in any list' : undefined)),
    moved: fc.integer({ min: 0, max: 19 }).map((n) => IDS[n]),
    firstSweep: fc.boolean(),
    explained: fc.boolean(),
  })
  .map((drawn) => {
    const view = aView({
      stage: drawn.stage,
      entries: drawn.entries,
      rows: drawn.rows,
      op: {
        id: drawn.opId,
        request_id: drawn.opRequest,
        claimed_at: drawn.claimedAt,
        not_found_since: drawn.notFoundSince,
      },
      ledger: { ...drawn.ledger, ...(drawn.mended === undefined ? {} : { mended: drawn.mended }) },
      ...(drawn.unread === undefined ? {} : { unread: drawn.unread }),
      ...(drawn.sightLost === undefined ? {} : { sightLost: drawn.sightLost }),
      ...(isMoved(drawn) ? { elsewhere: { [drawn.moved]: OTHER } } : {}),
      live: {
        ...(drawn.list === undefined ? {} : { list: drawn.list }),
        ...(drawn.verdict === undefined ? {} : { verdict: drawn.verdict }),
        ...(drawn.unresolved === undefined ? {} : { unresolved: new Map([['create-1', drawn.unresolved]]) }),
      },
      ...(drawn.hold === undefined ? {} : { hold: drawn.hold }),
      firstSweep: drawn.firstSweep,
      ...(drawn.explained ? { explainedBy: 'old' } : {}),
    });
    return drawn.noOp ? { ...view, ledger: { ...view.ledger, op: undefined } } : view;
  });

const OTHER = { ...ASSIGNMENT, accountId: '999999999999' };

/** A request that was approved for another assignment has no entry here. */
function isMoved<T extends { entries: object; moved: string | undefined }>(
  drawn: T,
): drawn is T & { moved: string } {
  return drawn.moved !== undefined && !(drawn.moved in drawn.entries);
}

/** The same view with some of its steps put off: of what it would do in turn, those that are drawn. */
const arbitraryPutOff: fc.Arbitrary<AssignmentView> = fc
  .tuple(arbitraryView, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
  .map(([view, drawn]) => {
    const putOff = new Set<string>();
    for (const isPutOff of drawn) {
      const [change] = planChanges({ views: [{ ...view, putOff }], nowMs: NOW, policy: POLICY }).changes;
      if (change !== undefined && isPutOff) putOff.add(stepOf(change.rule, change.requestIds));
    }
    return { ...view, putOff };
  });

const arbitraryPolicy = fc.constantFrom<Policy>(
  POLICY,
  POLICY,
  POLICY,
  OUT_OF_SCOPE,
  { ...POLICY, scope: { ...POLICY.scope, protectedPrincipalIds: [ASSIGNMENT.principalId] } },
  { ...POLICY, scope: { ...POLICY.scope, excludedAccountIds: [ASSIGNMENT.accountId] } },
);

// Oracles

const ENDINGS: readonly unknown[] = ['REVOKED', 'EXPIRED', 'DENIED', 'ERROR'];

/** A request wants its assignment, in the words of the design. */
function wants(view: AssignmentView, id: string): boolean {
  const request = view.requests.get(id);
  const entryOf = view.ledger.entries[id];
  if (request === undefined || entryOf === undefined) return false;
  if (request.audited_status !== 'APPROVED' && request.audited_status !== 'GRANTED') return false;
  return entryOf.phase !== 'MISSING' && entryOf.phase !== 'ENDED' && !isEndedHere(view, id);
}

/** By a word on the person that can be read: a freeze, or a revocation of everything that is older. */
function isHeld(said: PrincipalHold | undefined, request: RequestRow): boolean {
  if (isHeldAsAWhole(said)) return true;
  const before = parseTimestamp(said?.revoked_before);
  return before !== undefined && (parseTimestamp(request.created_at) ?? 0) < before;
}

function isManaged({ scope }: Policy): boolean {
  return (
    scope.permissionSetArns.includes(ASSIGNMENT.permissionSetArn) &&
    !scope.excludedAccountIds.includes(ASSIGNMENT.accountId) &&
    !scope.protectedPrincipalIds.includes(ASSIGNMENT.principalId)
  );
}

/** Every change that the plan holds, also those that the guard has to let through. */
function changesOf(view: AssignmentView, policy: Policy = POLICY, nowMs: number = NOW): readonly Change[] {
  const plan = planChanges({ views: [view], nowMs, policy });
  return [...plan.changes, ...plan.inferences.map(({ change }) => change)];
}

function eachChange(check: (change: Change, view: AssignmentView, policy: Policy) => void): void {
  fc.assert(
    fc.property(arbitraryView, arbitraryPolicy, (view, policy) => {
      for (const change of changesOf(view, policy)) check(change, view, policy);
    }),
    DRAWN,
  );
}

const stepNamed = ({ rule, requestIds }: Change): string => stepOf(rule, requestIds);

/** What is not a claim on the ledger: those go alone, and are never put off. */
const isBeside = (step: string): boolean => !step.startsWith('rest-ended#');

/** An entry that has ended by its ledger, its row or a word on its person, and is not seen gone. */
function isEndedHere(view: AssignmentView, id: string): boolean {
  const { ledger, requests } = view;
  const entryOf = ledger.entries[id];
  if (entryOf === undefined) return false;
  if (entryOf.phase === 'ENDED') return entryOf.gone === undefined;
  if (entryOf.until <= NOW) return true;
  const request = requests.get(id);
  if (request === undefined) return isHeldAsAWhole(view.hold);
  if (ENDINGS.includes(request.status) || ENDINGS.includes(request.audited_status)) return true;
  return isHeld(view.hold, request) || isOverByHand(request, entryOf);
}

function isHeldAsAWhole(said: PrincipalHold | undefined): boolean {
  const until = parseTimestamp(said?.freeze_until) ?? Number.POSITIVE_INFINITY;
  return said?.frozen === true && said.unreadable !== true && NOW < until;
}

/** An earlier end than the entry's that was typed and is over; the row says seconds, the ledger milliseconds. */
function isOverByHand(request: RequestRow, { until }: Entry): boolean {
  const typedMs = parseTimestamp(request.end_time) ?? Number.POSITIVE_INFINITY;
  return typedMs <= NOW && Math.floor(typedMs / 1000) < Math.floor(until / 1000);
}

/** It has not ended, was not found missing and not seen gone: it keeps the access, whether or not it is understood. */
function isKept(view: AssignmentView, id: string): boolean {
  const entryOf = view.ledger.entries[id];
  if (entryOf === undefined || entryOf.phase === 'ENDED' || isEndedHere(view, id)) return false;
  const audited = view.requests.get(id)?.audited_status;
  return entryOf.phase !== 'MISSING' || (audited !== 'APPROVED' && audited !== 'GRANTED');
}

function keyOf(write: Write): string {
  if (write.kind !== 'put') return `${write.table} ${Object.values(write.key).join(' ')}`;
  const { row: put } = write;
  if (write.table === 'audit') return `audit ${put.request_id} ${put.event_time_event_id}`;
  return `${write.table} ${put.assignment_id ?? put.notification_id ?? put.name ?? put.request_id}`;
}

describe('planChanges()', () => {
  it('gives the same plan for the same views in any order, and each alone the same as among others', () => {
    fc.assert(
      fc.property(fc.array(arbitraryView, { maxLength: 5 }), fc.integer(), (drawn, turn) => {
        const views = drawn.map((view, n) => renamed(view, n));
        const plan = planChanges({ views, nowMs: NOW, policy: POLICY });
        const turned = views.map((_, n) => views[(n + Math.abs(turn)) % views.length] ?? views[0]);
        const again = turned.flatMap((view) => view ?? []);
        expect(planChanges({ views: again, nowMs: NOW, policy: POLICY })).toEqual(plan);
        const alone = views.map((view) => planChanges({ views: [view], nowMs: NOW, policy: POLICY }));
        expect(alone.flatMap(({ changes }) => changes)).toEqual(plan.changes);
        expect(alone.flatMap(({ inferences }) => inferences)).toEqual(plan.inferences);
        expect(alone.flatMap(({ drift }) => drift)).toEqual(plan.drift);
      }),
      DRAWN,
    );
  });

  it('never deletes what a request wants (S1)', () => {
    let deletions = 0;
    eachChange((change, view) => {
      if (change.call !== 'DELETE') return;
      deletions += 1;
      expect(Object.keys(view.ledger.entries).filter((id) => wants(view, id))).toEqual([]);
    });
    expect(deletions).toBeGreaterThan(DRAWN.numRuns / 50);
  });

  it('creates for an approved request of a user who is not held, and nothing that was seen before (S2)', () => {
    let creations = 0;
    eachChange((change, view) => {
      if (change.call !== 'CREATE') return;
      creations += 1;
      const id = change.next?.op?.request_id ?? '';
      const request = view.requests.get(id);
      expect(request).toMatchObject({ status: 'APPROVED', audited_status: 'APPROVED' });
      expect(view.ledger.entries[id]?.phase).toBe('WAITING');
      expect(wants(view, id)).toBe(true);
      const { hold: held } = view;
      const frozenUntil = parseTimestamp(held?.freeze_until) ?? Number.POSITIVE_INFINITY;
      expect(held?.frozen === true && NOW < frozenUntil).toBe(false);
      const before = parseTimestamp(held?.revoked_before) ?? 0;
      expect((parseTimestamp(request?.created_at) ?? 0) < before).toBe(false);
      // Claimed on half a view, it stands on what the claim checks; a new one is not.
      if (view.ledger.stage === 'REST') expect(view.unread).toBeUndefined();
    });
    expect(creations).toBeGreaterThan(DRAWN.numRuns / 300);
  });

  it('calls for nothing outside the scope, and for nobody who is protected (S3)', () => {
    eachChange((change, _view, policy) => {
      if (change.call !== undefined) expect(isManaged(policy)).toBe(true);
    });
  });

  it('never infers anything on half a view (S5)', () => {
    eachChange((change, view) => {
      if (view.unread === undefined) return;
      expect(change.next?.sighting ?? view.ledger.sighting).toEqual(view.ledger.sighting);
      if (view.ledger.stage === 'REST' && change.call === 'DELETE')
        expect(change.next?.ending).toBe('stated');
    });
  });

  it('ends at rest what nobody wants, whatever beside the ledger cannot be written (L2a)', () => {
    let endings = 0;
    fc.assert(
      fc.property(arbitraryPutOff, (drawn) => {
        const view = { ...drawn, putOff: new Set([...(drawn.putOff ?? [])].filter(isBeside)) };
        const { ledger } = view;
        const isOver = Object.keys(ledger.entries).some((id) => isEndedHere(view, id));
        const keeps = Object.keys(ledger.entries).some((id) => isKept(view, id));
        if (ledger.stage !== 'REST' || !isOver || keeps) return;
        endings += 1;
        const [change] = planChanges({ views: [view], nowMs: NOW, policy: POLICY }).changes;
        expect(change).toMatchObject({ rule: 'rest-ended', call: 'DELETE' });
        expect(change?.alone).toBeDefined();
      }),
      DRAWN,
    );
    expect(endings).toBeGreaterThan(DRAWN.numRuns / 30);
  });

  it('writes nothing but the row of the ledger where nothing can be written beside it', () => {
    let endings = 0;
    eachChange((change, { ledger }) => {
      const { alone } = change;
      if (change.call === 'DELETE' && change.next?.ending === 'stated') expect(alone).toBeDefined();
      if (alone === undefined) return;
      endings += 1;
      expect(alone.writes.map(({ table }) => table)).toEqual(['assignments']);
      expect(alone.writes[0]).toMatchObject({ kind: 'put', row: { version: alone.next.version } });
      expect(alone.writes[0]?.onlyIf).toEqual(change.writes[0]?.onlyIf);
      // Nothing of an ending that is not recorded is lost.
      for (const id of Object.keys(ledger.entries)) expect(Object.keys(alone.next.entries)).toContain(id);
    });
    expect(endings).toBeGreaterThan(DRAWN.numRuns / 50);
  });

  it('plans nothing of what was put off, says all of it, and is held up by none of it', () => {
    fc.assert(
      fc.property(arbitraryView, (drawn) => {
        const putOff = new Set<string>();
        const shown: string[] = [];
        for (let tries = 0; tries < 30; tries += 1) {
          const plan = planChanges({ views: [{ ...drawn, putOff }], nowMs: NOW, policy: POLICY });
          expect(plan.putOff.filter((change) => !putOff.has(stepNamed(change)))).toEqual([]);
          shown.splice(0, shown.length, ...plan.putOff.map(stepNamed));
          const [change] = plan.changes;
          if (change === undefined) break;
          expect(putOff.has(stepNamed(change))).toBe(false);
          putOff.add(stepNamed(change));
        }
        const last = planChanges({ views: [{ ...drawn, putOff }], nowMs: NOW, policy: POLICY });
        expect(last.changes).toEqual([]);
        // Those of one rule are tried one by one where they cannot be written together, and show as one.
        const rulesOf = (steps: Iterable<string>) => new Set([...steps].map((step) => step.split('#')[0]));
        expect(rulesOf(shown)).toEqual(rulesOf(putOff));
      }),
      DRAWN,
    );
  });

  it('never goes to sleep over what was put off', () => {
    fc.assert(
      fc.property(arbitraryPutOff, (view) => {
        const plan = planChanges({ views: [view], nowMs: NOW, policy: POLICY });
        if (plan.putOff.length > 0) expect(plan.changes.map(({ rule }) => rule)).not.toContain('rest-idle');
      }),
      DRAWN,
    );
  });

  it('writes no instant into the ledger that is not believed when it is read again', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryPolicy, (view, policy) => {
        const sound = { ...view, ledger: soundLedger(view.ledger, NOW, policy).ledger };
        for (const change of changesOf(sound, policy)) {
          for (const next of [change.next, change.alone?.next])
            if (next !== undefined) expect(soundLedger(next, NOW, policy).lies).toEqual([]);
        }
      }),
      DRAWN,
    );
  });

  it('writes to the ledger under the version that was read, and raises it', () => {
    eachChange((change, { ledger }) => {
      const own = change.writes.filter((write) => write.table === 'assignments');
      expect(own.length).toBe(change.next === undefined && own[0]?.kind !== 'delete' ? 0 : 1);
      if (change.call !== undefined) expect(own).toHaveLength(1);
      for (const write of own) {
        const unwritten = { attribute: 'version', absent: true };
        expect(write.onlyIf).toEqual([
          ledger.version <= 0 ? unwritten : { attribute: 'version', is: ledger.version },
        ]);
        if (write.kind !== 'put') continue;
        expect(write.row.version).toBeGreaterThan(ledger.version);
        expect(write.row.version).toBe(change.next?.version);
        const read = parseLedgerRow(write.row);
        expect(isMalformedLedger(read)).toBe(false);
      }
    });
  });

  it('writes to a request only as it was read: status, audited status and sequence', () => {
    eachChange((change, view) => {
      for (const write of change.writes) {
        if (write.table !== 'requests' || write.kind === 'put') continue;
        const stored = view.requests.get(String(write.key.request_id))?.stored ?? {};
        const asRead = ['status', 'audited_status', 'audit_seq'].map((attribute) =>
          stored[attribute] === undefined
            ? { attribute, absent: true }
            : { attribute, is: stored[attribute] },
        );
        expect(write.onlyIf).toEqual(asRead);
      }
    });
  });

  it('plans transactions that DynamoDB takes: at most 100 writes, each of another row', () => {
    eachChange((change) => {
      expect(change.writes.length).toBeGreaterThan(0);
      expect(change.writes.length).toBeLessThanOrEqual(100);
      expect(new Set(change.writes.map(keyOf)).size).toBe(change.writes.length);
    });
  });

  it('audits each transition exactly once, and nothing without its request (T2)', () => {
    eachChange((change, view) => {
      const events = change.writes.flatMap((write) =>
        write.kind === 'put' && write.table === 'audit' ? [write.row] : [],
      );
      const updates = change.writes.flatMap((write) =>
        write.kind === 'update' && write.table === 'requests' ? [write] : [],
      );
      for (const { key, set = {} } of updates) {
        const request = view.requests.get(String(key.request_id));
        const own = events.filter((event) => event.request_id === key.request_id);
        const moves = 'audited_status' in set && set.audited_status !== request?.audited_status;
        expect(own.length).toBe(set.audit_seq === undefined ? 0 : 1);
        if (moves || 'status' in set) expect(own).toHaveLength(1);
        if (own.length === 1) expect(set.audit_seq).toBe((request?.audit_seq ?? 0) + 1);
      }
      const filed = new Set(updates.map(({ key }) => key.request_id));
      for (const { request_id } of events) {
        expect(filed.has(String(request_id)) || String(request_id).startsWith('assignment#')).toBe(true);
      }
    });
  });

  it('tells a person only what the same transaction records', () => {
    eachChange((change) => {
      const updated = new Map(
        change.writes.flatMap((write) =>
          write.kind === 'update' && write.table === 'requests'
            ? [[String(write.key.request_id), write.set]]
            : [],
        ),
      );
      for (const write of change.writes) {
        if (write.kind !== 'put' || write.table !== 'outbox') continue;
        expect(updated.get(String(write.row.request_id))?.notification_seq).toBe(write.row.seq);
      }
    });
  });

  it('never runs hot: at one instant, with an unchanging AWS, its steps come to an end', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryPolicy, (view, policy) => {
        const world = worldOf(view, policy, 'unchanging');
        const steps: string[] = [];
        while (steps.length < 40) {
          const change = world.step();
          if (change === undefined) return;
          steps.push(change.rule);
        }
        expect(steps).toEqual('an end');
      }),
      DRAWN,
    );
  });

  it('comes to rest with an AWS that does what it is told, and then has nothing to do (L1)', () => {
    fc.assert(
      fc.property(arbitraryView.map(asWritten).map(withEverythingRead), (view) => {
        const world = worldOf(view, POLICY, 'obedient');
        const steps: string[] = [];
        while (steps.length < STEPS_MAX) {
          const change = world.step();
          if (change === undefined && !world.sleep()) break;
          steps.push(change?.rule ?? 'slept');
        }
        expect(steps.length < STEPS_MAX ? [] : steps.slice(-12)).toEqual([]);
        const { ledger, live } = world.seen();
        expect(ledger.stage).toBe('REST');
        expect(Object.values(ledger.entries)).toEqual([]);
        // What is left may be access that nobody stated anything about: it waits for the guard.
        if (live === 'present') expect(ledger.sighting).toBeDefined();
      }),
      DRAWN,
    );
  });
});

/** Only what the loop itself writes: an operation while there is one, and due until there is nothing to do. */
function asWritten(view: AssignmentView): AssignmentView {
  const { ledger } = view;
  const { op } = aView({ stage: ledger.stage, entries: ledger.entries }).ledger;
  const deleted = Math.min(ledger.deleted ?? NOW, NOW - SECOND);
  const kept = ledger.op ?? op;
  const since = kept?.not_found_since;
  const written = kept && {
    ...kept,
    not_found_since: since === undefined ? undefined : Math.min(since, NOW),
  };
  return { ...view, ledger: { ...ledger, op: written, deleted, due_at: ledger.due_at ?? NOW } };
}

/** Everything is answered and written again. */
function withEverythingRead(view: AssignmentView): AssignmentView {
  const { unread: _, elsewhere: __, putOff: ___, sightLost: ____, ...rest } = view;
  return rest;
}

/** The view under the name of another account, so that several are of different assignments. */
function renamed(view: AssignmentView, n: number): AssignmentView {
  const accountId = String(111111111111 + n);
  const assignment = { ...ASSIGNMENT, accountId };
  const assignment_id = `${accountId}#${ASSIGNMENT.permissionSetArn}#${ASSIGNMENT.principalId}`;
  return { ...view, ledger: { ...view.ledger, assignment, assignment_id } };
}

/**
 * One assignment with its rows and an AWS. Unchanging: it answers for ever what the view says, and accepts every call.
 * Obedient: every call that is accepted is done at once.
 */
function worldOf(first: AssignmentView, policy: Policy, aws: 'unchanging' | 'obedient') {
  let nowMs = NOW;
  let ledger: Ledger = first.ledger;
  let list = first.live.list;
  let operations = 0;
  const rows = new Map([...first.requests].map(([id, request]) => [id, rowOf(request)]));
  const done = new Set<string>();

  const read = (): AssignmentView => {
    const requests = new Map([...rows].flatMap(([id, each]) => [[id, parsed(each)] as const]));
    const desired = { ledger, requests, hold: first.hold };
    const looks = looksNeeded(ledger, standingsOf(desired, nowMs), nowMs, true);
    const said = looks.verdict === undefined ? undefined : verdictOf(looks.verdict.id);
    const listed = looks.list === true || (looks.list !== false && said?.kind === 'failed');
    const open = first.live.unresolved?.get('create-1');
    const unresolved = new Map(
      looks.unresolved.map((id): [string, OperationVerdict] => [
        id,
        aws === 'obedient' ? { kind: 'succeeded' } : (open ?? { kind: 'running' }),
      ]),
    );
    return {
      ...first,
      ...desired,
      live: {
        ...(said === undefined ? {} : { verdict: said }),
        ...(listed && list !== undefined ? { list } : {}),
        unresolved,
      },
    };
  };
  const verdictOf = (id: string): OperationVerdict => {
    if (aws === 'unchanging') return first.live.verdict ?? { kind: 'running' };
    return done.has(id) ? { kind: 'succeeded' } : { kind: 'not found' };
  };
  if (aws === 'obedient' && list !== 'present') list = 'absent';

  const call = (change: Change): void => {
    if (change.call === undefined) return;
    operations += 1;
    const id = `called-${operations}`;
    done.add(id);
    if (aws === 'obedient') list = change.call === 'CREATE' ? 'present' : 'absent';
    const recorded = recordCall(ledger, { kind: 'accepted', id }, nowMs, 0.5);
    ledger = { ...recorded, version: ledger.version + 1 };
  };

  return {
    step(): Change | undefined {
      const [change] = planChanges({ views: [read()], nowMs, policy }).changes;
      if (change === undefined) return undefined;
      for (const write of change.writes) {
        if (write.table === 'requests' && write.kind === 'update') {
          const id = String(write.key.request_id);
          rows.set(id, updated(rows.get(id) ?? {}, write.set, write.remove));
        }
        if (write.table === 'assignments' && write.kind === 'delete')
          ledger = { ...aView().ledger, version: -nowMs, due_at: undefined };
      }
      if (change.next !== undefined) ledger = reread(change);
      call(change);
      return change;
    },
    /** Until the row is due again, or any of its requests ends; false where nothing is ahead. */
    sleep(): boolean {
      if (ledger.due_at === undefined || ledger.due_at <= nowMs) return false;
      nowMs = ledger.due_at;
      return true;
    },
    seen: () => ({ ledger, live: list }),
  };
}

/** The ledger as it comes back out of the table. */
function reread(change: Change): Ledger {
  const put = change.writes.find((write) => write.table === 'assignments');
  const ledger = put?.kind === 'put' ? parseLedgerRow(put.row) : undefined;
  if (ledger === undefined || isMalformedLedger(ledger)) throw new Error('the ledger cannot be read back');
  return ledger;
}

function rowOf(request: RequestRow): Row {
  const { stored, ...rest } = request;
  return aRow(request.request_id, { ...rest, ...stored });
}

function updated(before: Row, set: Row = {}, remove: readonly string[] = []): Row {
  return Object.fromEntries(Object.entries({ ...before, ...set }).filter(([name]) => !remove.includes(name)));
}

function parsed(each: Row): RequestRow {
  const request = parseRequestRow(each);
  if (request === undefined) throw new Error('the request cannot be read back');
  return request;
}
