// What has to be looked at before deciding: everything that a rule would ask for, and not a call more.

import { expect, it } from 'vitest';
import { standingsOf } from '../../src/assignment-view.ts';
import { looksNeeded } from '../../src/look.ts';
import { aView, both, GONE, MINUTE, NOW, SECOND, type ViewSpec } from '../plan-builders.ts';

function looks(spec: ViewSpec, wantList = false) {
  const view = aView(spec);
  return looksNeeded(view.ledger, standingsOf(view, NOW), NOW, wantList);
}

const later = { due_at: NOW + SECOND };
const NOTHING = { unresolved: [], list: false };
const LIST = { unresolved: [], list: true };

const CASES: readonly (readonly [string, ViewSpec, object])[] = [
  ['a row at rest, due at the end of a grant', { entries: { a: 'GRANTED' } }, NOTHING],
  ['a row at rest that has to create', { entries: { a: 'WAITING' } }, NOTHING],
  ['a row at rest that has to remove', { entries: { a: 'GRANTED' }, rows: { a: both('REVOKED') } }, NOTHING],
  [
    'a row at rest, a grace after a list without its grant',
    { entries: { a: 'GRANTED' }, ledger: { absent_since: NOW - MINUTE } },
    LIST,
  ],
  ['a row at rest, at the end of its watch', { ledger: { watch_until: NOW } }, LIST],
  ['a row at rest without entries, due', {}, LIST],
  [
    'what was seen gone and is only to be recorded, at the end of its watch',
    { entries: { a: { phase: 'ENDED', until: NOW, gone: GONE } }, ledger: { watch_until: NOW } },
    NOTHING,
  ],
  ['a row at rest without entries, not due', { ledger: later }, NOTHING],
  ['an operation that is not due', { stage: 'CREATING', entries: { a: 'WAITING' }, ledger: later }, NOTHING],
  [
    'an operation that is due',
    { stage: 'CREATING', entries: { a: 'WAITING' } },
    { verdict: { kind: 'CREATE', id: 'operation-1' }, unresolved: [], list: 'when the verdict is a failure' },
  ],
  [
    'a Delete that is due',
    { stage: 'DELETING', entries: { a: 'ENDED' } },
    { verdict: { kind: 'DELETE', id: 'operation-1' }, unresolved: [], list: 'when the verdict is a failure' },
  ],
  [
    'a Create whose answer was lost',
    { stage: 'CREATING', entries: { a: 'WAITING' }, op: { id: undefined } },
    NOTHING,
  ],
  [
    'a Delete whose answer was lost, at first',
    { stage: 'DELETING', entries: { a: 'ENDED' }, op: { id: undefined } },
    NOTHING,
  ],
  [
    'a Delete that keeps failing: another hand may have done it',
    { stage: 'DELETING', entries: { a: 'ENDED' }, op: { id: undefined }, ledger: { attempts: 3 } },
    LIST,
  ],
  [
    'a Delete that failed now and then: it is called again without a list before',
    { stage: 'DELETING', entries: { a: 'ENDED' }, op: { id: undefined }, ledger: { attempts: 2 } },
    NOTHING,
  ],
  ['what AWS says it created', { stage: 'CREATED', entries: { a: 'WAITING' } }, LIST],
  [
    'what AWS says it deleted, with Creates that have no verdict',
    { stage: 'DELETED', entries: { a: 'ENDED' }, ledger: { unresolved: [{ id: 'create-1' }] } },
    { unresolved: ['create-1'], list: true },
  ],
];

it.each(CASES)('looksNeeded() for %s', (_what, spec, expected) => {
  expect(looks(spec)).toEqual(expected);
});

it('looksNeeded() lists a row at rest that somebody doubts', () => {
  expect(looks({ entries: { a: 'GRANTED' }, ledger: later }, true)).toEqual(LIST);
});

it('looksNeeded() does not list for a doubt where somebody has spoken', () => {
  expect(looks({ entries: { a: 'WAITING' } }, true)).toEqual(NOTHING);
});
