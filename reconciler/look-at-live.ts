// Looks at AWS for one assignment: verdicts first, the list last, so that the list is begun after every verdict in the
// view. It reads only, and decides nothing.

import type { AssignmentView, OperationVerdict } from '../src/assignment-view.ts';
import { standingsOf } from '../src/assignment-view.ts';
import { looksNeeded } from '../src/look.ts';
import type { Priority } from '../src/priority.ts';
import type { LiveReader } from './identity-center.ts';
import type { Desired } from './read-desired.ts';

export type LookOptions = {
  readonly nowMs: number;
  /** Somebody has reason to doubt what the row says of an assignment at rest. */
  readonly wantList: boolean;
  readonly priority: Priority;
};

export async function lookAtLive(
  live: LiveReader,
  desired: Desired,
  { nowMs, wantList, priority }: LookOptions,
): Promise<AssignmentView['live']> {
  const { op } = desired.ledger;
  const ended = op?.id !== undefined && live.hasEnded(op.id);
  const looks = looksNeeded(desired.ledger, standingsOf(desired, nowMs), nowMs, wantList || ended);
  const verdict =
    looks.verdict === undefined
      ? undefined
      : await live.describeOperation(looks.verdict.kind, looks.verdict.id, priority);
  const unresolved = await describeAll(live, looks.unresolved, priority);
  const listNeeded = looks.list === true || (looks.list !== false && verdict?.kind === 'failed');
  const list = listNeeded ? await listed(live, desired, priority) : undefined;
  return {
    ...(verdict === undefined ? {} : { verdict }),
    ...(unresolved.size === 0 ? {} : { unresolved }),
    ...list,
  };
}

async function describeAll(
  live: LiveReader,
  ids: readonly string[],
  priority: Priority,
): Promise<ReadonlyMap<string, OperationVerdict>> {
  const verdicts = new Map<string, OperationVerdict>();
  for (const id of ids) verdicts.set(id, await live.describeOperation('CREATE', id, priority));
  return verdicts;
}

async function listed(
  live: LiveReader,
  { ledger }: Desired,
  priority: Priority,
): Promise<Pick<AssignmentView['live'], 'list' | 'groups'>> {
  const list = await live.listPair(ledger.assignment, priority);
  if (list.kind === 'unreadable') return { list: { unreadable: list.why } };
  const shown = list.principals.some(
    (principal) =>
      principal.principalType === 'USER' && principal.principalId === ledger.assignment.principalId,
  );
  const groups = list.principals.filter(({ principalType }) => principalType === 'GROUP');
  return {
    list: shown ? 'present' : 'absent',
    ...(groups.length === 0 ? {} : { groups: groups.map(({ principalId }) => principalId).sort() }),
  };
}
