// Does a request still want its assignment, and if not, as what did it end and by whose word?

import { expect, it } from 'vitest';
import { endingOfEntry, entryStanding } from '../../src/entry-standing.ts';
import type { Entry } from '../../src/ledger.ts';
import type { PrincipalHold } from '../../src/principal-hold.ts';
import type { Row } from '../../src/store.ts';
import { toTimestamp } from '../../src/timestamp.ts';
import { aHold, aRequest, both, GONE, HOUR, MINUTE, NOW, SECOND } from '../plan-builders.ts';

const granted: Entry = { phase: 'GRANTED', until: NOW + HOUR };
const ended: Entry = { phase: 'ENDED', until: NOW + HOUR };
const over: Entry = { phase: 'GRANTED', until: NOW };
const row = (overrides: Row = {}): Row => ({ ...both('GRANTED'), ...overrides });
const CLEO = { as: 'REVOKED', by: 'cleo@example.com', why: 'left the company' };
const before = (ms: number) => aHold({ frozen: false, revoked_before: toTimestamp(ms) });

type Case = readonly [
  what: string,
  entry: Entry,
  row: Row | undefined,
  hold: PrincipalHold | undefined,
  standing: string,
  ending?: object | undefined,
];

const CASES: readonly Case[] = [
  ['a grant', granted, row(), undefined, 'wants'],
  ['a grant whose time is over', over, row(), undefined, 'ended', { as: 'EXPIRED' }],
  ['a grant whose row is gone', granted, undefined, undefined, 'unexplained'],
  [
    'a grant whose row is gone and whose time is over',
    over,
    undefined,
    undefined,
    'ended',
    { as: 'EXPIRED' },
  ],
  [
    'a grant of which the row says nonsense',
    granted,
    row({ audited_status: 'WHAT' }),
    undefined,
    'quarantined',
  ],
  ['a missing grant', { ...granted, phase: 'MISSING' }, row(), undefined, 'missing'],
  [
    'a revoked grant',
    granted,
    row({ ...both('REVOKED'), revoked_by: 'ben' }),
    undefined,
    'ended',
    { as: 'REVOKED', by: 'ben' },
  ],
  [
    'a grant that a typed name revokes',
    granted,
    row({ revoked_by: 'ben' }),
    undefined,
    'ended',
    { as: 'REVOKED', by: 'ben' },
  ],
  ['a grant with a blank for who revoked it', granted, row({ revoked_by: ' ' }), undefined, 'wants'],
  ['a typed REVOKED', granted, row({ status: 'REVOKED' }), undefined, 'ended', { as: 'REVOKED' }],
  [
    'a typed DENIED over nonsense',
    granted,
    row({ status: 'DENIED', audited_status: 'WHAT' }),
    undefined,
    'ended',
    { as: 'DENIED' },
  ],
  [
    'a revoke that another hand typed over',
    granted,
    row({ status: 'GRANTED', audited_status: 'REVOKED' }),
    undefined,
    'ended',
    { as: 'REVOKED' },
  ],
  [
    'a person’s word, though the time is over too',
    over,
    row({ status: 'REVOKED', revoked_by: 'ben' }),
    undefined,
    'ended',
    { as: 'REVOKED', by: 'ben' },
  ],
  ['a frozen person', granted, row(), aHold(), 'ended', CLEO],
  ['a frozen person whose row is gone', granted, undefined, aHold(), 'ended', CLEO],
  ['a freeze that is over', granted, row(), aHold({ freeze_until: toTimestamp(NOW) }), 'wants'],
  ['a word on the person that cannot be read', granted, row(), aHold({ unreadable: true }), 'wants'],
  ['a request older than a revocation of everything', granted, row(), before(NOW - MINUTE), 'ended', CLEO],
  ['a request younger than a revocation of everything', granted, row(), before(NOW - HOUR), 'wants'],
  [
    'a request whose age was spoilt, under such a revocation',
    granted,
    row({ created_at: 'once' }),
    before(NOW - HOUR),
    'ended',
    CLEO,
  ],
  [
    'an earlier end that was typed and is over',
    granted,
    row({ end_time: toTimestamp(NOW) }),
    undefined,
    'ended',
    { as: 'EXPIRED' },
  ],
  [
    'an earlier end that was typed and is ahead',
    granted,
    row({ end_time: toTimestamp(NOW + SECOND) }),
    undefined,
    'wants',
  ],
  [
    'a later end that was typed',
    over,
    row({ end_time: toTimestamp(NOW + HOUR) }),
    undefined,
    'ended',
    { as: 'EXPIRED' },
  ],
  [
    'the same second, which the row says without its milliseconds',
    { ...granted, until: NOW + 400 },
    row({ end_time: toTimestamp(NOW) }),
    undefined,
    'wants',
  ],
  ['an end that is no time', granted, row({ end_time: 'tomorrow' }), undefined, 'wants'],
  ['what was claimed, whatever the row says by now', ended, row(), undefined, 'ended'],
  ['what was claimed and seen gone', { ...ended, gone: GONE }, row(), undefined, 'gone'],
];

it.each(CASES.map(([what, ...given]) => ({ what, given })))('entryStanding() of $what', ({ given }) => {
  const [entry, said, hold, standing, ending] = given;
  const request = said === undefined ? undefined : aRequest('a', said);
  expect(entryStanding(entry, { request, hold }, NOW)).toBe(standing);
  expect(endingOfEntry(entry, { request, hold }, NOW)).toEqual(ending);
});

it('a clock that is known to be wrong ends nothing by itself, and people’s words go on', () => {
  const standing = (said: Row, hold?: PrincipalHold) =>
    entryStanding(over, { request: aRequest('a', said), hold, clockIsWrong: true }, NOW);
  expect(standing(row())).toBe('wants');
  expect(standing(row({ status: 'REVOKED' }))).toBe('ended');
  expect(standing(row(), before(NOW))).toBe('ended');
});
