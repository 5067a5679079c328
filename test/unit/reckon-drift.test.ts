// The differences as the rows themselves tell them, without a look at AWS, whatever became of the runs.

import { expect, it } from 'vitest';
import { reckonDrift } from '../../reconciler/reckon-drift.ts';
import { assignmentId } from '../../src/assignment.ts';
import { ledgerWrite } from '../../src/ledger.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';
import { ASSIGNMENT, aRow, aView, both, HOUR, MINUTE, NOW, POLICY, type ViewSpec } from '../plan-builders.ts';

const ID = assignmentId(ASSIGNMENT);
const later = { due_at: NOW + HOUR };
const expired = { phase: 'GRANTED' as const, until: NOW - MINUTE };

type Given = { readonly view: ViewSpec; readonly row?: Row; readonly indexed?: boolean };

async function reckoned({ view, row, indexed = true }: Given) {
  const { ledger, requests } = aView(view);
  const write = ledgerWrite({ ...ledger, version: ledger.version - 1 }, ledger);
  if (write.kind !== 'put') throw new Error('a ledger is put');
  const store = createModelStore();
  store.load('assignments', [{ ...write.row, ...row }]);
  store.load(
    'requests',
    [...requests.values()].map((request) => aRow(request.request_id, { ...request.stored })),
  );
  const deps = { store, clock: { nowMs: () => NOW }, policy: POLICY };
  const { drift, due } = await reckonDrift(deps, indexed ? requests : new Map());
  return {
    kinds: (drift.get(ID) ?? []).map(({ kind }) => kind),
    due: due.map(({ assignment }) => assignmentId(assignment)),
  };
}

const CASES: readonly (readonly [string, Given, readonly string[], 'due' | 'not due'])[] = [
  ['a grant', { view: { entries: { a: 'GRANTED' }, ledger: later } }, [], 'not due'],
  [
    'a grant whose row the index does not show',
    { view: { entries: { a: 'GRANTED' }, ledger: later }, indexed: false },
    [],
    'not due',
  ],
  ['a grant that is over', { view: { entries: { a: expired } } }, ['expired'], 'due'],
  [
    'a revoke that no run has claimed, of a row that is not due',
    { view: { entries: { a: 'GRANTED' }, rows: { a: both('REVOKED') }, ledger: later } },
    ['revoked'],
    'due',
  ],
  [
    'a removal that waits for its next try',
    {
      view: {
        stage: 'DELETING',
        entries: { a: 'ENDED' },
        op: { id: undefined },
        ledger: { due_at: NOW + MINUTE },
      },
    },
    ['revoked'],
    'not due',
  ],
  [
    'a removal that is tried in vain',
    {
      view: {
        stage: 'DELETING',
        entries: { a: 'ENDED' },
        op: { id: undefined },
        ledger: { attempts: 6, due_at: NOW + MINUTE },
      },
    },
    ['revoked', 'stuck'],
    'not due',
  ],
  [
    'a row that sleeps for years',
    { view: { stage: 'DELETING', entries: { a: 'ENDED' } }, row: { due_at: '2099-01-01T00:00:00.000Z' } },
    ['quarantined'],
    'due',
  ],
  [
    'a row that cannot be understood',
    { view: { entries: { a: 'GRANTED' } }, row: { stage: 'WHAT' } },
    ['quarantined'],
    'due',
  ],
  [
    'a sighting',
    { view: { ledger: { sighting: { first_seen: NOW - HOUR }, due_at: undefined } } },
    ['orphaned'],
    'not due',
  ],
  ['a grant that is missing', { view: { entries: { a: 'MISSING' }, ledger: later } }, ['missing'], 'not due'],
  [
    'a grant whose sight is lost',
    { view: { entries: { a: 'GRANTED' }, ledger: { lost_sight: NOW - MINUTE, due_at: NOW + MINUTE } } },
    ['missing'],
    'not due',
  ],
];

it.each(CASES)('reckonDrift() of %s', async (_what, given, kinds, due) => {
  expect(await reckoned(given)).toEqual({ kinds, due: due === 'due' ? [ID] : [] });
});

it('reckonDrift() reads again what copies make doubtful, and trusts the strong read', async () => {
  const view: ViewSpec = { entries: { a: 'GRANTED' }, rows: { a: both('REVOKED') }, ledger: later };
  // The index does not show the row at all.
  expect((await reckoned({ view, indexed: false })).kinds).toEqual(['revoked']);
});
