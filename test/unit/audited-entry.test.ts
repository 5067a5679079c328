import { expect, it } from 'vitest';
import { approvedAssignment, auditedEntry } from '../../src/audited-entry.ts';
import { parseRequestRow, type RequestRow } from '../../src/request.ts';
import type { Row } from '../../src/store.ts';

const ASSIGNMENT = {
  accountId: '111111111111',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333',
  principalId: '11111111-1111-4111-8111-111111111111',
};
const ID = `${ASSIGNMENT.accountId}#${ASSIGNMENT.permissionSetArn}#${ASSIGNMENT.principalId}`;

const event = (type: string, details: Row = {}): Row => ({
  event_type: type,
  event_time: '2026-01-15T12:00:00Z',
  details,
});
const APPROVED = event('APPROVED', { end_time: '2026-01-15T13:00:00Z', assignment_id: ID });
const GRANTED = event('GRANTED', { end_time: '2026-01-15T13:01:00Z' });

function request(change: Row = {}): RequestRow {
  const row = { request_id: 'r-1', status: 'GRANTED', audited_status: 'GRANTED', ...change };
  const parsed = parseRequestRow(row);
  if (parsed === undefined) throw new Error('not a request');
  return parsed;
}

const approved = () => request({ status: 'APPROVED', audited_status: 'APPROVED' });
const entryOf = (events: readonly Row[], row = request()) => auditedEntry(events, row, ASSIGNMENT);

it('an approved request waits for its Create until the end that was approved', () => {
  expect(entryOf([event('REQUESTED'), APPROVED], approved())).toEqual({
    phase: 'WAITING',
    until: Date.parse('2026-01-15T13:00:00Z'),
    minutes: 60,
  });
});

it('a granted request is granted until the end that was said when it was', () => {
  expect(entryOf([APPROVED, GRANTED])).toMatchObject({
    phase: 'GRANTED',
    until: Date.parse('2026-01-15T13:01:00Z'),
  });
});

it('what was found missing stays missing: it is not created again', () => {
  expect(entryOf([APPROVED, GRANTED, event('MISSING_FOUND')])?.phase).toBe('MISSING');
});

it('an end typed by hand counts where it is earlier, and never where it is later', () => {
  const until = (end_time: string) => entryOf([APPROVED, GRANTED], request({ end_time }))?.until;
  expect(until('2026-01-15T12:30:00Z')).toBe(Date.parse('2026-01-15T12:30:00Z'));
  expect(until('2099-01-01T00:00:00Z')).toBe(Date.parse('2026-01-15T13:01:00Z'));
});

it.each<[string, readonly Row[], RequestRow]>([
  ['a row that says APPROVED without its event', [event('REQUESTED')], approved()],
  ['a row that says GRANTED of a request that was only approved', [APPROVED], request()],
  ['a GRANTED event without an approval', [GRANTED], request()],
  ['a request that was revoked since', [APPROVED, GRANTED, event('REVOKED')], request()],
  [
    'a request that was approved for another assignment',
    [event('APPROVED', { end_time: '2026-01-15T13:00:00Z', assignment_id: 'another' })],
    approved(),
  ],
  ['an approval without an end', [event('APPROVED', { assignment_id: ID })], approved()],
])('%s has no entry', (_name, events, row) => {
  expect(entryOf(events, row)).toBeUndefined();
});

it('approvedAssignment() is what the last approval says, and nothing where none does', () => {
  const other = `222222222222#${ASSIGNMENT.permissionSetArn}#${ASSIGNMENT.principalId}`;
  const approvedFor = (id: unknown) => event('APPROVED', { assignment_id: id });
  expect(approvedAssignment([event('REQUESTED'), APPROVED, GRANTED])).toEqual(ASSIGNMENT);
  expect(approvedAssignment([approvedFor(other), APPROVED])).toEqual(ASSIGNMENT);
  expect(approvedAssignment([event('HAND_EDIT', { assignment_id: ID }), GRANTED])).toBeUndefined();
  for (const nonsense of [undefined, 7, 'nobody'])
    expect(approvedAssignment([approvedFor(nonsense)])).toBeUndefined();
});
