// An observer as a process of its own, with a key of its own: it sees what is there, shows it, and changes nothing.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readChunkedList } from '../../src/chunked-list.ts';
import { DriftItem } from '../../src/drift.ts';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { assignmentOf, BOUND_WISHES } from './wish.ts';

describe('an observer', needsTables(), () => {
  let stage: WireStage;
  let observer: ReconcilerProcess;
  beforeAll(async () => {
    stage = await openWireStage();
    observer = await stage.startReconciler({ env: { RECONCILE_MODE: 'observe' } });
  });
  afterAll(() => stage?.close());

  test('shows access that nobody asked for, and leaves it', async () => {
    const [wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const orphan = assignmentOf(wish);
    await stage.caller.admin('POST', '/admin/assignments', orphan);
    await eventually('the orphan to be shown', async () => {
      const drift = (await readChunkedList(stage.store, { name: 'observe#drift' }))?.items ?? [];
      return drift.map((item) => DriftItem.parse(item)).some(({ kind }) => kind === 'orphaned') || undefined;
    });
    expect(await stage.caller.assignments()).toContainEqual(expect.objectContaining(orphan));
    expect(await stage.store.get('control', { name: 'leader' })).toBeUndefined();
    expect(await observer.isLeading()).toBe(false);
  });
});
