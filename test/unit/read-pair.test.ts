// Which assignments of a pair a sweep looks at closer, by what the tables say of them.

import { expect, it } from 'vitest';
import { readPair } from '../../reconciler/read-pair.ts';
import { type Assignment, assignmentId, pairId } from '../../src/assignment.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';
import { NOW, POLICY } from '../plan-builders.ts';

const ASSIGNMENT: Assignment = {
  accountId: '111111111111',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333',
  principalId: '11111111-1111-4111-8111-111111111111',
};

/** One row of the ledger, of which nothing is live and which no request explains. */
async function doubtfulWith(row: Row): Promise<readonly Assignment[]> {
  const store = createModelStore();
  const keys = { assignment_id: assignmentId(ASSIGNMENT), pair: pairId(ASSIGNMENT) };
  store.load('assignments', [{ ...keys, ...row }]);
  const deps = { store, clock: { nowMs: () => NOW }, policy: POLICY };
  return (await readPair(deps, ASSIGNMENT, { principals: [], granted: new Map() })).doubtful;
}

it('readPair() doubts a row of the ledger that cannot be understood, though nothing is live and no request names it', async () => {
  expect(await doubtfulWith({ stage: 'nonsense', version: 1, entries: {} })).toEqual([ASSIGNMENT]);
});

it('readPair() does not doubt a row of the ledger that says that nothing is left', async () => {
  expect(await doubtfulWith({ stage: 'REST', version: 1, entries: {} })).toEqual([]);
});
