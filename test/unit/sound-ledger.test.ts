// Instants in a row of the ledger that no rule writes are bounded, whoever wrote them; honest ones pass untouched.

import { expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger.ts';
import { RELEASE_VALID_MS, soundLedger } from '../../src/sound-ledger.ts';
import { aView, HOUR, MINUTE, NOW, POLICY, SECOND, type ViewSpec } from '../plan-builders.ts';

const YEARS = 70 * 365 * 24 * HOUR;
const GRANT_MAX = 168 * HOUR;
const { skewMs, graceMs, watchMs } = POLICY;
/** How late a row may be due that has something to do. */
const ASLEEP_AFTER = Math.max(MINUTE, graceMs) + skewMs;

const ledgerOf = (spec: ViewSpec): Ledger => aView(spec).ledger;
const resting = (ledger: Partial<Ledger>, entries: ViewSpec['entries'] = { a: 'GRANTED' }) =>
  ledgerOf({ entries, ledger: { due_at: NOW + HOUR, ...ledger } });

const HONEST: readonly (readonly [string, Ledger])[] = [
  ['a row at rest with its end ahead', resting({})],
  [
    'a row at rest that is due a skew after its end, by another clock',
    resting({ due_at: NOW + HOUR + skewMs }),
  ],
  [
    'an end as far ahead as a grant can be',
    resting({}, { a: { phase: 'GRANTED', until: NOW + GRANT_MAX + skewMs } }),
  ],
  [
    'a row out of scope, that is looked at again in a minute',
    resting({ due_at: NOW + MINUTE }, { a: 'ENDED' }),
  ],
  ['a row at rest without entries, that nothing is due of', resting({ due_at: undefined }, {})],
  ['a back-off at its ceiling', ledgerOf({ stage: 'DELETING', ledger: { due_at: NOW + MINUTE } })],
  ['the latest look of all', ledgerOf({ stage: 'DELETING', ledger: { due_at: NOW + ASLEEP_AFTER } })],
  ['a look after the grace', ledgerOf({ stage: 'DELETED', ledger: { due_at: NOW + graceMs } })],
  [
    'a claim by a clock that is ahead by the skew',
    ledgerOf({ stage: 'DELETING', op: { claimed_at: NOW + skewMs } }),
  ],
  ['a watch', resting({ watch_until: NOW + watchMs + skewMs })],
  [
    'a release for as long as one is good',
    resting(
      {
        sighting: {
          first_seen: NOW + skewMs,
          released: { by: 'cleo', until: NOW + RELEASE_VALID_MS + skewMs },
        },
      },
      {},
    ),
  ],
];

it.each(HONEST)('soundLedger() believes %s', (_what, ledger) => {
  const sound = soundLedger(ledger, NOW, POLICY);
  expect(sound.lies).toEqual([]);
  expect(sound.ledger).toBe(ledger);
});

const ahead = NOW + skewMs + 1;
const sighting = { first_seen: NOW - HOUR };
const expired = { a: { phase: 'GRANTED' as const, until: NOW - MINUTE } };

/** What is said of the lie, the row, and what is made of it. */
const LIES: readonly (readonly [string, Ledger, object])[] = [
  ['due_at', ledgerOf({ stage: 'DELETING', ledger: { due_at: NOW + YEARS } }), { stage: 'DELETING' }],
  ['due_at', ledgerOf({ stage: 'DELETING', ledger: { due_at: NOW + ASLEEP_AFTER + 1 } }), {}],
  ['due_at', ledgerOf({ stage: 'DELETED', ledger: { due_at: undefined } }), {}],
  ['due_at', resting({ due_at: undefined }), {}],
  ['due_at', resting({ due_at: NOW + HOUR + ASLEEP_AFTER + 1 }), {}],
  ['due_at', resting({ due_at: NOW + HOUR }, expired), {}],
  [
    'entries.a.until',
    resting({}, { a: { phase: 'GRANTED', until: NOW + YEARS } }),
    { entries: { a: { phase: 'GRANTED', until: NOW + skewMs + GRANT_MAX } } },
  ],
  ['watch_until', resting({ watch_until: NOW + watchMs + skewMs + 1 }), { watch_until: undefined }],
  ['absent_since', resting({ absent_since: ahead }), { absent_since: NOW }],
  ['lost_sight', resting({ lost_sight: ahead }), { lost_sight: NOW }],
  [
    'removals.last',
    resting({ removals: { times: 2, last: ahead } }, {}),
    { removals: { times: 2, last: NOW } },
  ],
  ['requested', resting({ requested: ahead }), { requested: NOW }],
  ['deleted', ledgerOf({ stage: 'DELETED', ledger: { deleted: ahead } }), { deleted: NOW }],
  ['confirmed_absent', resting({ confirmed_absent: ahead }), { confirmed_absent: NOW }],
  ['trying_since', ledgerOf({ stage: 'DELETING', ledger: { trying_since: ahead } }), { trying_since: NOW }],
  [
    'op.claimed_at',
    ledgerOf({ stage: 'CREATING', op: { claimed_at: ahead } }),
    { op: { id: 'operation-1', claimed_at: NOW } },
  ],
  [
    'op.not_found_since',
    ledgerOf({ stage: 'CREATING', op: { not_found_since: ahead } }),
    { op: { not_found_since: NOW } },
  ],
  [
    'last_error.at',
    ledgerOf({ stage: 'DELETING', ledger: { last_error: { kind: 'later', message: 'because', at: ahead } } }),
    { last_error: { kind: 'later', at: NOW } },
  ],
  [
    'unresolved.since',
    resting({ unresolved: [{ id: 'create-1', since: ahead }] }),
    { unresolved: [{ id: 'create-1', since: NOW }] },
  ],
  [
    'unresolved.not_found_since',
    resting({ unresolved: [{ id: 'create-1', not_found_since: ahead }] }),
    { unresolved: [{ id: 'create-1', not_found_since: NOW }] },
  ],
  [
    'sighting.first_seen',
    resting({ sighting: { first_seen: ahead } }, {}),
    { sighting: { first_seen: NOW } },
  ],
  [
    'sighting.released.until',
    resting({ sighting: { ...sighting, released: { by: 'cleo', until: NOW + YEARS } } }, {}),
    { sighting: { ...sighting, released: undefined } },
  ],
];

it.each(LIES)('soundLedger() does not believe a %s that no rule writes', (name, ledger, bounded) => {
  const sound = soundLedger(ledger, NOW, POLICY);
  expect(sound.lies).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  // Whatever it hid is looked at now.
  expect(sound.ledger).toMatchObject({ ...bounded, due_at: NOW });
  expect(soundLedger(sound.ledger, NOW, POLICY).lies).toEqual([]);
});

it('soundLedger() names the requests whose end has to be asked of the audit', () => {
  const ledger = resting({}, { a: { phase: 'GRANTED', until: NOW + YEARS }, b: 'GRANTED' });
  expect(soundLedger(ledger, NOW, POLICY).tooLong).toEqual(['a']);
});

it('soundLedger() is not fooled by an instant that lies in the past', () => {
  const ledger = resting({ absent_since: NOW - YEARS, requested: 0, watch_until: SECOND });
  expect(soundLedger(ledger, NOW, POLICY).lies).toEqual([]);
});
