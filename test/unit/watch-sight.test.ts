// Before a granted access is taken for missing, others are looked at: what a blind list hides has not gone.

import { expect, it } from 'vitest';
import type { LiveReader } from '../../reconciler/identity-center.ts';
import { createWatchSight } from '../../reconciler/watch-sight.ts';
import { type Assignment, assignmentId } from '../../src/assignment.ts';
import { emptyLedger, type Ledger, ledgerWrite } from '../../src/ledger.ts';
import { createModelStore } from '../model-store.ts';
import { ASSIGNMENT, HOUR, NOW } from '../plan-builders.ts';
import { ANA, BEN, CLEO, DORA, STAGING } from '../world.ts';

const granted = (assignment: Assignment, more: Partial<Ledger> = {}) => {
  const entries = { [`of ${assignmentId(assignment)}`]: { phase: 'GRANTED' as const, until: NOW + HOUR } };
  const ledger = { ...emptyLedger(assignment, NOW), entries, ...more };
  const write = ledgerWrite(ledger, ledger);
  if (write.kind !== 'put') throw new Error('a ledger is put');
  return write.row;
};
const of = ({ id }: { readonly id: string }, accountId = ASSIGNMENT.accountId): Assignment => ({
  ...ASSIGNMENT,
  accountId,
  principalId: id,
});
const absent = { absent_since: NOW };
const making = {
  stage: 'CREATING' as const,
  op: { kind: 'CREATE' as const, request_id: 'another', claimed_at: NOW, looks: 0 },
};

/** Lists of the account of the first assignment show nobody; all others show everybody. */
function lookAround(rows: readonly ReturnType<typeof granted>[], count: number) {
  const store = createModelStore();
  store.load('assignments', rows);
  const everybody = [ANA, BEN, CLEO, DORA].map(({ id }) => ({
    principalType: 'USER' as const,
    principalId: id,
  }));
  const listPair: LiveReader['listPair'] = async ({ accountId }) => ({
    kind: 'listed',
    principals: accountId === ASSIGNMENT.accountId ? [] : everybody,
  });
  const clock = { elapsedMs: () => 0 };
  return createWatchSight({ store, live: { listPair }, clock, limits: { count, share: 0 } })();
}

it('one alone that is in no list was removed by somebody', async () => {
  expect(await lookAround([granted(of(ANA), absent), granted(of(DORA, STAGING))], 2)).toBeUndefined();
});

it('others whose list does not show them count as absent, though no row says so yet', async () => {
  const rows = [
    granted(of(ANA), absent),
    granted(of(BEN), absent),
    granted(of(CLEO)),
    granted(of(DORA, STAGING)),
  ];
  expect(await lookAround(rows, 2)).toMatch('3 granted assignments are in no list, more than 2');
});

it('what is being made once more for another request is granted too', async () => {
  expect(await lookAround([granted(of(ANA), absent), granted(of(CLEO), making)], 2)).toMatch('none of');
});

it('what is being removed is not looked for', async () => {
  const rows = [
    granted(of(ANA), absent),
    granted(of(CLEO), { stage: 'DELETED', op: { ...making.op, kind: 'DELETE' } }),
  ];
  expect(await lookAround(rows, 2)).toBeUndefined();
});
