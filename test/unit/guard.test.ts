// The brake on endings that nobody stated: what passes, what waits, and that every doubt makes it wait.

import { expect, it } from 'vitest';
import { type Brake, countedClaim, parseBrakeRow, recentRemovals } from '../../src/brake.ts';
import { type GuardInput, guard } from '../../src/guard.ts';
import type { Sighting } from '../../src/ledger.ts';
import { type Inference, planChanges } from '../../src/plan.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { ASSIGNMENT, aView, HOUR, MINUTE, NOW, POLICY } from '../plan-builders.ts';

const RESTING: Brake = { name: 'brake', version: 1, tripped: false, removals: [] };
const TRIPPED: Brake = { ...RESTING, tripped: true, reason: 'too many' };

function inferences(count: number, sighting: Partial<Sighting> = {}): readonly Inference[] {
  const views = Array.from({ length: count }, (_, n) => {
    const accountId = String(111111111111 + n);
    const assignment = { ...ASSIGNMENT, accountId };
    const assignment_id = `${accountId}#${ASSIGNMENT.permissionSetArn}#${ASSIGNMENT.principalId}`;
    const seen = { first_seen: NOW - HOUR, ...sighting };
    return aView({
      ledger: { assignment, assignment_id, sighting: seen, due_at: undefined },
      live: { list: 'present' },
    });
  });
  const { inferences: found } = planChanges({ views, nowMs: NOW, policy: POLICY });
  expect(found).toHaveLength(count);
  return found;
}

type Judged = Partial<Omit<GuardInput, 'sweep'>> & { readonly sweep?: Partial<GuardInput['sweep']> };

function judged(input: Judged) {
  return guard({
    inferences: [],
    brake: RESTING,
    limits: { count: 5, share: 0.1 },
    nowMs: NOW,
    ...input,
    sweep: {
      mayInfer: true,
      startedMs: NOW - 10 * MINUTE,
      liveManaged: 20,
      unexplained: 0,
      requestsNamed: 10,
      requestsFound: 10,
      unreadPairs: 0,
      ...input.sweep,
    },
  });
}

const removedAt = (count: number, agoMs: number): Brake => ({
  ...RESTING,
  removals: Array.from({ length: count }, () => toDueAt(NOW - agoMs)),
});

const MAY_GO: readonly (readonly [string, readonly Inference[], Judged])[] = [
  ['up to the count', inferences(5), {}],
  ['up to the share of what is live, where that is more', inferences(30), { sweep: { liveManaged: 300 } }],
  ['up to the count, where the share is less', inferences(5), { sweep: { liveManaged: 10 } }],
  ['up to the count, not counting removals of a day ago', inferences(5), { brake: removedAt(5, 24 * HOUR) }],
  [
    'where no request is named in any ledger row',
    inferences(1),
    { sweep: { requestsNamed: 0, requestsFound: 0 } },
  ],
  [
    'where one of the named requests can be found',
    inferences(1),
    { sweep: { requestsNamed: 9, requestsFound: 1 } },
  ],
];

it.each(MAY_GO)('guard() lets all of them through: %s', (_why, pending, input) => {
  const { allowed, withheld, brake } = judged({ inferences: pending, ...input });
  expect(allowed).toEqual(pending.map(({ change }) => change.assignmentId));
  expect(withheld).toEqual([]);
  expect(brake).toEqual({ kind: 'as it is' });
});

const TRIPS: readonly (readonly [string, readonly Inference[], Judged])[] = [
  ['more than the count', inferences(6), {}],
  ['more than the share of what is live', inferences(31), { sweep: { liveManaged: 300 } }],
  [
    'with those removed in 24 hours more than the count',
    inferences(1),
    { brake: removedAt(5, 24 * HOUR - 1) },
  ],
  ['with those seen for the first time more than the count', inferences(1), { sweep: { unexplained: 6 } }],
  ['not one named request can be found', inferences(1), { sweep: { requestsFound: 0 } }],
];

it.each(TRIPS)('guard() trips and withholds every one: %s', (_why, pending, input) => {
  const { allowed, withheld, brake } = judged({ inferences: pending, ...input });
  expect(allowed).toEqual([]);
  expect(withheld.map(({ reason }) => reason)).toEqual(pending.map(() => 'brake'));
  expect(brake.kind).toBe('trips');
});

it('guard() trips before anything is unexplained when the table of requests is lost', () => {
  expect(judged({ sweep: { requestsFound: 0 } }).brake.kind).toBe('trips');
});

it('guard() stays tripped while one is pending, however few', () => {
  const { allowed, withheld, brake } = judged({ inferences: inferences(1), brake: TRIPPED });
  expect(allowed).toEqual([]);
  expect(withheld).toHaveLength(1);
  expect(brake).toEqual({ kind: 'as it is' });
});

it('guard() stays tripped after a sweep that could not read everything: what is withheld may lie there', () => {
  expect(judged({ brake: TRIPPED, sweep: { unreadPairs: 1 } }).brake).toEqual({ kind: 'as it is' });
});

it('guard() stays tripped while something is unexplained, though nobody has seen it twice yet', () => {
  expect(judged({ brake: TRIPPED, sweep: { unexplained: 1 } }).brake).toEqual({ kind: 'as it is' });
});

it('guard() clears when nothing is withheld by it any more', () => {
  expect(judged({ brake: TRIPPED }).brake).toEqual({ kind: 'clears' });
});

it('guard() does not clear while the table of requests is lost', () => {
  expect(judged({ brake: TRIPPED, sweep: { requestsFound: 0 } }).brake).toEqual({ kind: 'as it is' });
});

it.each(['first sweep', 'previous system'] as const)('guard() withholds what is held: %s', (held) => {
  const pending = inferences(1, { held, ...(held === 'first sweep' ? {} : { explained_by: 'old' }) });
  const { allowed, withheld, brake } = judged({ inferences: pending });
  expect(allowed).toEqual([]);
  expect(withheld[0]).toMatchObject({ reason: held, first_seen: toDueAt(NOW - HOUR) });
  expect(withheld[0]?.explained_by).toBe(held === 'first sweep' ? undefined : 'old');
  expect(brake).toEqual({ kind: 'as it is' });
});

it('guard() does not count what is held against the limit', () => {
  const pending = [...inferences(9, { held: 'first sweep' }), ...inferences(5)];
  expect(judged({ inferences: pending }).allowed).toHaveLength(5);
});

it('guard() lets nothing through where the sweep may not infer, and says so without tripping', () => {
  const { allowed, withheld, brake } = judged({ inferences: inferences(9), sweep: { mayInfer: false } });
  expect(allowed).toEqual([]);
  expect(new Set(withheld.map(({ reason }) => reason))).toEqual(new Set(['incomplete view']));
  expect(brake).toEqual({ kind: 'as it is' });
});

it('guard() lets nothing go that was sighted since the sweep began: it saw a part of what may be a loss', () => {
  const [old, young] = [inferences(2), inferences(4, { first_seen: NOW - 9 * MINUTE }).slice(2)];
  const { allowed, withheld, brake } = judged({ inferences: [...old, ...young] });
  expect(allowed).toEqual(old.map(({ change }) => change.assignmentId));
  expect(withheld.map(({ assignment_id, reason }) => [assignment_id, reason])).toEqual(
    young.map(({ change }) => [change.assignmentId, 'incomplete view']),
  );
  expect(brake).toEqual({ kind: 'as it is' });
});

it('guard() counts against the limit what was sighted since the sweep began', () => {
  const pending = inferences(6, { first_seen: NOW - 9 * MINUTE });
  expect(judged({ inferences: pending }).brake.kind).toBe('trips');
});

it('guard() keeps a tripped brake as it is where the sweep may not infer', () => {
  expect(judged({ brake: TRIPPED, sweep: { mayInfer: false } }).brake).toEqual({ kind: 'as it is' });
});

it('parseBrakeRow() of no row is a brake that rests', () => {
  expect(parseBrakeRow(undefined)).toMatchObject({ tripped: false, version: 0 });
});

const UNREADABLE = [
  {},
  { version: '1' },
  { version: 4, tripped: 'no', removals: [] },
  { version: 4, tripped: false },
];
it.each(UNREADABLE)('parseBrakeRow() of %j fails closed', (row) => {
  const brake = parseBrakeRow({ name: 'brake', ...row });
  expect(brake.tripped).toBe(true);
  expect(judged({ inferences: inferences(1), brake }).allowed).toEqual([]);
  expect(countedClaim(brake, NOW)).toBeUndefined();
});

it('recentRemovals() counts a time that cannot be read as one of now', () => {
  const brake = { ...RESTING, removals: ['yesterday', toDueAt(NOW - 25 * HOUR), toDueAt(NOW - MINUTE)] };
  expect(recentRemovals(brake, NOW)).toHaveLength(2);
});

it('countedClaim() raises the count, on the condition that nobody moved the brake since', () => {
  const write = countedClaim({ ...removedAt(2, MINUTE), version: 8 }, NOW);
  expect(write).toMatchObject({
    row: {
      version: 9,
      tripped: false,
      removals: [toDueAt(NOW - MINUTE), toDueAt(NOW - MINUTE), toDueAt(NOW)],
    },
    onlyIf: [{ attribute: 'version', is: 8 }],
  });
});

it('countedClaim() forgets what is older than a day', () => {
  expect(countedClaim(removedAt(3, 25 * HOUR), NOW)).toMatchObject({ row: { removals: [toDueAt(NOW)] } });
});

it('countedClaim() counts nothing while the brake is tripped', () => {
  expect(countedClaim(TRIPPED, NOW)).toBeUndefined();
});
