// What was said about a person as a whole: who is frozen, what is older than a revocation, and how a row is read.

import { expect, it } from 'vitest';
import {
  holdKey,
  holdWrite,
  isFrozen,
  isRevokedBefore,
  parseHoldRow,
  unchangedHold,
} from '../../src/principal-hold.ts';
import { toTimestamp } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { ASSIGNMENT, aHold, NOW, SECOND } from '../plan-builders.ts';

const id = ASSIGNMENT.principalId;

it('isFrozen() lasts until it is lifted where it has no end', () => {
  expect(isFrozen(aHold(), NOW)).toBe(true);
  expect(isFrozen(aHold({ frozen: false }), NOW)).toBe(false);
  expect(isFrozen(undefined, NOW)).toBe(false);
});

it('isFrozen() ends at its end, and not a moment before', () => {
  const hold = aHold({ freeze_until: toTimestamp(NOW) });
  expect(isFrozen(hold, NOW - 1)).toBe(true);
  expect(isFrozen(hold, NOW)).toBe(false);
});

it('isFrozen() takes an end that cannot be read for none', () => {
  expect(isFrozen(aHold({ freeze_until: 'tomorrow' }), NOW)).toBe(true);
});

it('isRevokedBefore() covers what was created before, and nothing since', () => {
  const hold = aHold({ frozen: false, revoked_before: toTimestamp(NOW) });
  expect(isRevokedBefore(hold, toTimestamp(NOW - SECOND))).toBe(true);
  expect(isRevokedBefore(hold, toTimestamp(NOW))).toBe(false);
});

it('isRevokedBefore() covers a request whose time of creation cannot be read', () => {
  expect(isRevokedBefore(aHold({ revoked_before: toTimestamp(NOW) }), 'once')).toBe(true);
});

it('isRevokedBefore() covers nothing where nothing was revoked', () => {
  expect(isRevokedBefore(aHold(), toTimestamp(NOW))).toBe(false);
  expect(isRevokedBefore(undefined, 'once')).toBe(false);
});

it('parseHoldRow() of a row that cannot be read lets nobody create', () => {
  const hold = parseHoldRow({ ...holdKey(id), version: 4, frozen: 'no' });
  expect(isFrozen(hold, NOW)).toBe(true);
  expect(hold).toMatchObject({ principal_id: id, version: 4 });
});

it.each([undefined, 'typed', 4])(
  'holdWrite() lifts a freeze that was typed with version %s',
  async (version) => {
    const store = createModelStore();
    store.load('control', [{ ...holdKey(id), frozen: true, ...(version === undefined ? {} : { version }) }]);
    const read = parseHoldRow(await store.get('control', holdKey(id)));
    const { name: _name, version: _version, ...next } = aHold({ frozen: false });
    expect(await store.transact([holdWrite(read, next)])).toEqual({ outcome: 'written' });
    expect(isFrozen(parseHoldRow(await store.get('control', holdKey(id))), NOW)).toBe(false);
  },
);

it('unchangedHold() refuses once anything was said since', async () => {
  const store = createModelStore();
  expect(await store.transact([unchangedHold(id, undefined)])).toEqual({ outcome: 'written' });
  const { name: _name, version: _version, ...next } = aHold();
  await store.transact([holdWrite(undefined, next)]);
  expect(await store.transact([unchangedHold(id, undefined)])).toMatchObject({ outcome: 'refused' });
  const read = parseHoldRow(await store.get('control', holdKey(id)));
  expect(await store.transact([unchangedHold(id, read)])).toEqual({ outcome: 'written' });
  await store.transact([holdWrite(read, { ...next, frozen: false })]);
  expect(await store.transact([unchangedHold(id, read)])).toMatchObject({ outcome: 'refused' });
});

it('holdWrite() of two that read the same lets only one through', async () => {
  const store = createModelStore();
  const { name: _name, version: _version, ...next } = aHold();
  const outcomes = [
    await store.transact([holdWrite(undefined, next)]),
    await store.transact([holdWrite(undefined, next)]),
  ];
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['written', 'refused']);
});
