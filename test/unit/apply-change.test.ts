// Carrying out a change: the claim is written, then AWS is called, then the outcome is recorded, and each only while it
// is still this process's to do.

import { expect, it } from 'vitest';
import { applyChange } from '../../reconciler/apply-change.ts';
import type { CallOutcome } from '../../reconciler/identity-center.ts';
import { type Ledger, ledgerWrite } from '../../src/ledger.ts';
import { planChanges } from '../../src/plan.ts';
import { createModelStore, type ModelStore } from '../model-store.ts';
import { aRow, aView, MINUTE, NOW, POLICY } from '../plan-builders.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const quiet = { info() {}, warn() {}, error() {}, child: () => quiet };

function put(store: ModelStore, ledger: Ledger): void {
  const write = ledgerWrite({ ...ledger, version: ledger.version - 1 }, ledger);
  if (write.kind === 'put') store.load('assignments', [write.row]);
}

/** The tables before the Create of a request that waits, the change that is planned for it, and an empty AWS. */
function stage() {
  const view = aView({ entries: { a: 'WAITING' } });
  const [change] = planChanges({ views: [view], nowMs: NOW, policy: POLICY }).changes;
  if (change?.call !== 'CREATE' || change.next === undefined) throw new Error('not a Create');
  const store = createModelStore();
  put(store, view.ledger);
  store.load('requests', [aRow('a')]);
  const claimed: Ledger = { ...change.next, version: view.ledger.version + 1 };
  const aws = { isAssigned: false, duringCall: () => {} };
  const lease = { isOurs: true };
  const create = async (): Promise<CallOutcome> => {
    aws.isAssigned = true;
    aws.duringCall();
    return { kind: 'accepted', id: 'operation-1' };
  };
  const deps = {
    store,
    writer: { createAssignment: create, deleteAssignment: create },
    clock: createVirtualClock(NOW),
    mayAct: () => lease.isOurs,
    random: () => 0.5,
    log: quiet,
  };
  const everything = () => [store.dump('assignments'), store.dump('requests'), store.dump('audit')];
  return { apply: () => applyChange(deps, change), store, aws, lease, claimed, everything };
}

const rowOf = (store: ModelStore) => store.dump('assignments')[0];

it('applyChange() claims, calls and records the operation in its claim', async () => {
  const { apply, store, aws } = stage();
  expect(await apply()).toMatchObject({ kind: 'written', recorded: true });
  expect(aws.isAssigned).toBe(true);
  expect(rowOf(store)).toMatchObject({ stage: 'CREATING', op: { id: 'operation-1' } });
});

it('applyChange() writes nothing while the lease is not ours', async () => {
  const { apply, aws, lease, everything } = stage();
  lease.isOurs = false;
  const before = everything();
  expect(await apply()).toEqual({ kind: 'not leading' });
  expect(everything()).toEqual(before);
  expect(aws.isAssigned).toBe(false);
});

it('applyChange() makes no call when the lease ended during the claim, which stands', async () => {
  const { apply, store, aws, lease } = stage();
  store.hooks.onAfterWrite = () => {
    lease.isOurs = false;
  };
  expect(await apply()).toEqual({ kind: 'not leading' });
  expect(aws.isAssigned).toBe(false);
  expect(rowOf(store)).toMatchObject({ stage: 'CREATING', op: { kind: 'CREATE' } });
  expect(rowOf(store)).not.toHaveProperty('op.id');
});

it('applyChange() records the outcome in its claim although the row was written meanwhile', async () => {
  const { apply, store, aws, claimed } = stage();
  aws.duringCall = () => put(store, { ...claimed, version: claimed.version + 1 });
  expect(await apply()).toMatchObject({ recorded: true });
  expect(rowOf(store)).toMatchObject({ op: { id: 'operation-1' } });
});

it('applyChange() records no outcome in a claim that is newer than its own', async () => {
  const { apply, store, aws, claimed } = stage();
  const op = { kind: 'CREATE' as const, request_id: 'a', claimed_at: NOW + MINUTE, looks: 0 };
  const newer: Ledger = { ...claimed, version: claimed.version + 1, op };
  aws.duringCall = () => put(store, newer);
  expect(await apply()).toMatchObject({ kind: 'written', recorded: false });
  const untouched = createModelStore();
  put(untouched, newer);
  expect(rowOf(store)).toEqual(rowOf(untouched));
});
