// The ports as one turn holds them: each call is a step of it, so that it is known to move, and none is made any more
// once it was abandoned.

import { pairId } from '../src/assignment.ts';
import type { Store } from '../src/store.ts';
import type { IdentityCenter } from './run-forever.ts';
import type { Turn } from './turn.ts';

export function storeInTurn(store: Store, turn: Turn): Store {
  return {
    get: (...args) => turn.step(() => store.get(...args)),
    getMany: (...args) => turn.step(() => store.getMany(...args)),
    query: (...args) => turn.step(() => store.query(...args)),
    scan: (...args) => turn.step(() => store.scan(...args)),
    transact: (writes) => turn.step(() => store.transact(writes)),
  };
}

export function liveInTurn(
  { live, isQueued }: Pick<IdentityCenter, 'live' | 'isQueued'>,
  turn: Turn,
): IdentityCenter['live'] {
  const asking = <T>(about: readonly string[], ask: () => Promise<T>): Promise<T> =>
    turn.step(ask, () => about.some(isQueued));
  return {
    // A pair that is not found is explained by what else is known of its permission set.
    listPair: (pair, priority) =>
      asking([pairId(pair), pair.permissionSetArn], () => live.listPair(pair, priority)),
    describeOperation: (kind, id, priority) => asking([id], () => live.describeOperation(kind, id, priority)),
    hasEnded: (id) => live.hasEnded(id),
    listAccounts: (arn, priority) => asking([arn], () => live.listAccounts(arn, priority)),
    listPairsOfPrincipal: (id, priority) => asking([id], () => live.listPairsOfPrincipal(id, priority)),
    sessionDurationMs: (arn, priority) => asking([arn], () => live.sessionDurationMs(arn, priority)),
  };
}

export function changesInTurn(
  { writer, slots, isQueued }: Pick<IdentityCenter, 'writer' | 'slots' | 'isQueued'>,
  turn: Turn,
): Pick<IdentityCenter, 'writer' | 'slots'> {
  return {
    writer: {
      createAssignment: (assignment) => turn.step(() => writer.createAssignment(assignment)),
      deleteAssignment: (assignment) => turn.step(() => writer.deleteAssignment(assignment)),
    },
    slots: {
      ...slots,
      operate: (operation, attempt) =>
        turn.step(
          () => slots.operate(operation, attempt),
          () => isQueued(operation.key),
        ),
    },
  };
}
