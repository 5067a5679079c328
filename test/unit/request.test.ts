// A request's row: whatever a hand left in it, it reads as something, and never as more than it says.

import { expect, it } from 'vitest';
import { entryStanding } from '../../src/entry-standing.ts';
import {
  assignmentOf,
  endTimeMs,
  isSettled,
  normalizeEmail,
  parseRequestRow,
  unchangedRequest,
} from '../../src/request.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';
import { ASSIGNMENT, aRequest, aRow, both, HOUR, NOW } from '../plan-builders.ts';

it('parseRequestRow() has no request without an id', () => {
  expect(parseRequestRow({ status: 'GRANTED' })).toBeUndefined();
  expect(parseRequestRow({ request_id: '', status: 'GRANTED' })).toBeUndefined();
});

const SPOILED: readonly (readonly [string, Row])[] = [
  ['account_id', { account_id: 'prod' }],
  ['permission_set_arn', { permission_set_arn: 7 }],
  ['identity_store_user_id', { identity_store_user_id: 'ana' }],
  ['requested_duration_minutes', { requested_duration_minutes: -60 }],
  ['end_time', { end_time: 1768478400 }],
  ['approved_at', { approved_at: null }],
];

it.each(SPOILED)(
  'parseRequestRow() reads a spoiled %s as absent, and the rest as it is',
  (attribute, change) => {
    const request = aRequest('a', change);
    expect(request[attribute as keyof typeof request]).toBeUndefined();
    expect(request).toMatchObject({ request_id: 'a', audited_status: 'APPROVED', channel_id: 'channel' });
  },
);

it.each([...SPOILED.slice(0, 3)])(
  'assignmentOf() a request without a usable %s is none',
  (_attribute, change) => {
    expect(assignmentOf(aRequest('a', change))).toBeUndefined();
    expect(assignmentOf(aRequest('a'))).toEqual(ASSIGNMENT);
  },
);

it('parseRequestRow() keeps a typed status as it lies there, and believes no audited status it does not know', () => {
  expect(aRequest('a', { status: 7, audited_status: 'granted' })).toMatchObject({
    status: 7,
    audited_status: undefined,
  });
});

const WRITTEN: readonly Row[] = [
  {},
  { status: 7 },
  { status: undefined },
  { audit_seq: undefined },
  { audit_seq: '3' },
];
it.each(WRITTEN)('unchangedRequest() holds for the row as it was read: %j', async (change) => {
  const store = createModelStore();
  const row = Object.fromEntries(
    Object.entries(aRow('a', change)).filter(([, value]) => value !== undefined),
  );
  // A number is no key of an index: DynamoDB would not have taken such a row.
  store.load('requests', [typeof row.status === 'number' ? { ...row, status: 'seven' } : row]);
  const read = parseRequestRow((await store.get('requests', { request_id: 'a' })) ?? {});
  if (read === undefined) throw new Error('nothing was read');
  const check = {
    kind: 'check' as const,
    table: 'requests' as const,
    key: { request_id: 'a' },
    onlyIf: unchangedRequest(read),
  };
  expect((await store.transact([check])).outcome).toBe('written');
});

const TOUCHED: readonly Row[] = [{ status: 'REVOKED' }, { audited_status: 'REVOKED' }, { audit_seq: 3 }];
it.each(TOUCHED)('unchangedRequest() does not hold once somebody wrote %j', async (set) => {
  const store = createModelStore();
  const key = { request_id: 'a' };
  store.load('requests', [aRow('a')]);
  await store.transact([{ kind: 'update', table: 'requests', key, set }]);
  const check = {
    kind: 'check' as const,
    table: 'requests' as const,
    key,
    onlyIf: unchangedRequest(aRequest('a')),
  };
  expect((await store.transact([check])).outcome).toBe('refused');
});

const SETTLED: readonly (readonly [boolean, Row])[] = [
  [true, { ...both('REVOKED'), due_at: undefined }],
  [true, { status: 'EXPIRED', audited_status: undefined, due_at: undefined }],
  [false, both('REVOKED')],
  [false, { ...both('GRANTED'), due_at: undefined }],
  [false, { status: 'REVOKED', audited_status: 'GRANTED', due_at: undefined }],
];
it.each(SETTLED)('isSettled() is %s for %j', (expected, change) => {
  expect(isSettled(aRequest('a', change))).toBe(expected);
});

it('endTimeMs() is that of a valid instant with a zone only', () => {
  expect(endTimeMs(aRequest('a', { end_time: '2026-01-15T13:00:00+01:00' }))).toBe(NOW);
  expect(endTimeMs(aRequest('a', { end_time: '2026-01-15T12:00:00' }))).toBeUndefined();
  expect(endTimeMs(aRequest('a', { end_time: '2026-13-45T99:00:00Z' }))).toBeUndefined();
});

it('normalizeEmail() makes one of what looks the same', () => {
  expect(normalizeEmail(' Zoe\u0308@Example.COM ')).toBe('zo\u00eb@example.com');
});

const ahead = NOW + HOUR;
const STANDINGS: readonly (readonly [
  string,
  'WAITING' | 'GRANTED' | 'MISSING' | 'ENDED',
  number,
  Row | undefined,
])[] = [
  ['wants', 'WAITING', ahead, both('APPROVED')],
  ['wants', 'GRANTED', ahead, both('GRANTED')],
  ['wants', 'GRANTED', ahead, { status: 'typed', audited_status: 'GRANTED' }],
  ['ended', 'GRANTED', NOW, both('GRANTED')],
  ['ended', 'ENDED', ahead, both('GRANTED')],
  ['ended', 'GRANTED', ahead, { status: 'REVOKED', audited_status: 'GRANTED' }],
  ['ended', 'GRANTED', ahead, { status: 'GRANTED', audited_status: 'ERROR' }],
  ['ended', 'MISSING', ahead, both('REVOKED')],
  ['ended', 'GRANTED', NOW, undefined],
  ['missing', 'MISSING', ahead, both('GRANTED')],
  ['unexplained', 'GRANTED', ahead, undefined],
  ['quarantined', 'GRANTED', ahead, { status: 'GRANTED', audited_status: 'nonsense' }],
  ['quarantined', 'WAITING', ahead, both('PENDING')],
];
it.each(STANDINGS)('entryStanding() is %s for %s until %i of %j', (standing, phase, until, row) => {
  const request = row === undefined ? undefined : aRequest('a', row);
  expect(entryStanding({ phase, until }, { request, hold: undefined }, NOW)).toBe(standing);
});
