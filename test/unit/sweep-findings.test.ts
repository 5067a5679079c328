// What a sweep makes of one pair: a reason to look closer, never evidence.

import { expect, it } from 'vitest';
import { assignmentId } from '../../src/assignment.ts';
import { sweepFindings } from '../../src/sweep-findings.ts';
import { toTimestamp } from '../../src/timestamp.ts';
import {
  ASSIGNMENT,
  aHold,
  aView,
  both,
  HOUR,
  MINUTE,
  NOW,
  POLICY,
  type ViewSpec,
} from '../plan-builders.ts';

const USER = { principalType: 'USER' as const, principalId: ASSIGNMENT.principalId };
const GROUP = { principalType: 'GROUP' as const, principalId: '99999999-2222-4333-8444-555555555555' };

function findings(
  spec: ViewSpec | undefined,
  principals: readonly (typeof USER | typeof GROUP)[] = [USER],
  scope: Partial<typeof POLICY.scope> = {},
) {
  const view = spec === undefined ? undefined : aView(spec);
  return sweepFindings({
    pair: { accountId: ASSIGNMENT.accountId, permissionSetArn: ASSIGNMENT.permissionSetArn },
    principals,
    ledgers: view === undefined ? [] : [view.ledger],
    requests: view?.requests ?? new Map(),
    holds: new Map(),
    scope: { ...POLICY.scope, ...scope },
    nowMs: NOW,
    pendingTtlMs: POLICY.pendingTtlMs,
  });
}

const DOUBTFUL: readonly (readonly [string, ViewSpec | undefined, boolean])[] = [
  ['live without a ledger row', undefined, true],
  ['live, and its only request ended', { entries: { a: { phase: 'GRANTED', until: NOW - MINUTE } } }, true],
  [
    'live, and the row of its only request is gone',
    { entries: { a: 'GRANTED' }, rows: { a: undefined } },
    true,
  ],
  ['live, and its grant was missing', { entries: { a: 'MISSING' } }, true],
  ['granted, and not listed', { entries: { a: 'GRANTED' } }, false],
  ['sighted, and not listed any more', { ledger: { sighting: { first_seen: NOW - HOUR } } }, false],
  [
    'listed again after a list without it',
    { entries: { a: 'GRANTED' }, ledger: { absent_since: NOW - MINUTE } },
    true,
  ],
  ['a status was typed', { entries: { a: 'GRANTED' }, rows: { a: { status: 'whatever' } } }, true],
  [
    'a status was typed while it is being created',
    { stage: 'CREATING', entries: { a: 'WAITING' }, rows: { a: { status: 'REVOKED' } } },
    true,
  ],
  [
    'an end was typed',
    { entries: { a: 'GRANTED' }, rows: { a: { end_time: toTimestamp(NOW + MINUTE) } } },
    true,
  ],
];

it('sweepFindings() has doubts, and no news, where what was sighted is still there', () => {
  const { doubtful, news } = findings({ ledger: { sighting: { first_seen: NOW - HOUR } } });
  expect(doubtful).toEqual([ASSIGNMENT]);
  expect(news).toEqual([]);
});

it.each(DOUBTFUL)('sweepFindings() has doubts: %s', (_why, spec, isLive) => {
  const { doubtful, news } = findings(spec, isLive ? [USER] : []);
  expect(doubtful).toEqual([ASSIGNMENT]);
  expect(news).toEqual(doubtful);
});

const FINE: readonly (readonly [string, ViewSpec, boolean])[] = [
  ['granted and live', { entries: { a: 'GRANTED' } }, true],
  ['waiting, and not live yet', { entries: { a: 'WAITING' } }, false],
  ['being created, and live already', { stage: 'CREATING', entries: { a: 'WAITING' } }, true],
  ['being removed, and still live', { stage: 'DELETING', entries: { a: 'ENDED' } }, true],
  ['neither wanted nor live', {}, false],
];

it.each(FINE)('sweepFindings() has no doubt: %s', (_why, spec, isLive) => {
  expect(findings(spec, isLive ? [USER] : []).doubtful).toEqual([]);
});

it('sweepFindings() looks closer at an assignment once, whatever the reasons', () => {
  const twice = {
    entries: { a: 'GRANTED' as const },
    rows: { a: both('REVOKED') },
    ledger: { absent_since: NOW },
  };
  expect(findings(twice).doubtful).toEqual([ASSIGNMENT]);
});

it('sweepFindings() reports a group, and never looks closer at it', () => {
  const { foreign, doubtful, liveManaged } = findings(undefined, [GROUP]);
  expect(foreign.map(({ kind, principal_id }) => [kind, principal_id])).toEqual([
    ['foreign', GROUP.principalId],
  ]);
  expect(doubtful).toEqual([]);
  expect(liveManaged).toBe(0);
});

it('sweepFindings() reports a protected user, and never looks closer', () => {
  const { foreign, doubtful } = findings(undefined, [USER], { protectedPrincipalIds: [USER.principalId] });
  expect(foreign.map(({ assignment_id }) => assignment_id)).toEqual([assignmentId(ASSIGNMENT)]);
  expect(doubtful).toEqual([]);
});

it('sweepFindings() says nothing of a permission set that is not managed', () => {
  const { foreign, doubtful } = findings(undefined, [USER, GROUP], { permissionSetArns: [] });
  expect([...foreign, ...doubtful]).toEqual([]);
});

it('sweepFindings() counts the requests that ledger rows name, and those that exist', () => {
  const spec: ViewSpec = {
    entries: { a: 'GRANTED', b: 'WAITING', c: 'ENDED' },
    rows: { b: undefined, c: undefined },
    hold: aHold(),
  };
  expect(findings(spec)).toMatchObject({ requestsNamed: 3, requestsFound: 1, liveManaged: 1 });
});
