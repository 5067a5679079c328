// A release is one pass's word about one list: good for an hour, and never lengthened by saying it again.

import { expect, it } from 'vitest';
import { publishList } from '../../reconciler/publish-list.ts';
import { releaseWithheld } from '../../reconciler/release-withheld.ts';
import { assignmentId } from '../../src/assignment.ts';
import { type WithheldItem, withheldDigest } from '../../src/drift.ts';
import { emptyLedger, ledgerWrite } from '../../src/ledger.ts';
import { toDueAt } from '../../src/timestamp.ts';
import { createModelStore } from '../model-store.ts';
import { ASSIGNMENT, HOUR, MINUTE, NOW } from '../plan-builders.ts';

const ID = assignmentId(ASSIGNMENT);
const ITEM: WithheldItem = {
  assignment_id: ID,
  account_id: ASSIGNMENT.accountId,
  permission_set_arn: ASSIGNMENT.permissionSetArn,
  principal_id: ASSIGNMENT.principalId,
  reason: 'brake',
  first_seen: toDueAt(NOW),
  detail: 'withheld',
};

/** One sighted assignment, withheld and published. */
async function stage() {
  const store = createModelStore();
  const ledger = emptyLedger(ASSIGNMENT, NOW);
  await store.transact([ledgerWrite(ledger, { ...ledger, sighting: { first_seen: NOW } })]);
  await publishList(store, { name: 'withheld', mode: 'enforce', nowMs: NOW }, {}, [ITEM]);
  return {
    release: (pass_id: string, nowMs: number) =>
      releaseWithheld(
        { store, clock: { nowMs: () => nowMs } },
        { pass_id, actor_email: 'cleo@example.com', reason: 'looked at it' },
        withheldDigest([ITEM]),
      ),
    sighting: () => store.peek('assignments', { assignment_id: ID })?.sighting,
    releases: () => store.dump('audit').filter((event) => event.event_type === 'RELEASED').length,
  };
}

const releasedUntil = (untilMs: number) => ({
  released: { by: 'cleo@example.com', until: toDueAt(untilMs) },
});

it('releaseWithheld() refuses another pass with a digest that was released within the hour', async () => {
  const { release, sighting, releases } = await stage();
  expect(await release('first', NOW)).toEqual({ kind: 'released', assignmentIds: [ID] });
  expect(await release('second', NOW + 50 * MINUTE)).toMatchObject({ kind: 'refused' });
  expect(sighting()).toMatchObject(releasedUntil(NOW + HOUR));
  expect(releases()).toBe(1);
});

it('releaseWithheld() goes on with a pass that comes again, and tells it once', async () => {
  const { release, sighting, releases } = await stage();
  await release('first', NOW);
  expect(await release('first', NOW + MINUTE)).toMatchObject({ kind: 'released' });
  expect(sighting()).toMatchObject(releasedUntil(NOW + HOUR + MINUTE));
  expect(releases()).toBe(1);
});

it('releaseWithheld() takes the digest again when the hour is over', async () => {
  const { release, sighting, releases } = await stage();
  await release('first', NOW);
  expect(await release('second', NOW + HOUR)).toMatchObject({ kind: 'released' });
  expect(sighting()).toMatchObject(releasedUntil(NOW + 2 * HOUR));
  expect(releases()).toBe(2);
});
