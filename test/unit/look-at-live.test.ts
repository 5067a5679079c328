// Looking at AWS: what cannot be read is said as such, and the list is begun after every verdict.

import { expect, it } from 'vitest';
import type { LivePrincipal, LiveReader, PairList } from '../../reconciler/identity-center.ts';
import { lookAtLive } from '../../reconciler/look-at-live.ts';
import type { OperationVerdict } from '../../src/assignment-view.ts';
import { ASSIGNMENT, aView, NOW, type ViewSpec } from '../plan-builders.ts';

const HOLDER: LivePrincipal = { principalType: 'USER', principalId: ASSIGNMENT.principalId };

const listed = (...principals: readonly LivePrincipal[]): PairList => ({ kind: 'listed', principals });

function notAsked(): never {
  throw new Error('nobody asks for this');
}

function aReader(answers: Pick<LiveReader, 'listPair'> & Partial<LiveReader>): LiveReader {
  return {
    describeOperation: notAsked,
    hasEnded: () => false,
    listAccounts: notAsked,
    listPairsOfPrincipal: notAsked,
    sessionDurationMs: notAsked,
    ...answers,
  };
}

const look = (live: LiveReader, spec: ViewSpec) =>
  lookAtLive(live, aView(spec), { nowMs: NOW, wantList: false, priority: 'grant' });

/** An AWS in which the access appears at the very moment at which the verdict is answered. */
function endingWhenAsked(verdict: OperationVerdict): LiveReader {
  let holders: readonly LivePrincipal[] = [];
  return aReader({
    async describeOperation() {
      await Promise.resolve();
      holders = [HOLDER];
      return verdict;
    },
    async listPair() {
      return listed(...holders);
    },
  });
}

it.each([
  ['that shows the user', listed(HOLDER), { list: 'present' }],
  ['without the user', listed({ ...HOLDER, principalId: 'another' }), { list: 'absent' }],
  [
    'with a group of the same id, which is named',
    listed({ ...HOLDER, principalType: 'GROUP' }),
    { list: 'absent', groups: [HOLDER.principalId] },
  ],
  [
    'that cannot be read',
    { kind: 'unreadable', why: 'denied' } satisfies PairList,
    { list: { unreadable: 'denied' } },
  ],
])('lookAtLive() answers a list %s as it is', async (_what, list, expected) => {
  const live = aReader({ listPair: async () => list });
  expect(await look(live, { stage: 'DELETED', entries: { a: 'ENDED' } })).toEqual(expected);
});

it('lookAtLive() begins the list after the verdict of the operation was answered', async () => {
  const failed = { kind: 'failed', as: 'refused', message: 'because' } as const;
  const live = await look(endingWhenAsked(failed), { stage: 'CREATING', entries: { a: 'WAITING' } });
  expect(live).toEqual({ verdict: failed, list: 'present' });
});

it('lookAtLive() begins the list after the verdicts of Creates that had none were answered', async () => {
  const live = await look(endingWhenAsked({ kind: 'succeeded' }), {
    stage: 'DELETED',
    entries: { a: 'ENDED' },
    ledger: { unresolved: [{ id: 'create-1' }] },
  });
  expect(live).toEqual({ unresolved: new Map([['create-1', { kind: 'succeeded' }]]), list: 'present' });
});
