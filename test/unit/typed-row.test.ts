// What hands of the simulation leave in rows: every type that DynamoDB knows, in every place.

import { expect, test } from 'vitest';
import { createModelStore } from '../model-store.ts';
import { placeIn, typedRow } from '../simulation/typed-row.ts';
import { DEV, STAGING } from '../world.ts';

const ROW = {
  assignment_id: 'a',
  stage: 'REST',
  entries: { r1: { phase: 'GRANTED', until: '2026-01-15T12:00:00.000Z' }, r2: { phase: 'ENDED' } },
  unresolved: [{ id: 'x' }, { id: 'y' }],
};
const NOW_MS = Date.parse('2026-01-15T12:00:00Z');

const typed = (place: readonly (string | number)[], lie: Parameters<typeof typedRow>[2], others = [{}]) =>
  typedRow(ROW, place, lie, others, NOW_MS);

test('typedRow() changes one place at any depth, and nothing else', () => {
  const { entries, ...rest } = typed(['entries', 'r1', 'until'], { is: 'shifted', byMs: 1_000 });
  expect(entries).toEqual({ ...ROW.entries, r1: { phase: 'GRANTED', until: '2026-01-15T12:00:01.000Z' } });
  expect({ ...rest, entries: ROW.entries }).toEqual(ROW);
});

test('typedRow() takes attributes, members of maps and of lists away', () => {
  expect(typed(['stage'], { is: 'removed' })).not.toHaveProperty('stage');
  expect(typed(['entries', 'r1'], { is: 'removed' }).entries).toEqual({ r2: { phase: 'ENDED' } });
  expect(typed(['unresolved', 0], { is: 'removed' }).unresolved).toEqual([{ id: 'y' }]);
});

test('typedRow() names another account where one is named, and borrows what other rows have there', () => {
  const row = typedRow({ request_id: 'r', account_id: DEV }, ['account_id'], { is: 'swapped' }, [], NOW_MS);
  expect(row.account_id).toBe(STAGING);
  expect(typed(['stage'], { is: 'borrowed', from: 1 }, [{}, { stage: 'DELETING' }]).stage).toBe('DELETING');
});

test('placeIn() finds attributes that only other rows have, and never the key', () => {
  const places = Array.from({ length: 200 }, (_, attribute) =>
    placeIn('assignments', [ROW, { brand_new: 1 }], ROW, { attribute, into: [0, 0] }),
  );
  const names = new Set(places.map((place) => place?.[0]));
  expect(names).toContain('brand_new');
  expect(names).not.toContain('assignment_id');
  expect(places).toContainEqual(['entries', 'r1', 'phase']);
});

test.each([
  ['binary', { is: 'binary', bytes: 3 }],
  ['set of numbers', { is: 'numbers', members: ['1', '1.5e40'] }],
  ['number that no double holds', { is: 'number', digits: '3.0000000000000000001' }],
  ['list in a map', { is: 'wrapped', as: 'map' }],
  ['null', { is: 'value', value: null }],
] as const)('a %s that was typed lies in the model as it was typed', (_name, lie) => {
  const store = createModelStore();
  const row = typed(['stage'], lie);
  store.load('assignments', [row]);
  expect(store.peek('assignments', { assignment_id: 'a' })).toEqual(row);
});
